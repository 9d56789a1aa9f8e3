// IndexedDB as promises. Every answer carries a revision, so that a tab can tell that another one has written.

import { answerRecord, questionRecord, versionRecord, type AnswerRecord, type QuestionRecord, type VersionRecord } from "./protocol.ts";
import { Malformed, nullable, fields, number, text, type Parser } from "./parse.ts";
import type { Version } from "./versions.ts";

/** An answer as it is stored; the revision changes with every write, and is "" where a page of version 1 wrote. */
export interface Stored {
  readonly record: AnswerRecord;
  readonly revision: string;
}

/** What is to be stored, or null where the answer is to go, and the texts that would be lost by it. */
export interface Settled {
  readonly stored: Stored | null;
  readonly versions: readonly VersionRecord[];
}

/** Written in haste by a page that is being left, without a look at what is stored; the next page puts it in its place. */
export interface Draft {
  readonly id: string;
  readonly record: AnswerRecord;
  readonly base: AnswerRecord | null;
}

/** What comes in together with answers, and what goes: versions by their ids, replies by their questions. */
export interface Along {
  readonly versions: readonly VersionRecord[];
  readonly questions: readonly QuestionRecord[];
  readonly gone?: { readonly versions: readonly number[]; readonly questions: readonly string[] };
}

export interface Store {
  answers(): Promise<readonly Stored[]>;
  answer(exercise: string): Promise<Stored | undefined>;
  /**
   * One transaction: `settle` is given what is stored at that moment, and says what is to be. What comes and goes along
   * is in it, too: all of it happens or nothing. Resolves to the ids of the versions that came along.
   */
  saveAnswers(
    exercises: readonly string[],
    settle: (exercise: string, stored: Stored | undefined) => Settled,
    drafts: readonly string[],
    along?: Along,
  ): Promise<readonly number[]>;
  drafts(): Promise<readonly Draft[]>;
  putDrafts(drafts: readonly Draft[]): Promise<void>;
  removeDrafts(ids: readonly string[]): Promise<void>;
  questions(): Promise<readonly QuestionRecord[]>;
  putQuestions(records: readonly QuestionRecord[]): Promise<void>;
  versions(exercise?: string): Promise<readonly Version[]>;
  addVersions(versions: readonly VersionRecord[]): Promise<readonly number[]>;
  removeVersions(ids: readonly number[]): Promise<void>;
  note(key: string): Promise<unknown>;
  putNote(key: string, value: unknown): Promise<void>;
  /** One transaction: `change` is given what is noted at that moment. */
  changeNote(key: string, change: (value: unknown) => unknown): Promise<void>;
  /** Remove the database. `blocked` is called if another page holds it, which it is removed from once that page ends. */
  erase(blocked: () => void): Promise<void>;
}

/** Why nothing can be stored, in words for the learner. */
export class StorageRefused extends Error {
  override readonly name = "StorageRefused";
  /** There is no more room: some can be made. */
  readonly full: boolean;

  constructor(reason: string, full = false) {
    super(reason);
    this.full = full;
  }
}

const VERSION = 2;
const PATIENCE = 5_000;

export const draft = fields<Draft>({ id: text, record: answerRecord, base: nullable(answerRecord) });
const numbered = fields<{ readonly id: number }>({ id: number });
const version: Parser<Version> = (value, where) => ({ ...versionRecord(value, where), ...numbered(value, where) });

const stored: Parser<Stored> = (value, where) => {
  const revision = typeof value === "object" && value !== null && "revision" in value ? value.revision : "";
  return { record: answerRecord(value, where), revision: typeof revision === "string" ? revision : "" };
};

type StoreName = "answers" | "questions" | "versions" | "drafts" | "notes";
type Objects = (name: StoreName) => IDBObjectStore;

