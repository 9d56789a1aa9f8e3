// The learner's answers. Memory holds the truth for this page; IndexedDB follows within 300 ms of a keystroke.
// Where nothing can be stored the work goes on in memory, and whoever listens to `onSaving` says so.

import { Aside } from "./aside.ts";
import { Care } from "./care.ts";
import { Effort, sillOf } from "./effort.ts";
import { History } from "./history.ts";
import { LastWords } from "./last-words.ts";
import { Notes } from "./notes.ts";
import type { AnswerRecord, Answers, QuestionRecord, VersionRecord } from "./protocol.ts";
import { reconcile, type Reconciled } from "./reconcile.ts";
import { openStore, StorageRefused, type Along, type Draft, type Settled, type Store, type Stored } from "./store.ts";
import { unique } from "./unique.ts";

export type Status = "todo" | "failing" | "passed";

export type Saving =
  | { readonly kind: "untouched" }
  | { readonly kind: "saved" }
  | { readonly kind: "unsaved"; readonly reason: string };

/** What another tab did to an exercise that is open here too. */
export type News =
  /** It alone had changed the text, and that text is shown here now. */
  | { readonly kind: "taken"; readonly before: string }
  /** Both had changed it: the text here stays, and theirs is among the versions. */
  | { readonly kind: "both"; readonly base: string; readonly theirs: string };

export interface Change {
  readonly exercise: string;
  /** "elsewhere": another tab, or an import. Editors then show a text that they did not type. */
  readonly origin: "here" | "elsewhere";
  readonly news?: News;
}

export const SAVE_WITHIN = 300;

export function statusOf(record: AnswerRecord | undefined): Status {
  if (!record) return "todo";
  if (record.text === record.passed) return "passed";
  if (record.text === record.failed) return "failing";
  return "todo";
}

/** An answer that comes in, or the name of one that goes. */
export type Incoming = AnswerRecord | { readonly exercise: string };

export interface WorkspaceOptions {
  readonly book: string;
  readonly factory: IDBFactory | undefined;
  /** To the other tabs of this book. */
  readonly channel: BroadcastChannel | null;
  /** Where what is unsaved is put when the page is left; a page's `localStorage`. */
  readonly storage?: () => Storage;
  /** The module that an exercise belongs to, as far as it is known by now. */
  readonly moduleOf?: (exercise: string) => number | undefined;
}

/** What a write came to in the transaction, where another tab had written before. */
interface Settlement {
  readonly mine: AnswerRecord;
  readonly base: AnswerRecord | undefined;
  readonly theirs: AnswerRecord | undefined;
  readonly stored: Stored;
  readonly text: Reconciled["text"];
}

export class Workspace {
  readonly history: History;
  readonly care: Care;
  readonly notes: Notes;
  readonly aside: Aside;
  readonly effort: Effort;
  readonly #moduleOf: (exercise: string) => number | undefined;
  readonly #store: Store | null;
  readonly #channel: BroadcastChannel | null;
  readonly #tab = unique();
  readonly #records = new Map<string, AnswerRecord>();
  /** What this tab last saw in the database: what is stored differs from it only if another tab wrote. */
  readonly #bases = new Map<string, Stored>();
  readonly #questions = new Map<string, string>();
  readonly #unsaved = new Set<string>();
  /** Texts that were written in this tab and would be missed if another tab's came in their place. */
  readonly #writtenHere = new Set<string>();
  readonly #lastWords: LastWords;
  /** Put down while the page was being left, and not yet taken away: a key of `#lastWords`, or drafts in the database. */
  #putDown: string | null = null;
  readonly #drafts = new Set<string>();
  readonly #changes = new Set<(change: Change) => void>();
  readonly #savings = new Set<(saving: Saving) => void>();
  readonly #erasings = new Set<() => void>();
  #saving: Saving = { kind: "untouched" };
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One after the other: what a write has found is known here before the next one begins. */
  #queue: Promise<void> = Promise.resolve();

