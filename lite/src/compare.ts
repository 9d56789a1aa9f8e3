// Line by line: what two texts differ in, and one text out of two that come from a third.
// Imported when somebody first looks at a difference.

import { diff3Merge, diffComm } from "node-diff3";

export interface Line {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
}

/** Beyond this a comparison could hold up the page; an answer has a few dozen lines. */
const MOST_LINES = 500;

const linesOf = (text: string): string[] => text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");

const tooLong = (...texts: readonly string[][]): boolean => texts.some(({ length }) => length > MOST_LINES);

/** How `before` becomes `after`; null where the texts are too long to be compared. */
export function difference(before: string, after: string): Line[] | null {
  const [one, other] = [linesOf(before), linesOf(after)];
  if (tooLong(one, other)) return null;
  return diffComm(one, other).flatMap((part): Line[] =>
    part.common
      ? part.common.map((text): Line => ({ kind: "same", text }))
      : [
          ...part.buffer1.map((text): Line => ({ kind: "removed", text })),
          ...part.buffer2.map((text): Line => ({ kind: "added", text })),
        ],
  );
}

/** Both changes in one text; null where they touch the same lines, or where one of them alone is the whole result. */
export function merged(mine: string, base: string, theirs: string): string | null {
  const [a, o, b] = [linesOf(mine), linesOf(base), linesOf(theirs)];
  if (tooLong(a, o, b)) return null;
  const lines: string[] = [];
  for (const region of diff3Merge(a, o, b, { excludeFalseConflicts: true })) {
    if (!region.ok) return null;
    lines.push(...region.ok);
  }
  const text = lines.join("\n") + (mine.endsWith("\n") ? "\n" : "");
  const same = (other: string): boolean => linesOf(other).join("\n") === lines.join("\n");
  return same(mine) || same(theirs) ? null : text;
}
