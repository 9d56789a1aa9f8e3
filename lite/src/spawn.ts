// How workers are made, and told what to be.

import type { Config } from "./config.ts";
import type { RecordingWorker } from "./recorder.ts";
import type { WorkerLike } from "./runner.ts";
import { snapshotName } from "./snapshot.ts";

/** The worker's file beside this one, named after its content; the build puts it in. */
declare const WORKER: string;

/** Read by Python to learn that it should stop. Shared memory exists only where the host isolates the page. */
export const interrupt = globalThis.crossOriginIsolated ? new Uint8Array(new SharedArrayBuffer(1)) : null;

/** A worker that begins at once to load Python for the learner. */
export function spawnPython(config: Config): WorkerLike {
  const worker = spawnWorker() as WorkerLike;
  worker.postMessage({
    kind: "start",
    root: config.content,
    runtime: config.runtime,
    interrupt: interrupt?.buffer ?? null,
    snapshot: snapshotOf(config),
  });
  return worker;
}

/** A worker that makes a snapshot, once it is told of what. */
export function spawnRecorder(): RecordingWorker {
  return spawnWorker() as RecordingWorker;
}

/** Where the snapshot to start from is kept, if there is one; null where snapshots are switched off. */
export function snapshotOf({ snapshot, root, runtime }: Config): string | null {
  return snapshot ? snapshotName(root, runtime, WORKER) : null;
}

/** What a worker imports first. */
export function workerAddress(): URL {
  return new URL(WORKER, import.meta.url);
}

/** Whoever asked the browser to save data gets Python when they press a button, and not before. */
export function savesData(): boolean {
  return (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;
}

let source: string | undefined;

/**
 * A worker loaded from an address has no content security policy but what the host's headers say, and learner's code
 * can reach every way to the network. One made from a blob inherits this page's policy: our own origin, and no eval.
 */
function spawnWorker(): Worker {
  // One for all workers of this page: each would else leave its own behind.
  source ??= URL.createObjectURL(new Blob([`import ${JSON.stringify(workerAddress().href)};`], { type: "text/javascript" }));
  return new Worker(source, { type: "module", name: "tinytorch" });
}
