// The worker: loads Pyodide, hands each request to tinytorch.workshop.service, passes on what Python says.
// The service is synchronous; whatever must be awaited (files, packages, chapters) happens before it is called.

import type { PyodideInterface } from "pyodide";
import { Downloads } from "./downloads.ts";
import { fence } from "./fence.ts";
import { StdoutGate } from "./gate.ts";
import { MemoryCap } from "./memory.ts";
import { Meter } from "./progress.ts";
import {
  never,
  OUT_OF_MEMORY,
  parseEvent,
  parseReply,
  type FromWorker,
  type Job,
  type OpenRequest,
  type Reply,
  type Request,
  type ToWorker,
} from "./protocol.ts";
import { heardOnce } from "./signal.ts";
import { allSpans, timed } from "./spans.ts";
import { recordSnapshot, startPyodide, type Begun } from "./start.ts";

const MEMORY_LIMIT = 2 ** 30;
// Higher limits let a recursion through an operator overflow the WebAssembly stack, which is fatal.
const RECURSION_LIMIT = 400;

interface Service {
  handle(request: string, emit: (event: string) => void): string;
  is_whole(): boolean;
}

interface ServiceModule {
  readonly Service: () => Service;
}

interface Python extends Begun {
  readonly service: Service;
  readonly downloads: Downloads;
  readonly root: string;
  readonly opened: Set<string>;
}

const scope = self as unknown as {
  postMessage(message: FromWorker): void;
  addEventListener(kind: "message", listen: (event: { readonly data: ToWorker }) => void): void;
  addEventListener(kind: "error", listen: (event: globalThis.Event) => void): void;
  fetch: typeof fetch;
  close: () => void;
  Worker?: unknown;
};
const post = fence(scope);
const memory = new MemoryCap(MEMORY_LIMIT);

let python: Promise<Python> | null = null;

// Not `onmessage`, which learner's code could take away.
scope.addEventListener("message", ({ data }) => {
  switch (data.kind) {
    case "start":
      python = start(data);
      python.then(
        ({ from }) => {
          post({ kind: "started", from, spans: allSpans() });
          post({ kind: "ready" });
        },
        (error: unknown) => post({ kind: "unavailable", reason: words(error) }),
      );
      return;
    case "record":
      record(data).then(
        () => post({ kind: "recorded" }),
        (error: unknown) => post({ kind: "unavailable", reason: words(error) }),
      );
      return;
    case "job":
      void python?.then((ready) => work(ready, data.id, data.job));
      return;
    default:
      never(data);
  }
});

type Start = Extract<ToWorker, { kind: "start" }>;

async function start(options: Start): Promise<Python> {
  const meter = new Meter();
  let step = "Loading Python";
  const tell = throttled(() =>
    post({ kind: "progress", progress: { step, loaded: meter.loaded, total: meter.total } }),
  );
  const downloads = openDownloads(options.root, meter, tell.soon);

  const load = async (): Promise<Python> => {
    const { pyodide, files, from } = await startPyodide(options.runtime, options.snapshot, downloads, meter);
    step = "Starting NumPy and the checks";
    tell.now();
    watchForDeath(pyodide);
    pyodide.setStdin({ error: true });
    // What is printed behind the back of sys.stdout would end in the console, however much it is.
    const drop = { write: (bytes: Uint8Array): number => bytes.length };
    pyodide.setStdout(drop);
    pyodide.setStderr(drop);
    if (options.interrupt) pyodide.setInterruptBuffer(heardOnce(options.interrupt));
    (pyodide.pyimport("sys") as { setrecursionlimit(limit: number): void }).setrecursionlimit(RECURSION_LIMIT);
    const { Service } = await timed("NumPy and the package", () => pyodide.pyimport("tinytorch.workshop.service") as ServiceModule);
    return { pyodide, files, service: Service(), downloads, root: options.root, opened: new Set(), from };
  };
  try {
    // Without one of its files Pyodide may wait for ever.
    return await Promise.race([load(), downloads.failed]);
  } catch (error) {
    // Of a file that is not whole it says nothing that a learner could read.
    if (!downloads.failure) await downloads.compared();
    throwFailure(downloads);
    throw error;
  }
}

function record({ root, runtime, snapshot, libraries }: Extract<ToWorker, { kind: "record" }>): Promise<void> {
  const meter = new Meter();
  return recordSnapshot(runtime, snapshot, libraries, openDownloads(root, meter, () => undefined), meter);
}

function openDownloads(root: string, meter: Meter, changed: () => void): Downloads {
  const downloads = new Downloads(scope.fetch.bind(scope), new URL(root).origin, meter, changed);
  scope.fetch = downloads.fetch;
  memory.enforce();
  return downloads;
}