  private constructor(store: Store | null, { book, channel, moduleOf, storage = () => localStorage }: WorkspaceOptions) {
    this.#store = store;
    this.#channel = channel;
    this.#moduleOf = moduleOf ?? (() => undefined);
    this.history = new History(store);
    this.care = new Care(store);
    this.notes = new Notes(store, channel);
    this.aside = new Aside(this.notes);
    this.effort = new Effort(this.notes, sillOf(book, storage));
    this.#lastWords = new LastWords(book, storage);
    if (channel) channel.onmessage = ({ data }: MessageEvent<unknown>) => void this.#hearOtherTab(data);
  }

  static async open(options: WorkspaceOptions): Promise<Workspace> {
    let opened: Workspace | null = null;
    try {
      const store = await openStore(options.factory, options.book, () => {
        if (opened) opened.#toldOfErasing();
      });
      const workspace = (opened = new Workspace(store, options));
      for (const stored of await store.answers()) workspace.#take(stored);
      for (const { question, answer } of await store.questions()) workspace.#questions.set(question, answer);
      await Promise.all([workspace.care.load(), workspace.aside.load(), workspace.effort.load()]);
      await workspace.#takeDrafts(await store.drafts(), workspace.#lastWords.all());
      void workspace.effort.flush(); // what the page before had no time to store
      return workspace;
    } catch (error) {
      const workspace = new Workspace(null, { ...options, channel: null });
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

  /** The answers that passed. */
  passed(): Answers {
    const passed: Record<string, string> = {};
    for (const { exercise, passed: text } of this.all()) if (text !== null) passed[exercise] = text;
    return passed;
  }

  /**
   * What the learner's own tinytorch is made of: the answers that passed, without those of modules set aside. While
   * something is set aside, an answer that no known module has stays out: the book's code does no harm.
   */
  answers(): Answers {
    const passed = this.passed();
    if (this.aside.modules.length === 0) return passed;
    const takesPart = (exercise: string): boolean => {
      const module = this.#moduleOf(exercise);
      return module !== undefined && !this.aside.has(module);
    };
    return Object.fromEntries(Object.entries(passed).filter(([exercise]) => takesPart(exercise)));
  }

  write(record: AnswerRecord): void {
    this.#records.set(record.exercise, record);
    this.#unsaved.add(record.exercise);
    this.#writtenHere.add(record.exercise);
    // Not put off by further keystrokes: somebody who types without pause is saved too.
    this.#timer ??= setTimeout(() => void this.flush(), SAVE_WITHIN);
    this.#tell({ exercise: record.exercise, origin: "here" });
  }

  /**
   * Put what an import brings in place of what is here, or take away where there is no record: all of it in one
   * transaction, so that a page that dies in the middle has changed nothing. What was here is kept as versions, of which
   * `happened` says why. Resolves to the ids of the versions that came along.
   *
   * Throws StorageRefused where it cannot be stored; then nothing has changed.
   */
  async takeIn(incoming: readonly Incoming[], along: Along, happened = "import"): Promise<readonly number[]> {
    await this.flush();
    const store = this.#store;
    const before = new Map(this.#records);
    const brought = new Map(incoming.map((one) => [one.exercise, "text" in one ? { record: one, revision: unique() } : null]));
    const lost = (exercise: string, here: readonly (AnswerRecord | undefined)[]): VersionRecord[] =>
      missed(exercise, brought.get(exercise)?.record.text, here, happened);
    let ids: readonly number[] = [];
    await this.#inTurn(async () => {
      if (store) {
        ids = await this.#withRoom(() =>
          store.saveAnswers(
            [...brought.keys()],
            (exercise, stored) => ({
              stored: brought.get(exercise) ?? null,
              versions: lost(exercise, [stored?.record, before.get(exercise)]),
            }),
            [],
            along,
          ),
        );
        this.#setSaving({ kind: "saved" });
      } else {
        await this.history.add([...brought.keys()].flatMap((exercise) => lost(exercise, [before.get(exercise)])));
        ids = await this.history.add(along.versions);
        await this.history.remove(along.gone?.versions ?? []);
      }
      for (const [exercise, stored] of brought) {
        const now = this.#records.get(exercise);
        // Typed while it was being stored.
        if (now !== before.get(exercise)) for (const one of lost(exercise, [now])) void this.history.keep(one);
        if (stored) this.#take(stored);
        else this.#drop(exercise);
        this.#unsaved.delete(exercise);
      }
      for (const { question, answer } of along.questions) this.#questions.set(question, answer);
      for (const question of along.gone?.questions ?? []) this.#questions.delete(question);
      for (const exercise of brought.keys()) this.#tell({ exercise, origin: "elsewhere" });
      this.#channel?.postMessage({ exercises: [...brought.keys()] });
    });
    await this.history.stored(new Set([...brought.keys(), ...along.versions.map(({ exercise }) => exercise)]));
    return ids;
  }

