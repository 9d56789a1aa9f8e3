// The exercises of a notebook and the answers of the workspace are one: a cell is an editor like that of a page.

import type { History } from "../history.ts";
import type { News, Workspace } from "../workspace.ts";
import { headed, isStub, now, recordOf, stubOf, type Facts } from "./answer.ts";

/** A cell of code, as far as its text goes. */
export interface TextCell {
  source: string;
  onChange(listen: () => void): void;
}

export type BookExercise = Facts & { readonly formerly: readonly string[] };

export interface LinkOptions {
  readonly workspace: Workspace;
  /** What the book says of an exercise, or null if it has none of that name. */
  readonly facts: (exercise: string) => Promise<BookExercise | null>;
  readonly tell: (exercise: string, news: News) => void;
}

export class Link {
  readonly #workspace: Workspace;
  readonly #facts: LinkOptions["facts"];
  readonly #known = new Set<TextCell>();
  readonly #linked = new Map<TextCell, BookExercise>();

  constructor({ workspace, facts, tell }: LinkOptions) {
    this.#workspace = workspace;
    this.#facts = facts;
    workspace.onChange(({ exercise, news }) => {
      const cells = [...this.#linked].filter(([, { name }]) => name === exercise);
      for (const [cell, facts] of cells) this.#show(cell, facts);
      if (news && cells.length > 0) tell(exercise, news);
    });
  }

  /** How many cells are linked. */
  get size(): number {
    return this.#linked.size;
  }

  /** The notebook has these cells now. */
  async have(cells: readonly TextCell[]): Promise<void> {
    const present = new Set(cells);
    for (const cell of this.#known) if (!present.has(cell)) this.#forget(cell);
    const fresh = cells.filter((cell) => !this.#known.has(cell));
    for (const cell of fresh) {
      this.#known.add(cell);
      cell.onChange(() => this.#changed(cell));
    }
    await Promise.all(fresh.map((cell) => this.#visit(cell)));
  }

  #forget(cell: TextCell): void {
    this.#known.delete(cell);
    this.#linked.delete(cell);
  }

  #changed(cell: TextCell): void {
    const facts = this.#linked.get(cell);
    const found = headed(cell.source);
    if (facts && found?.name === facts.name) this.#typed(facts, found.text);
    else void this.#visit(cell);
  }

  async #visit(cell: TextCell): Promise<void> {
    this.#linked.delete(cell);
    const name = headed(cell.source)?.name;
    const facts = name === undefined ? null : await this.#facts(name);
    // While the book was asked, the cell may have gone, or have become another exercise's.
    const found = headed(cell.source);
    if (!facts || found?.name !== facts.name || !this.#known.has(cell) || this.#linked.has(cell)) return;
    this.#linked.set(cell, facts);
    this.#takeRenamed(facts);
    await this.#meet(cell, facts, found.text);
  }

  /** An answer that was kept under the name that this exercise had in an earlier book. */
  #takeRenamed({ name, formerly }: BookExercise): void {
    if (this.#workspace.get(name)) return;
    const former = formerly.map((one) => this.#workspace.get(one)).find((record) => record !== undefined);
    if (former) this.#workspace.write({ ...former, exercise: name });
  }

  /** A cell appears, with the text of another day in it: the workspace's comes in its place, and that text is kept. */
  async #meet(cell: TextCell, facts: Facts, text: string): Promise<void> {
    if (!this.#workspace.get(facts.name) && !isStub(text, facts)) {
      this.#typed(facts, text);
      return;
    }
    const shown = this.#text(facts);
    if (text === shown) return;
    if (!isStub(text, facts)) await keepUnknown(this.#workspace.history, facts.name, text);
    if (this.#linked.get(cell) === facts && headed(cell.source)?.text === text) this.#show(cell, facts);
  }

  #typed(facts: Facts, text: string): void {
    const before = this.#text(facts);
    if (text === before) return;
    this.#workspace.effort.used(facts.name);
    this.#workspace.history.typed(facts.name, stubOf(facts), before, text);
    const record = recordOf(this.#workspace, facts, text);
    // Whoever begins today begins with today's stub.
    const edition = record.text === record.stub ? { stub: stubOf(facts), stub_hash: facts.stub_hash } : {};
    this.#workspace.write({ ...record, ...edition, text, updated: now() });
  }

  /** What the exercise's cells hold: the answer; or the book's stub as it is today, where there is none. */
  #text(facts: Facts): string {
    const record = this.#workspace.get(facts.name);
    return !record || record.text === record.stub ? stubOf(facts) : record.text;
  }

  #show(cell: TextCell, facts: Facts): void {
    const found = headed(cell.source);
    const text = this.#text(facts);
    if (found && found.text !== text) cell.source = found.head + text;
  }
}

/** Keeps a text as a version, unless it is one already. */
async function keepUnknown(history: History, exercise: string, text: string): Promise<void> {
  const versions = await history.of(exercise);
  if (versions.some((version) => version.text === text)) return;
  await history.keep({ exercise, text, happened: "notebook" });
}
