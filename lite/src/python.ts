// The page's Python: how its worker is made, what it may start from, and what happens once it is there.

import type { Config } from "./config.ts";
import { hasStartedEarly, noteRun, takeEarly } from "./early.ts";
import type { Started } from "./protocol.ts";
import { prepare } from "./recorder.ts";
import { Runner, type Phase } from "./runner.ts";
import { modulesOf } from "./runtime.ts";
import { dropSnapshots } from "./snapshot.ts";
import { interrupt, snapshotOf, spawnPython, spawnRecorder, workerAddress } from "./spawn.ts";

export function openPython(config: Config, onPhase: (phase: Phase) => void): Runner {
  const snapshot = snapshotOf(config);
  let prepared = false;
  const runner = new Runner({
    spawn: () => takeEarly() ?? spawnPython(config),
    interrupt,
    onPhase,
    onAsked: () => noteRun(config),
    onStarted: (started) => {
      noteStart(started);
      if (prepared) return;
      prepared = true;
      void prepare({
        runner,
        spawn: spawnRecorder,
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
  if (hasStartedEarly()) runner.start();
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
  return [workerAddress().href, ...modulesOf(runtime)];
}
