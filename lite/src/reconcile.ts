// Two tabs wrote to the same answer. What becomes of it, from what both of them started with.

import type { AnswerRecord } from "./protocol.ts";

export interface Reconciled {
  /** Whose text it is that stays in the record; `both` changed it, and then it is mine. */
  readonly text: "same" | "mine" | "theirs" | "both";
  readonly record: AnswerRecord;
  /** Texts that passed, and that the record has no place for. */
  readonly passed: readonly string[];
}

export function reconcile(base: AnswerRecord | undefined, mine: AnswerRecord, theirs: AnswerRecord): Reconciled {
  const from = base ?? { ...theirs, text: theirs.stub, passed: null, failed: null };
  const text = whose(from.text, mine.text, theirs.text);
  const chosen = text === "theirs" ? theirs : mine;
  const passed = judged(from.passed, mine.passed, theirs.passed, chosen.text);
  // Of two editions that the tabs were opened with, the one that was not there at the beginning is the newer.
  const edition = mine.stub_hash === from.stub_hash ? theirs : mine;
  return {
    text,
    record: {
      ...chosen,
      stub: edition.stub,
      stub_hash: edition.stub_hash,
      passed,
      failed: judged(from.failed, mine.failed, theirs.failed, chosen.text),
      updated: mine.updated > theirs.updated ? mine.updated : theirs.updated,
    },
    passed: [...new Set([mine.passed, theirs.passed])].filter((one) => one !== null && one !== passed && one !== from.passed) as string[],
  };
}

function whose(base: string, mine: string, theirs: string): Reconciled["text"] {
  if (mine === theirs) return "same";
  if (theirs === base) return "mine";
  return mine === base ? "theirs" : "both";
}

/** A text that was judged stays judged: what one tab found out, the other's silence does not take back. */
function judged(base: string | null, mine: string | null, theirs: string | null, text: string): string | null {
  if (mine === null || theirs === null) return mine ?? theirs;
  if (mine === theirs || theirs === base) return mine;
  if (mine === base) return theirs;
  return theirs === text ? theirs : mine;
}
