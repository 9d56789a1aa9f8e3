// Words for how far a reader is. Pure, so that every case can be tested.

import { saySetAside, type Owned, type PassedMilestone } from "./ownership.ts";
import type { AnswerRecord } from "./protocol.ts";
import { statusOf } from "./workspace.ts";

export type Standing = "passed" | "changed" | "failing" | "begun" | "todo";

/** What has passed once is part of the package, whatever its text has become since. */
export function standingOf(record: AnswerRecord | undefined): Standing {
  if (!record) return "todo";
  if (record.passed !== null) return record.text === record.passed ? "passed" : "changed";
  if (statusOf(record) === "failing") return "failing";
  return record.text === record.stub ? "todo" : "begun";
}

export const WORDS: Readonly<Record<Standing, string>> = {
  passed: "passed",
  changed: "passed, and changed since",
  failing: "not passing yet",
  begun: "begun",
  todo: "not begun",
};

export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}

const named = ({ module, title }: Owned): string => `${String(module).padStart(2, "0")} ${title}`;

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** What can be said of a milestone: whether it was passed, and what is missing for the reader's code alone. */
export function milestoneStanding(
  modules: readonly number[],
  owned: readonly Owned[],
  passed: PassedMilestone | null,
  written: boolean,
): string {
  const here = owned.filter(({ module }) => modules.includes(module));
  const missing = here.filter(({ mine, total }) => mine < total);
  const aside = here.filter(({ mine, total, used }) => mine === total && used === "book");
  const unwritten = modules.length - here.length;
  const parts: string[] = [];
  if (passed) parts.push(`Passed on ${date(passed.passed)}, ${passed.yours ? "on your code alone" : "with the book's code in the gaps"}.`);
  if (unwritten > 0) {
    parts.push(`It stands on modules ${range(modules)}, of which ${unwritten} ${unwritten === 1 ? "is" : "are"} not written yet.`);
  } else if (missing.length === 0 && aside.length === 0) {
    if (!passed?.yours) parts.push(`Every module below it is yours${written ? ": now it trains on your code alone" : ""}.`);
  } else if (missing.length === 0) {
    parts.push(saySetAside(aside.map(({ module }) => module)).replace(/ ran /, " runs "));
  } else {
    const begun = missing.filter(({ mine }) => mine > 0).map((one) => `the rest of ${named(one)} (${one.mine} of ${one.total} passed)`);
    const untouched = missing.filter(({ mine }) => mine === 0).map(named);
    const words = [...begun, ...untouched];
    const gaps = written && !passed ? " It runs already, with the book's code in the gaps." : "";
    parts.push(`For your code alone it needs ${listed(words)}.${gaps}`);
  }
  return parts.join(" ");
}

function range(modules: readonly number[]): string {
  const [first, last] = [modules[0] ?? 0, modules.at(-1) ?? 0].map((one) => String(one).padStart(2, "0"));
  return first === last ? `${first}` : `${first} to ${last}`;
}

export function date(iso: string): string {
  return new Intl.DateTimeFormat("en", { dateStyle: "long" }).format(new Date(iso));
}
