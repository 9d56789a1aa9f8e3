// What an exercise's cell and a check of it mean for the record of the answer.

import type { Exercise } from "../chapters.ts";
import type { AnswerRecord, Outcome } from "../protocol.ts";
import type { Workspace } from "../workspace.ts";

export type Facts = Pick<Exercise, "name" | "stub" | "stub_hash">;

const HEAD = /^%%exercise[ \t]+([a-z][a-z0-9_]*)[ \t]*\n/;

export interface Headed {
  /** The first line with its end, as it was written. */
  readonly head: string;
  readonly name: string;
  readonly text: string;
}

/** The exercise that a cell answers; a first line that is still being written names none. */
export function headed(source: string): Headed | null {
  const found = HEAD.exec(source);
  if (!found) return null;
  const [head, name = ""] = found;
  return { head, name, text: source.slice(head.length) };
}

/** As pages show it: without the line end of the file that it was cut from. */
export function stubOf({ stub }: Facts): string {
  return stub.replace(/\n$/, "");
}

/** Whether nothing of it is the reader's: the book's stub, or one of an earlier edition with other words in it. */
export function isStub(text: string, facts: Facts): boolean {
  return bare(text) === bare(facts.stub);
}

function bare(source: string): string {
  return source
    .replace(/"""[^]*?"""/g, "")
    .replace(/#.*/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

export function recordOf(workspace: Workspace, facts: Facts, text: string): AnswerRecord {
  const stub = stubOf(facts);
  return (
    workspace.get(facts.name) ?? { exercise: facts.name, text, stub, stub_hash: facts.stub_hash, passed: null, failed: null, updated: now() }
  );
}

/** As after a check in a page: it is counted, the text and what came of it are kept, and a verdict is remembered. */
export async function judge(workspace: Workspace, facts: Facts, text: string, outcome: Outcome): Promise<void> {
  const { name: exercise } = facts;
  if (outcome !== "runtime_lost") {
    workspace.effort.checked(exercise);
    await workspace.effort.flush(); // a notebook's Python may be started anew at any time
  }
  const record = recordOf(workspace, facts, text);
  if (text !== stubOf(facts) && text !== record.stub) await workspace.history.keep({ exercise, text, happened: "checked", outcome });
  switch (outcome) {
    case "passed":
      workspace.write({ ...recordOf(workspace, facts, text), passed: text, updated: now() });
      break;
    case "failed":
    case "error":
    case "timeout":
      workspace.write({ ...recordOf(workspace, facts, text), failed: text, updated: now() });
      break;
    case "not_written":
    case "runtime_lost":
      return; // nothing was judged
  }
  await workspace.flush();
}

export const now = (): string => new Date().toISOString();
