// What the page remembers beside the answers: small values, each under its key. They are the reader's alone, and
// no export has them. Where nothing can be stored they last as long as the page.

import type { Store } from "./store.ts";

export class Notes {
  readonly #store: Store | null;
  readonly #channel: BroadcastChannel | null;
  /** What could not be stored. */
  readonly #here = new Map<string, unknown>();
  readonly #listeners = new Set<(key: string) => void>();

  constructor(store: Store | null, channel: BroadcastChannel | null) {
    this.#store = store;
    this.#channel = channel;
  }

  /** Calls `listen` with the key of a note that changed, here or in another tab. */
  onChange(listen: (key: string) => void): void {
    this.#listeners.add(listen);
  }

  async read(key: string): Promise<unknown> {
    if (this.#here.has(key)) return this.#here.get(key);
    return this.#store?.note(key).catch(() => undefined);
  }

  /** One transaction, so that of two tabs that change the same note neither undoes the other's change. */
  async change(key: string, change: (value: unknown) => unknown): Promise<void> {
    try {
      if (!this.#store) throw new Error("there is no storage");
      await this.#store.changeNote(key, (stored) => change(this.#here.has(key) ? this.#here.get(key) : stored));
      this.#here.delete(key);
    } catch {
      this.#here.set(key, change(await this.read(key)));
    }
    this.#channel?.postMessage({ note: key });
    this.changed(key);
  }

  /** Another tab says so, or this tab slept and may have missed it. */
  changed(key: string): void {
    for (const listen of this.#listeners) listen(key);
  }
}
