// Which of an exercise's earlier texts are kept, and in which words they are spoken of.

import type { Outcome, VersionRecord } from "./protocol.ts";

export interface Version extends VersionRecord {
  readonly id: number;
}

/** So many of one exercise are kept. */
export const CAP = 50;
/** The newest are all kept, however close together they are. */
const RECENT = 10;
/** So many characters make an edit that somebody would miss. */
const SUBSTANTIAL = 40;

const WORDS: Readonly<Record<string, string>> = {
  checked: "Checked",
  reset: "Before Reset",
  import: "Before an import",
  tab: "Before another tab's change",
  other: "From another tab",
  notebook: "From the notebook",
  stub: "Before the book's new text",
  restore: "Before another version was restored",
  undo: "Before an undo",
  cut: "Before a large deletion",
  pause: "While you were writing",
};

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  passed: "passed",
  failed: "not passing yet",
  not_written: "not written yet",
  error: "could not be run",
  timeout: "stopped",
  runtime_lost: "no result",
};

/** "Checked: passed", "Before Reset". */
export function wordsFor({ happened, outcome }: Pick<VersionRecord, "happened" | "outcome">): string {
  const words = WORDS[happened] ?? "Kept";
  return outcome === null ? words : `${words}: ${OUTCOMES[outcome]}`;
}

/** In the order in which they came to be. */
export function inOrder(versions: readonly Version[]): Version[] {
  return [...versions].sort((a, b) => Date.parse(a.saved) - Date.parse(b.saved) || a.id - b.id);
}

/**
 * Those of one exercise's versions that can go: of the same text twice in a row one, and what is beyond the cap.
 * The last that passed always stays, the newest stay, and the first; between them it is the middle that grows thin.
 */
export function superfluous(versions: readonly Version[], cap = CAP): Version[] {
  const gone: Version[] = [];
  const kept: Version[] = [];
  for (const version of inOrder(versions)) {
    const last = kept.at(-1);
    if (last?.text !== version.text) {
      kept.push(version);
    } else if (version.outcome === null || last.outcome === "passed") {
      gone.push(version);
    } else {
      // What a check found out about a text says more than that it was once there.
      gone.push(last);
      kept[kept.length - 1] = version;
    }
  }
  while (kept.length > cap) {
    const victim = leastMissed(kept, cap);
    gone.push(...kept.splice(victim, 1));
  }
  return gone;
}

/** What of these is worth showing: one of each text in a row, the newest first. */
export function shown(versions: readonly Version[]): Version[] {
  const gone = new Set(superfluous(versions, Infinity));
  return inOrder(versions)
    .filter((version) => !gone.has(version))
    .reverse();
}

/** The place of the version whose neighbours are closest together, in proportion to how long ago that was. */
function leastMissed(versions: readonly Version[], cap: number): number {
  const time = (at: number): number => Date.parse(versions[at]?.saved ?? "") || 0;
  const now = time(versions.length - 1);
  const passed = versions.findLastIndex(({ outcome }) => outcome === "passed");
  const recent = versions.length - Math.min(RECENT, Math.ceil(cap / 2));
  let victim = -1;
  let least = Infinity;
  for (let at = Math.min(1, recent); at < recent; at += 1) {
    const missed = (time(at + 1) - time(at - 1)) / Math.max(1, now - time(at));
    if (at === passed || missed >= least) continue;
    victim = at;
    least = missed;
  }
  if (victim >= 0) return victim;
  return passed === 0 ? 1 : 0;
}

/** How many characters of the two texts differ, counted from the first difference to the last. */
function changed(before: string, after: string): { readonly gone: number; readonly come: number } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { gone: before.length - start - end, come: after.length - start - end };
}

/** Whether so much was written or deleted since `before` that it is worth a version of its own. */
export function isSubstantial(before: string, after: string): boolean {
  const { gone, come } = changed(before, after);
  return Math.max(gone, come) >= SUBSTANTIAL;
}

/** Whether one step of editing took away a piece that somebody may want back. */
export function isLargeDeletion(before: string, after: string): boolean {
  const { gone, come } = changed(before, after);
  return gone >= SUBSTANTIAL && come < gone;
}
