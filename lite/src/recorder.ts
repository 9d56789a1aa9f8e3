// Makes the snapshot that the next start begins with: on this device, after the first start, when nobody waits for
// anything, in a worker of its own that is thrown away. `data-snapshot` on the page's root says how that ended.

import { idle } from "./idle.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import type { Runner } from "./runner.ts";
import { findSnapshot } from "./snapshot.ts";

const REST = 2_000;
const UNTOLD = 1_000;

export interface RecordingWorker {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: { readonly data: FromWorker }) => void) | null;
  onerror: (() => void) | null;
}

export interface RecorderOptions {
  readonly runner: Runner;
  readonly spawn: () => RecordingWorker;
  readonly root: string;
  readonly runtime: string;
  /** Null where snapshots are switched off. */
  readonly snapshot: string | null;
  readonly told: (outcome: Outcome) => void;
}

type Outcome = "made" | "kept" | "none";

/** Called when Python is ready: rehearse a check, so that the first one need not wait, and record if that is worth while. */
export async function prepare(options: RecorderOptions): Promise<void> {
  options.told(await outcomeOf(options));
}

async function outcomeOf(options: RecorderOptions): Promise<Outcome> {
  const { runner, snapshot } = options;
  await idle(UNTOLD);
  const { result } = runner.run({
    key: "rehearse",
    job: { request: { kind: "rehearse" }, chapters: [], packages: [] },
    limit: 10,
    yields: false,
  });
  const rehearsed = await result;
  if (rehearsed.kind !== "reply" || rehearsed.reply.kind !== "rehearsed") return "none";
  if (snapshot === null || !isRoomy()) return "none";
  if (await findSnapshot(snapshot)) return "kept";
  await quiet(runner);
  return (await record(options, snapshot, rehearsed.reply.libraries)) ? "made" : "none";
}

/** A second Python takes as much memory again, for two seconds: not where the first is already much. */
function isRoomy(): boolean {
  return ((navigator as { readonly deviceMemory?: number }).deviceMemory ?? 4) >= 2;
}

/** Until the learner has let Python rest for a moment: whatever they want next goes first. */
async function quiet(runner: Runner): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, REST));
  while (runner.busy);
  await idle(UNTOLD);
}

function record({ spawn, root, runtime }: RecorderOptions, snapshot: string, libraries: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const worker = spawn();
    const end = (made: boolean): void => {
      worker.terminate();
      resolve(made);
    };
    worker.onmessage = ({ data }) => {
      if (data.kind === "recorded") end(true);
      else if (data.kind === "unavailable" || data.kind === "lost") end(false);
    };
    worker.onerror = () => end(false);
    worker.postMessage({ kind: "record", root, runtime, snapshot, libraries });
  });
}