/** Calls `onErased` when another page removes the database. */
export async function openStore(factory: IDBFactory | undefined, name: string, onErased?: () => void): Promise<Store> {
  if (!factory) throw new StorageRefused("this browser offers no storage here");
  const database = await openDatabase(factory, name, onErased);

  /** Runs `use` in one transaction; resolves once it is committed, rejects with words once it has failed. */
  async function transact(
    stores: readonly StoreName[],
    mode: IDBTransactionMode,
    use: (objects: Objects, attempt: (work: () => void) => void, commit: () => void) => void,
  ): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        const transaction = database.transaction([...stores], mode);
        const attempt = (work: () => void): void => {
          try {
            work();
          } catch (error) {
            reject(error instanceof Error || error instanceof DOMException ? error : new Error(String(error)));
            if (transaction.error === null) abort(transaction);
          }
        };
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
        transaction.onerror = () => reject(transaction.error ?? new Error("failed"));
        attempt(() => use((name) => transaction.objectStore(name), attempt, () => transaction.commit()));
      });
    } catch (error) {
      throw new StorageRefused(why(error), nameOf(error) === "QuotaExceededError");
    }
  }

  async function read(store: StoreName, ask: (objects: IDBObjectStore) => IDBRequest): Promise<unknown> {
    let request: IDBRequest | undefined;
    await transact([store], "readonly", (objects) => {
      request = ask(objects(store));
    });
    return request?.result;
  }

  const readAll = async <T>(store: StoreName, parser: Parser<T>): Promise<T[]> =>
    valid(parser, (await read(store, (all) => all.getAll())) as unknown[]);

  /** Left to itself a transaction commits one turn later, and a page that is being closed has no later. */
  const change = (store: StoreName, use: (objects: IDBObjectStore) => void): Promise<void> =>
    transact([store], "readwrite", (objects, _, commit) => {
      use(objects(store));
      commit();
    });

  return {
    answers: () => readAll("answers", stored),
    answer: async (exercise) => valid(stored, [await read("answers", (all) => all.get(exercise))])[0],
    saveAnswers: async (exercises, settle, drafts, along) => {
      const added: IDBRequest<IDBValidKey>[] = [];
      await transact(["answers", "versions", "drafts", "questions"], "readwrite", (objects, attempt, commit) => {
        const answers = objects("answers");
        for (const one of along?.versions ?? []) added.push(objects("versions").add(one));
        for (const one of along?.questions ?? []) objects("questions").put(one);
        for (const id of along?.gone?.versions ?? []) objects("versions").delete(id);
        for (const question of along?.gone?.questions ?? []) objects("questions").delete(question);
        if (exercises.length === 0) commit();
        let waiting = exercises.length;
        for (const exercise of exercises) {
          const asked: IDBRequest<unknown> = answers.get(exercise);
          asked.onsuccess = () =>
            attempt(() => {
              const { stored: next, versions } = settle(exercise, valid(stored, [asked.result])[0]);
              if (next) answers.put({ ...next.record, revision: next.revision });
              else answers.delete(exercise);
              for (const one of versions) objects("versions").add(one);
              waiting -= 1;
              if (waiting > 0) return;
              for (const id of drafts) objects("drafts").delete(id);
              commit();
            });
        }
      });
      return added.map(({ result }) => Number(result));
    },
    drafts: () => readAll("drafts", draft),
    putDrafts: (drafts) => change("drafts", (all) => drafts.forEach((one) => all.put(one))),
    removeDrafts: (ids) => change("drafts", (all) => ids.forEach((id) => all.delete(id))),
    questions: () => readAll("questions", questionRecord),
    putQuestions: (records) => change("questions", (all) => records.forEach((record) => all.put(record))),
    versions: async (exercise) =>
      valid(
        version,
        (await read("versions", (all) => (exercise === undefined ? all.getAll() : all.index("exercise").getAll(exercise)))) as unknown[],
      ),
    addVersions: async (versions) => {
      const asked: IDBRequest<IDBValidKey>[] = [];
      await change("versions", (all) => versions.forEach((one) => asked.push(all.add(one))));
      return asked.map(({ result }) => Number(result));
    },
    removeVersions: (ids) => change("versions", (all) => ids.forEach((id) => all.delete(id))),
    note: async (key) => valueOf(await read("notes", (all) => all.get(key))),
    putNote: (key, value) => change("notes", (all) => all.put({ key, value })),
    changeNote: (key, change) =>
      transact(["notes"], "readwrite", (objects, attempt, commit) => {
        const asked: IDBRequest<unknown> = objects("notes").get(key);
        asked.onsuccess = () =>
          attempt(() => {
            objects("notes").put({ key, value: change(valueOf(asked.result)) });
            commit();
          });
      }),
    erase: (blocked) => {
      database.close();
      return eraseDatabase(factory, name, blocked);
    },
  };
}