/** Load packages, and datasets, which are packages too; a failure leaves nothing behind, so the next run tries again. */
async function install({ pyodide, files, downloads }: Python, names: readonly string[]): Promise<void> {
  const missing = names.filter((name) => !(name in pyodide.loadedPackages));
  if (missing.length === 0) return;
  const meter = new Meter();
  files.expectPackages(files.closure(missing).filter((name) => !(name in pyodide.loadedPackages)), meter);
  const step = `Loading ${missing.join(" and ")}`;
  const tell = throttled(() => post({ kind: "progress", progress: { step, loaded: meter.loaded, total: meter.total } }));
  downloads.count(meter, tell.soon);
  tell.now();
  downloads.failure = null;
  const errors: string[] = [];
  await pyodide.loadPackage(missing, {
    messageCallback: () => undefined,
    errorCallback: (message) => errors.push(message),
  });
  const failed = missing.filter((name) => !(name in pyodide.loadedPackages));
  if (failed.length === 0) return;
  throwFailure(downloads);
  throw new Error(`Could not load ${failed.join(", ")}. ${errors.join(" ")}`);
}

/** A function of its own, because a compiler cannot know that the failure is set while something is awaited. */
function throwFailure(downloads: Downloads): void {
  if (downloads.failure) throw downloads.failure;
}

async function work(ready: Python, id: number, job: Job): Promise<void> {
  post({ kind: "heard", id });
  try {
    await install(ready, job.packages);
    await open(ready, job.chapters);
  } catch (error) {
    post({ kind: "reply", id, reply: { kind: "refused", reason: words(error) } });
    return;
  }
  memory.forget();
  post({ kind: "begun", id });
  const gate = new StdoutGate((chunk) => post({ kind: "event", id, event: { kind: "stdout", text: chunk } }));
  try {
    const reply = ask(ready, job.request, (source) => {
      const event = parseEvent(source);
      if (event.kind === "stdout") {
        gate.write(event.text);
      } else {
        gate.flush();
        post({ kind: "event", id, event });
      }
    });
    gate.flush();
    endure(ready);
    post({ kind: "reply", id, reply });
  } catch (error) {
    gate.flush();
    if (isInterrupt(error)) {
      endure(ready);
      post({ kind: "interrupted", id });
    } else {
      // If Python were dead, the page would have heard of it already.
      post({ kind: "broken", reason: death(error) });
    }
  }
}

/** Whoever is in the middle of the book has answers in many chapters: they are asked for side by side. */
async function open(ready: Python, names: readonly string[]): Promise<void> {
  const missing = names.filter((name) => !ready.opened.has(name));
  const arriving = missing.map(async (name) => ready.downloads.json(`${ready.root}chapters/${name}.json`));
  const chapters = await Promise.all(arriving);
  for (const [at, name] of missing.entries()) {
    const reply = ask(ready, { kind: "open", chapter: chapters[at] }, () => undefined);
    if (reply.kind !== "opened") throw new Error(reply.kind === "refused" ? reply.reason : `unexpected reply ${reply.kind}`);
    ready.opened.add(name);
  }
}

function ask(ready: Python, request: Request | OpenRequest, emit: (event: string) => void): Reply {
  return parseReply(ready.service.handle(JSON.stringify(request), emit));
}

/** A fatal error inside Pyodide need not reach whoever called: some promises never settle after it. */
function watchForDeath(pyodide: PyodideInterface): void {
  const internals = (pyodide as unknown as { _api?: { on_fatal?: (error: unknown) => void } })._api;
  if (internals) internals.on_fatal = (error) => post({ kind: "lost", reason: death(error) });
}

/** Look whether this worker can serve another run as well as a new one could. */
function endure(ready: Python): void {
  let whole = false;
  try {
    whole = ready.service.is_whole();
  } catch {
    // It cannot even tell.
  }
  if (memory.spent || !whole) post({ kind: "spent" });
}

/** Python tells of some refusals of memory by dying of something else. */
function death(error: unknown): string {
  return memory.refused ? OUT_OF_MEMORY : words(error);
}

function isInterrupt(error: unknown): boolean {
  return error instanceof Error && "type" in error && error.type === "KeyboardInterrupt";
}

/** The last line of a Python traceback is the one that says what happened. */
function words(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split("\n").pop() ?? message;
}

function throttled(send: () => void): { soon: () => void; now: () => void } {
  let last = 0;
  const now = (): void => {
    last = performance.now();
    send();
  };
  const soon = (): void => {
    if (performance.now() - last > 100) now();
  };
  return { soon, now };
}
