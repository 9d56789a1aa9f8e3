// Learner's code can reach all that JavaScript has in the worker. Nothing there is secret; but by accident, or for
// fun, it could break the conversation between worker and page, and the page would wait or believe what is not so.
// This guards against that. It is no lock: who wants to cheat in their own browser can, and graders check again.

import type { FromWorker } from "./protocol.ts";

interface Scope {
  postMessage(message: FromWorker): void;
  close(): void;
  addEventListener(kind: "error", listen: (event: Event) => void): void;
  Worker?: unknown;
}

/** Put the fence up, and return the only way through it. */
export function fence(scope: Scope): (message: FromWorker) => void {
  const send = scope.postMessage.bind(scope);
  fix(scope, "postMessage", () => {
    throw new Error("only the page's own program can talk to the page");
  });
  // Without a word to the page, it would wait for a worker that is gone.
  fix(scope, "close", () => send({ kind: "lost", reason: "the code closed it" }));
  // A worker within this one, loaded from an address, would not be bound by the page's policy.
  delete scope.Worker;
  // An error in a callback that the code left behind is not the end of Python.
  scope.addEventListener("error", (event) => event.preventDefault());
  return send;
}

/** Wherever browsers keep it: on the scope itself, or on what it inherits from. */
function fix(scope: object, name: string, value: unknown): void {
  for (let holder: object | null = scope; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    if (holder === scope || Object.hasOwn(holder, name)) Object.defineProperty(holder, name, { value });
  }
}
