// The page's Python: how its worker is made, what it may start from, and what happens once it is there.

import type { Config } from "./config.ts";
import type { Started } from "./protocol.ts";
import { prepare, type RecordingWorker } from "./recorder.ts";
import { Runner, type Phase, type WorkerLike } from "./runner.ts";
import { modulesOf } from "./runtime.ts";
import { dropSnapshots, snapshotName } from "./snapshot.ts";

/** The worker's file beside this one, named after its content; the build puts it in. */
declare const WORKER: string;

export function openPython(config: Config, onPhase: (phase: Phase) => void): Runner {
  const snapshot = config.snapshot ? snapshotName(config.root, config.runtime, WORKER) : null;
  let prepared = false;
  const runner = new Runner({
    spawn: spawnWorker,
    root: config.content,
    runtime: config.runtime,
    snapshot,
    isolated: globalThis.crossOriginIsolated,
    onPhase,
    onStarted: (started) => {
      noteStart(started);
      if (prepared) return;
      prepared = true;
      void prepare({
        runner,
        spawn: spawnWorker,
        root: config.content,
        runtime: config.runtime,
        snapshot,
        told: (outcome) => {
          document.documentElement.dataset["snapshot"] = outcome;
        },
      });
    },
    onGiveUp: () => snapshot !== null && void dropSnapshots(snapshot),
  });
  return runner;
}

/** What the start began with and where its time went, for whoever measures. */
function noteStart({ from, spans }: Started): void {
  document.documentElement.dataset["started"] = from;
  for (const { name, start, end } of spans) {
    performance.measure(`tinytorch:${name}`, { start: start - performance.timeOrigin, end: end - performance.timeOrigin });
  }
}

/** What a worker imports first. */
export function workerModules({ runtime }: Config): string[] {
  return [new URL(WORKER, import.meta.url).href, ...modulesOf(runtime)];
}

let source: string | undefined;

/**
 * A worker loaded from an address has no content security policy but what the host's headers say, and learner's code
 * can reach every way to the network. One made from a blob inherits this page's policy: our own origin, and no eval.
 */
function spawnWorker(): WorkerLike & RecordingWorker {
  const address = new URL(WORKER, import.meta.url);
  // One for all workers of this page: each would else leave its own behind.
  source ??= URL.createObjectURL(new Blob([`import ${JSON.stringify(address.href)};`], { type: "text/javascript" }));
  return new Worker(source, { type: "module", name: "tinytorch" }) as WorkerLike & RecordingWorker;
}