/** From any older version to this one. Nothing is ever taken away: what is there stays where it is. */
function upgrade(database: IDBDatabase, from: number): void {
  if (from < 1) {
    database.createObjectStore("answers", { keyPath: "exercise" });
    database.createObjectStore("questions", { keyPath: "question" });
  }
  if (from < 2) {
    database.createObjectStore("versions", { keyPath: "id", autoIncrement: true }).createIndex("exercise", "exercise");
    database.createObjectStore("drafts", { keyPath: "id" });
    database.createObjectStore("notes", { keyPath: "key" });
  }
}

/** Other pages of this book make way, for they close what they hold when they are told. */
export function eraseDatabase(factory: IDBFactory, name: string, blocked: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => reject(new StorageRefused(why(error)));
    try {
      const request = factory.deleteDatabase(name);
      request.onsuccess = () => resolve();
      request.onerror = () => refuse(request.error);
      request.onblocked = blocked;
    } catch (error) {
      refuse(error);
    }
  });
}

function openDatabase(factory: IDBFactory, name: string, onErased?: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    // Some browsers, in some private modes, never answer at all.
    const timer = setTimeout(() => reject(new StorageRefused("the browser's storage does not answer")), PATIENCE);
    const refuse = (error: unknown): void => {
      clearTimeout(timer);
      reject(new StorageRefused(why(error), nameOf(error) === "QuotaExceededError"));
    };
    try {
      const request = factory.open(name, VERSION);
      request.onupgradeneeded = ({ oldVersion }) => upgrade(request.result, oldVersion);
      request.onsuccess = () => {
        clearTimeout(timer);
        // A newer page in another tab may change the database's form, or remove it: make way, or it waits for ever.
        request.result.onversionchange = ({ newVersion }) => {
          request.result.close();
          if (newVersion === null) onErased?.();
        };
        resolve(request.result);
      };
      request.onerror = () => refuse(request.error);
      request.onblocked = () => refuse(new Error("another tab with an older page is in the way"));
    } catch (error) {
      refuse(error);
    }
  });
}

function valueOf(note: unknown): unknown {
  return typeof note === "object" && note !== null && "value" in note ? note.value : undefined;
}

/** What does not parse stays in the database untouched: a newer page may understand it. */
function valid<T>(parser: Parser<T>, values: readonly unknown[]): T[] {
  return values.flatMap((value) => {
    try {
      return [parser(value, "stored")];
    } catch (error) {
      if (error instanceof Malformed) return [];
      throw error;
    }
  });
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

const nameOf = (error: unknown): string => (error instanceof Error || error instanceof DOMException ? error.name : "");

function why(error: unknown): string {
  switch (nameOf(error)) {
    case "QuotaExceededError":
      return "the browser's storage for this site is full";
    case "SecurityError":
      return "the browser does not let this site store anything";
    case "InvalidStateError":
      return "the browser has closed the storage; reload the page";
    case "VersionError":
      return "a newer page of this book has been open here; reload this one";
    default:
      return error instanceof Error && error.message ? error.message : "the browser refused to store it";
  }
}
