// The parts of the chapter JSON that the page itself needs; the worker hands the whole to Python.

import { fields, list, number, parseJson, text, type Parser } from "./parse.ts";
import { question, type Question } from "./question.ts";

export interface Exercise {
  readonly name: string;
  readonly title: string;
  readonly object: string;
  readonly points: number;
  readonly stub: string;
  readonly stub_hash: string;
  readonly formerly: readonly string[];
  readonly needs: readonly string[];
}

export interface Experiment {
  readonly name: string;
  readonly needs: readonly string[];
}

export interface Chapter {
  readonly name: string;
  readonly module: number;
  /** Packages and datasets: what all of it needs, and what its integration checks need besides. */
  readonly needs: readonly string[];
  readonly integration_needs: readonly string[];
  readonly exercises: readonly Exercise[];
  readonly experiments: readonly Experiment[];
  readonly questions: readonly Question[];
}

export interface IndexEntry {
  readonly name: string;
  readonly module: number;
  readonly title: string;
  /** Below the site's root. */
  readonly page: string;
  readonly exercises: readonly { readonly name: string; readonly title: string; readonly points: number }[];
}

const chapter: Parser<Chapter> = fields<Chapter>({
  name: text,
  module: number,
  needs: list(text),
  integration_needs: list(text),
  exercises: list(
    fields<Exercise>({
      name: text,
      title: text,
      object: text,
      points: number,
      stub: text,
      stub_hash: text,
      formerly: list(text),
      needs: list(text),
    }),
  ),
  experiments: list(fields<Experiment>({ name: text, needs: list(text) })),
  questions: list(question),
});

const index = fields<{ chapters: readonly IndexEntry[] }>({
  chapters: list(
    fields<IndexEntry>({
      name: text,
      module: number,
      title: text,
      page: text,
      exercises: list(fields<IndexEntry["exercises"][number]>({ name: text, title: text, points: number })),
    }),
  ),
});

export class Chapters {
  readonly #root: string;
  /** By exercise, from everything that was read so far: without the index, a page still knows its own chapter's. */
  readonly #modules = new Map<string, number>();
  #index: Promise<readonly IndexEntry[]> | null = null;

  constructor(root: string) {
    this.#root = root;
  }

  async chapter(name: string): Promise<Chapter> {
    const read = parseJson(chapter, await this.#read(`chapters/${name}.json`), name);
    this.#place(read);
    return read;
  }

  /** Asked for once; after a failure the next call asks again. */
  index(): Promise<readonly IndexEntry[]> {
    this.#index ??= this.#read("chapters/index.json").then((source) => {
      const { chapters } = parseJson(index, source, "chapters/index.json");
      for (const entry of chapters) this.#place(entry);
      return chapters;
    });
    this.#index.catch(() => {
      this.#index = null;
    });
    return this.#index;
  }

  /** The module that an exercise belongs to, as far as it is known by now. */
  moduleOf(exercise: string): number | undefined {
    return this.#modules.get(exercise);
  }

  /** The written chapter that follows this one in the book. */
  async after(name: string): Promise<IndexEntry | undefined> {
    const chapters = await this.index();
    const at = chapters.findIndex((chapter) => chapter.name === name);
    return at < 0 ? undefined : chapters[at + 1];
  }

  /** The chapters in which these exercises are. */
  async having(exercises: readonly string[]): Promise<string[]> {
    if (exercises.length === 0) return [];
    const wanted = new Set(exercises);
    const chapters = await this.index();
    return chapters.filter(({ exercises }) => exercises.some(({ name }) => wanted.has(name))).map(({ name }) => name);
  }

  /** What the checks of these chapters need, as far as it can be known now. */
  async needsOfChecks(names: readonly string[]): Promise<string[]> {
    const chapters = await Promise.all(names.map((name) => this.chapter(name)));
    const needs = chapters.flatMap((one) => [one.needs, one.integration_needs, ...one.exercises.map((exercise) => exercise.needs)]);
    return [...new Set(needs.flat())];
  }

  #place({ module, exercises }: Pick<Chapter | IndexEntry, "module" | "exercises">): void {
    for (const { name } of exercises) this.#modules.set(name, module);
  }

  async #read(path: string): Promise<string> {
    const response = await fetch(this.#root + path);
    if (!response.ok) throw new Error(`Could not download ${path} (${response.status}).`);
    return response.text();
  }
}
