// The learner's answers. Memory holds the truth for this page; IndexedDB follows within 300 ms of a keystroke.
// Where nothing can be stored the work goes on in memory, and whoever listens to `onSaving` says so.

import type { AnswerRecord, Answers } from "./protocol.ts";
import { openStore, StorageRefused, type Store } from "./store.ts";

export type Status = "todo" | "failing" | "passed";

export type Saving =
  | { readonly kind: "untouched" }
  | { readonly kind: "saved" }
  | { readonly kind: "unsaved"; readonly reason: string };

export interface Change {
  readonly exercise: string;
  /** "elsewhere": another tab, or an import. Editors then show a text that they did not type. */
  readonly origin: "here" | "elsewhere";
}

export const SAVE_WITHIN = 300;

export function statusOf(record: AnswerRecord | undefined): Status {
  if (!record) return "todo";
  if (record.text === record.passed) return "passed";
  if (record.text === record.failed) return "failing";
  return "todo";
}

export interface WorkspaceOptions {
  readonly book: string;
  readonly factory: IDBFactory | undefined;
  /** To the other tabs of this book. */
  readonly channel: BroadcastChannel | null;
}

export class Workspace {
  readonly #store: Store | null;
  readonly #channel: BroadcastChannel | null;
  readonly #records = new Map<string, AnswerRecord>();
  readonly #questions = new Map<string, string>();
  readonly #unsaved = new Set<string>();
  readonly #changes = new Set<(change: Change) => void>();
  readonly #savings = new Set<(saving: Saving) => void>();
  readonly #guards = new Map<string, (incoming: AnswerRecord) => boolean>();
  #saving: Saving = { kind: "untouched" };
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(store: Store | null, channel: BroadcastChannel | null) {
    this.#store = store;
    this.#channel = channel;
    if (channel) channel.onmessage = ({ data }: MessageEvent<unknown>) => void this.#hearOtherTab(data);
  }

  static async open(options: WorkspaceOptions): Promise<Workspace> {
    try {
      const store = await openStore(options.factory, options.book);
      const workspace = new Workspace(store, options.channel);
      for (const record of await store.answers()) workspace.#records.set(record.exercise, record);
      for (const { question, answer } of await store.questions()) workspace.#questions.set(question, answer);
      return workspace;
    } catch (error) {
      const workspace = new Workspace(null, null);
      workspace.#setSaving({ kind: "unsaved", reason: reasonOf(error) });
      return workspace;
    }
  }

  get saving(): Saving {
    return this.#saving;
  }

  get(exercise: string): AnswerRecord | undefined {
    return this.#records.get(exercise);
  }

  all(): AnswerRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.exercise < b.exercise ? -1 : 1));
  }

  status(exercise: string): Status {
    return statusOf(this.get(exercise));
  }

  /** The answers that passed: what the learner's own tinytorch is made of. */
  answers(): Answers {
    const passed: Record<string, string> = {};
    for (const { exercise, passed: text } of this.all()) if (text !== null) passed[exercise] = text;
    return passed;
  }

  write(record: AnswerRecord): void {
    this.#records.set(record.exercise, record);
    this.#unsaved.add(record.exercise);
    // Not put off by further keystrokes: somebody who types without pause is saved too.
    this.#timer ??= setTimeout(() => void this.flush(), SAVE_WITHIN);
    this.#tell({ exercise: record.exercise, origin: "here" });
  }

  /** Put these in place of what is here, or take them away where there is no record; editors follow. */
  async replace(records: readonly (AnswerRecord | { readonly exercise: string })[]): Promise<void> {
    const gone: string[] = [];
    for (const record of records) {
      if ("text" in record) {
        this.#records.set(record.exercise, record);
        this.#unsaved.add(record.exercise);
      } else {
        this.#records.delete(record.exercise);
        this.#unsaved.delete(record.exercise);
        gone.push(record.exercise);
      }
    }
    for (const { exercise } of records) this.#tell({ exercise, origin: "elsewhere" });
    await this.flush();
    if (gone.length > 0) await this.#attempt((store) => store.removeAnswers(gone));
  }

  /** Write what is not yet on disk. What cannot be written is kept and tried again with the next keystroke. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = [...this.#unsaved].flatMap((exercise) => this.#records.get(exercise) ?? []);
    if (records.length === 0) return;
    const saved = await this.#attempt((store) => store.putAnswers(records));
    if (!saved) return;
    // A record that has changed since is a new object, and still unsaved.
    for (const record of records) if (this.get(record.exercise) === record) this.#unsaved.delete(record.exercise);
    this.#channel?.postMessage({ exercises: records.map(({ exercise }) => exercise) });
  }

  question(name: string): string | undefined {
    return this.#questions.get(name);
  }

  async answerQuestion(question: string, answer: string): Promise<void> {
    this.#questions.set(question, answer);
    await this.#attempt((store) => store.putQuestion({ question, answer }));
  }

  onChange(listen: (change: Change) => void): void {
    this.#changes.add(listen);
  }

  onSaving(listen: (saving: Saving) => void): void {
    this.#savings.add(listen);
    listen(this.#saving);
  }

  /** Asked before another tab's text replaces the one here; it may refuse, and then keeps both. */
  guard(exercise: string, mayReplace: (incoming: AnswerRecord) => boolean): void {
    this.#guards.set(exercise, mayReplace);
  }

  async #attempt(write: (store: Store) => Promise<void>): Promise<boolean> {
    if (!this.#store) {
      this.#setSaving(this.#saving); // still not saved: said again, for the editor that was just typed in
      return false;
    }
    try {
      await write(this.#store);
      this.#setSaving({ kind: "saved" });
      return true;
    } catch (error) {
      this.#setSaving({ kind: "unsaved", reason: reasonOf(error) });
      return false;
    }
  }

  async #hearOtherTab(message: unknown): Promise<void> {
    if (typeof message !== "object" || message === null || !("exercises" in message)) return;
    if (!Array.isArray(message.exercises) || !this.#store) return;
    for (const exercise of message.exercises) {
      if (typeof exercise !== "string") continue;
      const incoming = await this.#store.answer(exercise).catch(() => undefined);
      if (!incoming) continue;
      const sameText = incoming.text === this.get(exercise)?.text;
      const free = !this.#unsaved.has(exercise) && (this.#guards.get(exercise)?.(incoming) ?? true);
      if (!sameText && !free) continue;
      this.#records.set(exercise, incoming);
      this.#tell({ exercise, origin: "elsewhere" });
    }
  }

  #tell(change: Change): void {
    for (const listen of this.#changes) listen(change);
  }

  #setSaving(saving: Saving): void {
    this.#saving = saving;
    for (const listen of this.#savings) listen(saving);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof StorageRefused ? error.message : "the browser refused to store it";
}
