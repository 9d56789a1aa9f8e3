// IndexedDB as promises: one object store for answers, one for replies to questions.

import { answerRecord, type AnswerRecord } from "./protocol.ts";
import { fields, Malformed, text, type Parser } from "./parse.ts";

export interface QuestionRecord {
  readonly question: string;
  readonly answer: string;
}

export interface Store {
  answers(): Promise<readonly AnswerRecord[]>;
  answer(exercise: string): Promise<AnswerRecord | undefined>;
  putAnswers(records: readonly AnswerRecord[]): Promise<void>;
  removeAnswers(exercises: readonly string[]): Promise<void>;
  questions(): Promise<readonly QuestionRecord[]>;
  putQuestion(record: QuestionRecord): Promise<void>;
}

/** Why nothing can be stored, in words for the learner. */
export class StorageRefused extends Error {
  override readonly name = "StorageRefused";
}

const VERSION = 1;
const PATIENCE = 5_000;

const questionRecord = fields<QuestionRecord>({ question: text, answer: text });

export async function openStore(factory: IDBFactory | undefined, name: string): Promise<Store> {
  if (!factory) throw new StorageRefused("this browser offers no storage here");
  const database = await openDatabase(factory, name);

  async function transact<T>(
    store: "answers" | "questions",
    mode: IDBTransactionMode,
    use: (objects: IDBObjectStore) => IDBRequest<T> | null,
  ): Promise<T | undefined> {
    try {
      return await new Promise<T | undefined>((resolve, reject) => {
        const transaction = database.transaction(store, mode);
        const request = use(transaction.objectStore(store));
        // Left to itself a transaction commits one turn later, and a page that is being closed has no later.
        if (mode === "readwrite") transaction.commit();
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
        transaction.onerror = () => reject(transaction.error ?? new Error("failed"));
      });
    } catch (error) {
      throw new StorageRefused(why(error));
    }
  }

  return {
    answers: async () => valid(answerRecord, (await transact<unknown[]>("answers", "readonly", (all) => all.getAll())) ?? []),
    answer: async (exercise) =>
      valid(answerRecord, [await transact<unknown>("answers", "readonly", (all) => all.get(exercise))])[0],
    putAnswers: async (records) => {
      await transact("answers", "readwrite", (all) => {
        for (const record of records) all.put(record);
        return null;
      });
    },
    removeAnswers: async (exercises) => {
      await transact("answers", "readwrite", (all) => {
        for (const exercise of exercises) all.delete(exercise);
        return null;
      });
    },
    questions: async () =>
      valid(questionRecord, (await transact<unknown[]>("questions", "readonly", (all) => all.getAll())) ?? []),
    putQuestion: async (record) => {
      await transact("questions", "readwrite", (all) => all.put(record));
    },
  };
}

function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    // Some browsers, in some private modes, never answer at all.
    const timer = setTimeout(() => reject(new StorageRefused("the browser's storage does not answer")), PATIENCE);
    const refuse = (error: unknown): void => {
      clearTimeout(timer);
      reject(new StorageRefused(why(error)));
    };
    try {
      const request = factory.open(name, VERSION);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("answers", { keyPath: "exercise" });
        request.result.createObjectStore("questions", { keyPath: "question" });
      };
      request.onsuccess = () => {
        clearTimeout(timer);
        // A newer page in another tab may change the database's form: make way, or it waits for ever.
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => refuse(request.error);
      request.onblocked = () => refuse(new Error("another tab with an older page is in the way"));
    } catch (error) {
      refuse(error);
    }
  });
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

function why(error: unknown): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "QuotaExceededError":
      return "the browser's storage for this site is full";
    case "SecurityError":
      return "the browser does not let this site store anything";
    case "InvalidStateError":
      return "the browser has closed the storage; reload the page";
    default:
      return error instanceof Error && error.message ? error.message : "the browser refused to store it";
  }
}
