// Whoever ran something on this page within the last day most likely comes to go on with it. For them Python starts
// with the page, and is nearly there when they have found their place. Others get it when they reach for it.

import type { Config } from "./config.ts";
import type { WorkerLike } from "./runner.ts";
import { savesData, spawnPython } from "./spawn.ts";

const A_DAY = 24 * 60 * 60 * 1000;

let early: { readonly worker: WorkerLike; readonly missed: (() => void)[] } | null = null;

export function startEarly(config: Config): void {
  if (savesData() || document.visibilityState !== "visible" || !ranLately(config)) return;
  const missed: (() => void)[] = [];
  const worker = spawnPython(config);
  worker.onmessage = (event) => missed.push(() => worker.onmessage?.(event));
  worker.onerror = (event) => missed.push(() => worker.onerror?.(event));
  early = { worker, missed };
}

export function hasStartedEarly(): boolean {
  return early !== null;
}

/** The worker that was started early, once; what it has said meanwhile, whoever listens then hears. */
export function takeEarly(): WorkerLike | null {
  if (!early) return null;
  const { worker, missed } = early;
  early = null;
  queueMicrotask(() => {
    for (const tell of missed) tell();
  });
  return worker;
}

/** Note that something was run on this page. */
export function noteRun(config: Config): void {
  try {
    localStorage.setItem(noteOf(config), String(Date.now()));
  } catch {
    // Then the next visit waits for the reader's wish, like a first one.
  }
}

function ranLately(config: Config): boolean {
  try {
    return Date.now() - Number(localStorage.getItem(noteOf(config))) < A_DAY;
  } catch {
    return false;
  }
}

function noteOf({ book, chapter }: Config): string {
  return `${book}:ran:${chapter ?? ""}`;
}
