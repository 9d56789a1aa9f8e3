// How often and how long the reader worked on each exercise. It is theirs: it stays in this browser, no export has
// it, and it can be switched off and erased.
//
// Time is what passes between two uses of an exercise that are less than a minute apart, on a page that is seen. So it
// needs no timer; a device that sleeps, a clock that is set, and a page in the background add nothing; and of two tabs
// only the one that is used counts.

import { dictionary, fields, number, yesNo } from "./parse.ts";
import type { Notes } from "./notes.ts";

export interface Spent {
  /** Checks that ran to their end. */
  readonly checks: number;
  readonly seconds: number;
}

interface Note {
  readonly counting: boolean;
  readonly exercises: Readonly<Record<string, Spent>>;
}

const KEY = "effort";
const NOTHING: Spent = { checks: 0, seconds: 0 };
/** Between two uses that are further apart, the reader did something else. */
export const REST = 60_000;
/** What was counted for so long without being stored may be lost with the page. */
export const STORE_WITHIN = 5_000;

const note = fields<Note>({ counting: yesNo, exercises: dictionary(fields<Spent>({ checks: number, seconds: number })) });

export class Effort {
  readonly #notes: Notes;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #unstored = new Map<string, Spent>();
  #note: Note = { counting: true, exercises: {} };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: { readonly exercise: string; readonly at: number } | null = null;

  /** `now` is a clock that nobody sets. */
  constructor(notes: Notes, now: () => number = () => performance.now()) {
    this.#notes = notes;
    this.#now = now;
    notes.onChange((key) => {
      if (key === KEY) void this.load();
    });
  }

  get counting(): boolean {
    return this.#note.counting;
  }

  get exercises(): Readonly<Record<string, Spent>> {
    return this.#note.exercises;
  }

  onChange(listen: () => void): void {
    this.#listeners.add(listen);
  }

  async load(): Promise<void> {
    const before = this.#note;
    this.#note = read(await this.#notes.read(KEY));
    const erased = isEmpty(this.#note) && !isEmpty(before);
    // Erased or switched off, perhaps in another tab: what this one has not stored yet goes, too.
    if (erased || !this.#note.counting) {
      this.#unstored.clear();
      this.#last = null;
    }
    for (const listen of this.#listeners) listen();
  }

  /** A key was pressed in this exercise, or something in it clicked. */
  used(exercise: string): void {
    const at = this.#now();
    const last = this.#last;
    this.#last = { exercise, at };
    if (last?.exercise !== exercise || at - last.at >= REST) return;
    this.#add(exercise, { checks: 0, seconds: (at - last.at) / 1000 });
  }

  checked(exercise: string): void {
    this.#add(exercise, { checks: 1, seconds: 0 });
  }

  /** The page is not seen any more. */
  away(): void {
    this.#last = null;
    void this.flush();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unstored.size === 0) return;
    const news = [...this.#unstored];
    this.#unstored.clear();
    await this.#change(({ counting, exercises }) => {
      if (!counting) return { counting, exercises };
      const sums = news.map(([exercise, spent]) => [exercise, sum(exercises[exercise] ?? NOTHING, spent)] as const);
      return { counting, exercises: { ...exercises, ...Object.fromEntries(sums) } };
    });
  }

  async setCounting(counting: boolean): Promise<void> {
    await this.flush();
    await this.#change(({ exercises }) => ({ counting, exercises }));
  }

  async forget(): Promise<void> {
    this.#unstored.clear();
    this.#last = null;
    await this.#change(({ counting }) => ({ counting, exercises: {} }));
  }

  #add(exercise: string, spent: Spent): void {
    if (!this.#note.counting) return;
    this.#unstored.set(exercise, sum(this.#unstored.get(exercise) ?? NOTHING, spent));
    // A transaction on its way when the page is left can take others along, so the answers are let go first.
    this.#timer ??= setTimeout(() => void this.flush(), STORE_WITHIN);
  }

  async #change(change: (note: Note) => Note): Promise<void> {
    await this.#notes.change(KEY, (value) => change(read(value)));
  }
}

const isEmpty = ({ exercises }: Note): boolean => Object.keys(exercises).length === 0;

const sum = (one: Spent, other: Spent): Spent => ({
  checks: one.checks + other.checks,
  seconds: one.seconds + other.seconds,
});

function read(value: unknown): Note {
  try {
    return note(value, KEY);
  } catch {
    return { counting: true, exercises: {} }; // nothing noted yet, or by a page of another time
  }
}

/** As precise as it is worth: nobody needs the seconds. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return seconds > 0 ? "under a minute" : "none";
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
