// Whose code the package is made of, module by module: the reader's, or the book's.

import { fields, text, yesNo } from "./parse.ts";
import type { Session } from "./session.ts";
import type { Workspace } from "./workspace.ts";

/** A written chapter, and how much of its module is the reader's. */
export interface Owned {
  readonly module: number;
  readonly title: string;
  /** Below the site's root. */
  readonly page: string;
  /** Answers that have passed. They take part where `used` is "mine". */
  readonly mine: number;
  readonly total: number;
  /** "book" where the reader has set the module aside. */
  readonly used: "mine" | "book";
}

/** In the book's order. Rejects where the list of chapters cannot be had. */
export async function owned({ workspace, chapters }: Session): Promise<readonly Owned[]> {
  const index = await chapters.index();
  const passed = workspace.passed();
  return index.map(({ module, title, page, exercises }) => ({
    module,
    title,
    page,
    mine: exercises.filter(({ name }) => name in passed).length,
    total: exercises.length,
    used: workspace.aside.has(module) ? "book" : "mine",
  }));
}

/** Whether every exercise of these modules runs on the reader's own code. */
export function allYours(owned: readonly Owned[], modules: readonly number[]): boolean {
  return modules.every((number) => owned.some((one) => one.module === number && one.used === "mine" && one.mine === one.total));
}

/** A sentence for whatever runs on the package; "" where nothing is set aside. */
export function saySetAside(modules: readonly number[]): string {
  const numbers = modules.map((number) => String(number).padStart(2, "0"));
  const last = numbers.pop();
  if (last === undefined) return "";
  if (numbers.length === 0) return `Module ${last} is set aside: the book's code ran in its place.`;
  return `Modules ${numbers.join(", ")} and ${last} are set aside: the book's code ran in their place.`;
}

/** What is remembered of a milestone that was passed: when first, and whether ever with the reader's code alone. */
export interface PassedMilestone {
  readonly passed: string;
  readonly yours: boolean;
}

const milestone = fields<PassedMilestone>({ passed: text, yours: yesNo });
const keyOf = (year: number): string => `milestone:${year}`;

export async function passedMilestone({ notes }: Workspace, year: number): Promise<PassedMilestone | null> {
  return readMilestone(await notes.read(keyOf(year)));
}

/** A later run takes nothing back. */
export async function rememberMilestone({ notes }: Workspace, year: number, yours: boolean): Promise<void> {
  await notes.change(keyOf(year), (value): PassedMilestone => {
    const before = readMilestone(value);
    if (!before || (yours && !before.yours)) return { passed: new Date().toISOString(), yours };
    return before;
  });
}

function readMilestone(value: unknown): PassedMilestone | null {
  try {
    const note = milestone(value, "milestone");
    return Number.isNaN(Date.parse(note.passed)) ? null : note;
  } catch {
    return null; // never passed, or noted by a page of another time
  }
}
