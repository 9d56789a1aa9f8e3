// How often and how long the reader worked on each exercise. It is theirs: it stays in this browser, no export has
// it, and it can be switched off and erased.
//
// Time is what passes between two uses of an exercise that are less than a minute apart, on a page that is seen. So it
// needs no timer; a device that sleeps, a clock that is set, and a page in the background add nothing; and of two tabs
// only the one that is used counts.

import { dictionary, fields, list, number, parseJson, text, yesNo } from "./parse.ts";
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
export const STORE_WITHIN = 5_000;

const spent = fields<Spent>({ checks: number, seconds: number });
const note = fields<Note>({ counting: yesNo, exercises: dictionary(spent) });

type News = readonly (readonly [exercise: string, spent: Spent])[];
const news = list((value, where) => pair(value, where));

/**
 * Where a page that is being left puts what it has not stored, in one stroke: it has no later turn. Whoever stores next
 * takes it along. A transaction that was begun instead might be cut off.
 */
export interface Sill {
  /** Whether it could be put there. */
  put(news: News): boolean;
  take(): News;
}

export const noSill: Sill = { put: () => false, take: () => [] };

export function sillOf(book: string, storage: () => Pick<Storage, "getItem" | "setItem" | "removeItem">): Sill {
  const key = `${book}:effort`;
  const take = (): News => {
    try {
      const put = storage().getItem(key);
      storage().removeItem(key);
      return put === null ? [] : parseJson(news, put, key);
    } catch {
      return []; // nothing can be kept there, or what is there is not ours
    }
  };
  return {
    take,
    put: (more) => {
      try {
        storage().setItem(key, JSON.stringify([...take(), ...more]));
        return true;
      } catch {
        return false;
      }
    },
  };
}

export class Effort {
  readonly #notes: Notes;
  readonly #sill: Sill;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #unstored = new Map<string, Spent>();
  #note: Note = { counting: true, exercises: {} };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: { readonly exercise: string; readonly at: number } | null = null;

  /** `now` is a clock that nobody sets. */
  constructor(notes: Notes, sill: Sill = noSill, now: () => number = () => performance.now()) {
    this.#notes = notes;
    this.#sill = sill;
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

  /** The page is not seen any more, and may be about to end. */
  away(): void {
    this.#last = null;
    if (this.#unstored.size > 0 && this.#sill.put([...this.#unstored])) this.#unstored.clear();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const news = [...this.#sill.take(), ...this.#unstored];
    this.#unstored.clear();
    if (news.length === 0) return;
    await this.#change(({ counting, exercises }) => {
      if (!counting) return { counting, exercises };
      const sums = new Map(Object.entries(exercises));
      for (const [exercise, spent] of news) sums.set(exercise, sum(sums.get(exercise) ?? NOTHING, spent));
      return { counting, exercises: Object.fromEntries(sums) };
    });
  }

  async setCounting(counting: boolean): Promise<void> {
    await this.flush();
    await this.#change(({ exercises }) => ({ counting, exercises }));
  }

  /** Everything of this book has been erased: nothing may be put down any more while the page is being left. */
  drop(): void {
    this.#unstored.clear();
    this.#last = null;
  }

  async forget(): Promise<void> {
    this.#sill.take();
    this.drop();
    await this.#change(({ counting }) => ({ counting, exercises: {} }));
  }

  #add(exercise: string, spent: Spent): void {
    if (!this.#note.counting) return;
    this.#unstored.set(exercise, sum(this.#unstored.get(exercise) ?? NOTHING, spent));
    this.#timer ??= setTimeout(() => void this.flush(), STORE_WITHIN);
  }

  async #change(change: (note: Note) => Note): Promise<void> {
    await this.#notes.change(KEY, (value) => change(read(value)));
  }
}

function pair(value: unknown, where: string): readonly [string, Spent] {
  const [exercise, one] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  return [text(exercise, where), spent(one, where)];
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