  /** Write what is not yet on disk. What cannot be written is kept and tried again with the next keystroke. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#inTurn(() => this.#save());
  }

  /**
   * The page is being left, and may have no later turn in which to look at what is stored and then write: so what is
   * unsaved is put down unseen, in the database only where there is no other place. If the page lives on, the write that
   * follows takes the draft away again.
   */
  leave(): void {
    const drafts = [...this.#unsaved].flatMap((exercise): Draft[] => {
      const record = this.#records.get(exercise);
      return record ? [{ id: `${this.#tab}:${exercise}`, record, base: this.#bases.get(exercise)?.record ?? null }] : [];
    });
    if (drafts.length > 0) this.#putDownUnseen(drafts);
    void this.flush();
    this.effort.away();
  }

  #putDownUnseen(drafts: readonly Draft[]): void {
    if (!this.#store) return; // the next page will have none either, to put them in their place
    const key = this.#lastWords.put(drafts);
    if (key !== null) {
      this.#takeAway(this.#putDown);
      this.#putDown = key;
      return;
    }
    for (const { id } of drafts) this.#drafts.add(id);
    this.#store.putDrafts(drafts).catch(() => undefined);
  }

  /** Look at what is stored: a tab that slept may have missed what another one said. */
  async refresh(): Promise<void> {
    await this.aside.load();
    await this.#inTurn(async () => {
      const stored = (await this.#store?.answers().catch(() => undefined)) ?? null;
      if (!stored) return;
      const now = new Map(stored.map((one) => [one.record.exercise, one]));
      for (const exercise of new Set([...now.keys(), ...this.#bases.keys()])) this.#meet(exercise, now.get(exercise));
    });
  }

  question(name: string): string | undefined {
    return this.#questions.get(name);
  }

  questions(): QuestionRecord[] {
    return [...this.#questions].map(([question, answer]) => ({ question, answer }));
  }

  async answerQuestion(question: string, answer: string): Promise<void> {
    this.#questions.set(question, answer);
    await this.#attempt((store) => store.putQuestions([{ question, answer }]));
  }

  /**
   * Remove everything that is stored, whoever stored it. This page still shows what it had and has to be loaded anew;
   * the other tabs are told. `blocked` is called if one of them does not hear.
   */
  async erase(blocked: () => void): Promise<void> {
    clearTimeout(this.#timer);
    await this.#inTurn(async () => {
      this.#unsaved.clear();
      this.effort.drop();
      await this.#store?.erase(blocked);
    });
  }

  /** Calls `listen` when another tab has removed everything. */
  onErased(listen: () => void): void {
    this.#erasings.add(listen);
  }

  #toldOfErasing(): void {
    clearTimeout(this.#timer);
    // It would be put down again while the page is being left.
    this.#unsaved.clear();
    this.effort.drop();
    for (const listen of this.#erasings) listen();
  }

  onChange(listen: (change: Change) => void): void {
    this.#changes.add(listen);
  }

  onSaving(listen: (saving: Saving) => void): void {
    this.#savings.add(listen);
    listen(this.#saving);
  }

  /** One after the other, and one that fails stops none of those behind it. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #save(): Promise<void> {
    const exercises = [...this.#unsaved].filter((exercise) => this.#records.has(exercise));
    const [drafts, putDown] = [[...this.#drafts], this.#putDown];
    if (exercises.length === 0) {
      this.#takeAway(putDown);
      if (drafts.length > 0) await this.#store?.removeDrafts(drafts).then(() => this.#forgetDrafts(drafts), () => undefined);
      return;
    }
    const settlements: Settlement[] = [];
    const saved = await this.#attempt((store) => {
      settlements.length = 0;
      return store.saveAnswers(
        exercises,
        (exercise, stored) => {
          const [settlement, settled] = this.#settle(exercise, stored);
          settlements.push(settlement);
          return settled;
        },
        drafts,
      );
    });
    if (!saved) return;
    this.#forgetDrafts(drafts);
    this.#takeAway(putDown);
    for (const settlement of settlements) this.#settled(settlement);
    this.#channel?.postMessage({ exercises });
    // Typed meanwhile: the timer runs, or this is the first that is heard of it.
    if (this.#unsaved.size > 0) this.#timer ??= setTimeout(() => void this.flush(), SAVE_WITHIN);
  }

  /** Inside of the transaction: what is here against what is stored. */
  #settle(exercise: string, theirs: Stored | undefined): [Settlement, Settled] {
    const mine = this.#records.get(exercise);
    if (!mine) throw new Error(`${exercise} is gone`);
    const base = this.#bases.get(exercise);
    const revision = unique();
    if (!theirs || theirs.revision === base?.revision) {
      const stored = { record: mine, revision };
      return [{ mine, base: base?.record, theirs: undefined, stored, text: "mine" }, { stored, versions: [] }];
    }
    const { record, text, passed } = reconcile(base?.record, mine, theirs.record);
    const stored = { record, revision };
    const saved = new Date().toISOString();
    const versions: VersionRecord[] = passed.map((lost) => ({ exercise, text: lost, happened: "checked", outcome: "passed", saved }));
    if (text === "both") versions.push({ exercise, text: theirs.record.text, happened: "other", outcome: null, saved });
    return [{ mine, base: base?.record, theirs: theirs.record, stored, text }, { stored, versions }];
  }

  /** After the transaction: what was stored becomes what is here, with what was typed meanwhile on top. */
  #settled({ mine, base, theirs, stored, text }: Settlement): void {
    const { exercise } = mine;
    const now = this.#records.get(exercise);
    this.#bases.set(exercise, stored);
    if (!now) return;
    if (now === mine) {
      this.#records.set(exercise, stored.record);
      this.#unsaved.delete(exercise);
    }
    if (!theirs) return;
    const both = { kind: "both", base: base?.text ?? theirs.stub, theirs: theirs.text } as const;
    if (now !== mine) {
      const met = reconcile(mine, now, stored.record);
      this.#records.set(exercise, met.record);
      // Their text was stored as the answer, and what was typed meanwhile is about to take its place.
      if (text === "theirs" && met.text === "both") {
        void this.history.keep({ exercise, text: theirs.text, happened: "other" });
        this.#tell({ exercise, origin: "here", news: both });
        return;
      }
    }
    if (text === "both") {
      this.#tell({ exercise, origin: "here", news: both });
    } else if (this.#records.get(exercise)?.text === now.text) {
      this.#tell({ exercise, origin: "here" });
    } else {
      this.#taken(now);
    }
  }

  /** Another tab's text has taken the place of `before`, which is kept where it was written in this tab. */
  #taken(before: AnswerRecord): void {
    const { exercise, text, stub } = before;
    if (this.#writtenHere.delete(exercise) && text !== stub) void this.history.keep({ exercise, text, happened: "tab" });
    this.#tell({ exercise, origin: "elsewhere", news: { kind: "taken", before: text } });
  }

  /** What another tab stored, as this one learns of it. */
  #meet(exercise: string, stored: Stored | undefined): void {
    const base = this.#bases.get(exercise);
    if (stored?.revision === base?.revision && (stored !== undefined) === (base !== undefined)) return;
    // What is unsaved here meets what is stored when it is written, in one transaction.
    if (this.#unsaved.has(exercise)) {
      this.#timer ??= setTimeout(() => void this.flush(), SAVE_WITHIN);
      return;
    }
    const before = this.#records.get(exercise);
    if (stored) {
      this.#take(stored);
    } else {
      this.#drop(exercise);
    }
    if (!before) {
      this.#tell({ exercise, origin: "elsewhere", news: { kind: "taken", before: stored?.record.stub ?? "" } });
    } else if (stored?.record.text === before.text) {
      this.#tell({ exercise, origin: "here" });
    } else {
      this.#taken(before);
    }
  }

  #take(stored: Stored): void {
    this.#records.set(stored.record.exercise, stored.record);
    this.#bases.set(stored.record.exercise, stored);
  }

  #drop(exercise: string): void {
    this.#records.delete(exercise);
    this.#bases.delete(exercise);
  }

