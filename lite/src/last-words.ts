// What a page that is being left has not stored yet. It goes into localStorage, which takes it in one stroke: a
// transaction that is begun in that moment is now and then dropped with the page, though it was committed at once.

import { keysFrom } from "./local-keys.ts";
import { list, parseJson } from "./parse.ts";
import { draft, type Draft } from "./store.ts";
import { unique } from "./unique.ts";

const drafts = list(draft);

export class LastWords {
  readonly #prefix: string;
  readonly #storage: () => Storage;

  /** To look at `localStorage` is enough to be thrown at where storage is forbidden. */
  constructor(book: string, storage: () => Storage) {
    this.#prefix = `${book}:draft:`;
    this.#storage = storage;
  }

  /** Returns the key under which they are, which no page has used before, or null where nothing can be put. */
  put(words: readonly Draft[]): string | null {
    const key = this.#prefix + unique();
    try {
      this.#storage().setItem(key, JSON.stringify(words));
      return key;
    } catch {
      return null;
    }
  }

  /** By their keys, whichever page put them there. What does not parse is left alone: a newer page may understand it. */
  all(): Map<string, readonly Draft[]> {
    const found = new Map<string, readonly Draft[]>();
    try {
      const storage = this.#storage();
      for (const key of keysFrom(storage, this.#prefix)) {
        try {
          found.set(key, parseJson(drafts, storage.getItem(key) ?? "", key));
        } catch {
          continue;
        }
      }
    } catch {
      // Nothing can be kept there.
    }
    return found;
  }

  remove(keys: Iterable<string>): void {
    try {
      for (const key of keys) this.#storage().removeItem(key);
    } catch {
      // Nothing can be kept there.
    }
  }
}
