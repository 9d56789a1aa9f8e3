// Modules that the reader has set aside: their answers are kept, and the book's code takes their place in the package.

import type { Notes } from "./notes.ts";

const KEY = "aside";

export class Aside {
  readonly #notes: Notes;
  readonly #listeners = new Set<() => void>();
  #modules: ReadonlySet<number> = new Set();

  constructor(notes: Notes) {
    this.#notes = notes;
    notes.onChange((key) => {
      if (key === KEY) void this.load();
    });
  }

  /** Their numbers, in order. */
  get modules(): readonly number[] {
    return [...this.#modules].sort((a, b) => a - b);
  }

  has(module: number): boolean {
    return this.#modules.has(module);
  }

  onChange(listen: () => void): void {
    this.#listeners.add(listen);
  }

  async load(): Promise<void> {
    this.#modules = new Set(numbers(await this.#notes.read(KEY)));
    for (const listen of this.#listeners) listen();
  }

  async set(module: number, aside: boolean): Promise<void> {
    await this.#notes.change(KEY, (value) => {
      const others = numbers(value).filter((number) => number !== module);
      return aside ? [...others, module].sort((a, b) => a - b) : others;
    });
    await this.load();
  }
}

/** Of a note that something else wrote, what can be understood. */
function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((one): one is number => Number.isInteger(one)) : [];
}