  /** What pages wrote down in the moment of being left meets what is stored like another tab's text. */
  async #takeDrafts(inDatabase: readonly Draft[], lastWords: ReadonlyMap<string, readonly Draft[]>): Promise<void> {
    const drafts = [...inDatabase, ...[...lastWords.values()].flat()];
    if (drafts.length === 0) return;
    const settle = (exercise: string, stored: Stored | undefined): Settled => {
      const versions: VersionRecord[] = [];
      let record = stored?.record;
      for (const draft of drafts.filter((one) => one.record.exercise === exercise)) {
        if (!record) {
          record = draft.record;
          continue;
        }
        // Of two texts the later one stays: the draft may be of a page that was left long ago.
        const [mine, theirs] = draft.record.updated >= record.updated ? [draft.record, record] : [record, draft.record];
        const met = reconcile(draft.base ?? undefined, mine, theirs);
        const saved = new Date().toISOString();
        if (met.text === "both") versions.push({ exercise, text: theirs.text, happened: "other", outcome: null, saved });
        for (const text of met.passed) versions.push({ exercise, text, happened: "checked", outcome: "passed", saved });
        record = met.record;
      }
      if (!record) throw new Error(`${exercise} has no draft`);
      const settled = { record, revision: unique() };
      this.#take(settled);
      return { stored: settled, versions };
    };
    const exercises = [...new Set(drafts.map(({ record }) => record.exercise))];
    const taken = await this.#attempt((store) =>
      store.saveAnswers(
        exercises,
        settle,
        drafts.map(({ id }) => id),
      ),
    );
    if (!taken) return;
    this.#lastWords.remove(lastWords.keys());
    this.#channel?.postMessage({ exercises });
  }

  #takeAway(putDown: string | null): void {
    if (putDown === null) return;
    this.#lastWords.remove([putDown]);
    if (this.#putDown === putDown) this.#putDown = null;
  }

  #forgetDrafts(ids: readonly string[]): void {
    for (const id of ids) this.#drafts.delete(id);
  }

  /** Where there is no more room, versions make some: the answers come first. */
  async #attempt(write: (store: Store) => Promise<unknown>): Promise<boolean> {
    const store = this.#store;
    if (!store) {
      this.#setSaving(this.#saving); // still not saved: said again, for the editor that was just typed in
      return false;
    }
    try {
      await this.#withRoom(() => write(store));
      this.#setSaving({ kind: "saved" });
      return true;
    } catch (error) {
      this.#setSaving({ kind: "unsaved", reason: reasonOf(error) });
      return false;
    }
  }

  async #withRoom<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (error instanceof StorageRefused && error.full && (await this.history.makeRoom())) continue;
        throw error;
      }
    }
  }

  async #hearOtherTab(message: unknown): Promise<void> {
    if (typeof message !== "object" || message === null) return;
    if ("note" in message && typeof message.note === "string") this.notes.changed(message.note);
    if (!("exercises" in message) || !Array.isArray(message.exercises)) return;
    const exercises = message.exercises.filter((exercise) => typeof exercise === "string");
    await this.#inTurn(async () => {
      for (const exercise of exercises) {
        const stored = await this.#store?.answer(exercise).then((found) => ({ found }), () => null);
        if (stored) this.#meet(exercise, stored.found);
      }
    });
  }

  #tell(change: Change): void {
    for (const listen of this.#changes) listen(change);
  }

  #setSaving(saving: Saving): void {
    this.#saving = saving;
    for (const listen of this.#savings) listen(saving);
  }
}

/** Of these texts, those that `next` takes the place of: each once, and none that nobody has written on. */
function missed(exercise: string, next: string | undefined, here: readonly (AnswerRecord | undefined)[], happened: string): VersionRecord[] {
  const saved = new Date().toISOString();
  const texts = new Set(here.flatMap((one) => (one && one.text !== one.stub && one.text !== next ? [one.text] : [])));
  return [...texts].map((text) => ({ exercise, text, happened, outcome: null, saved }));
}

function reasonOf(error: unknown): string {
  return error instanceof StorageRefused ? error.message : "the browser refused to store it";
}
