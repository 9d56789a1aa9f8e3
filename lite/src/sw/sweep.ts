// Removing builds that no page shows any more.

import type { Kept } from "../kept.ts";

const PATIENCE = 3_000;

/** Every open page is asked which build it is of. One that does not answer may sleep, and keep what it needs. */
export async function sweep(clients: Clients, kept: Kept): Promise<void> {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = windows.filter(({ url }) => url.startsWith(kept.root) && !url.startsWith(`${kept.root}lite/`));
  const answers = await Promise.all(ours.map(askBuild));
  if (answers.includes(null)) return;
  await kept.sweep(new Set(answers.filter((site) => site !== null)));
}

function askBuild(client: Client): Promise<string | null> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(typeof data === "string" ? data : null);
    setTimeout(() => resolve(null), PATIENCE);
    client.postMessage("which build?", [port2]);
  });
}
