// Care for what only this browser has: asking it to keep the work, and reminding the learner to take a copy.

import { dictionary, fields, nullable, text, yesNo } from "./parse.ts";
import type { Answers } from "./protocol.ts";
import type { Store } from "./store.ts";

export interface Memory {
  /** The passed answers of the last export, and when that was; before the first, when there was one to export. */
  readonly exported: Answers;
  readonly since: string | null;
  readonly reminded: string | null;
  /** The browser was asked to keep this site's storage. */
  readonly asked: boolean;
}

const NONE: Memory = { exported: {}, since: null, reminded: null, asked: false };

const memory = fields<Memory>({ exported: dictionary(text), since: nullable(text), reminded: nullable(text), asked: yesNo });

const DAY = 86_400_000;
/** A few answers are soon written again; many, or a few for long, are missed. */
const FEW = 3;
const MANY = 10;
const LONG = 7 * DAY;
const REST = 5 * DAY;

/** How many answers passed that are not in the last export. */
export function notExported(memory: Memory, passed: Answers): number {
  return Object.entries(passed).filter(([exercise, text]) => memory.exported[exercise] !== text).length;
}

/** Whether it is time to speak of an export. */
export function isDue(memory: Memory, passed: Answers, now: number): boolean {
  const count = notExported(memory, passed);
  if (count < FEW) return false;
  if (memory.reminded !== null && now - Date.parse(memory.reminded) < REST) return false;
  return count >= MANY || (memory.since !== null && now - Date.parse(memory.since) >= LONG);
}

/** Whether the browser has promised to keep the storage; null where it does not say. */
export async function isPromised(): Promise<boolean | null> {
  const storage = (navigator as Partial<Navigator>).storage;
  return (await storage?.persisted().catch(() => null)) ?? null;
}

export class Care {
  readonly #store: Store | null;
  readonly #listeners = new Set<() => void>();
  #memory: Memory = NONE;

  constructor(store: Store | null) {
    this.#store = store;
  }

  onChange(listen: () => void): void {
    this.#listeners.add(listen);
  }

  get memory(): Memory {
    return this.#memory;
  }

  async load(): Promise<void> {
    try {
      this.#memory = memory(await this.#store?.note("care"), "care");
    } catch {
      this.#memory = NONE; // nothing noted yet, or by a page of another time
    }
  }

  /** After an answer has passed: the browser is asked, once, and the time until a reminder begins. */
  async passed(): Promise<void> {
    const { asked, since } = this.#memory;
    if (asked && since !== null) return;
    await this.#note({ asked: true, since: since ?? today() });
    const storage = (navigator as Partial<Navigator>).storage;
    if (asked || (await isPromised()) !== false) return;
    await storage?.persist().catch(() => false);
    for (const listen of this.#listeners) listen();
  }

  async exported(passed: Answers): Promise<void> {
    await this.#note({ exported: passed, since: today() });
  }

  async reminded(): Promise<void> {
    await this.#note({ reminded: today() });
  }

  async #note(change: Partial<Memory>): Promise<void> {
    this.#memory = { ...this.#memory, ...change };
    await this.#store?.putNote("care", this.#memory).catch(() => undefined);
  }
}

const today = (): string => new Date().toISOString();
