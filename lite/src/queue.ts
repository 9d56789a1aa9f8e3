// What waits for the worker: the learner's requests as they came, and after them what the page wishes for itself.

export interface Waiting {
  readonly key: string;
  readonly background?: boolean;
}

export class Queue<T extends Waiting> {
  #waiting: T[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(one: T): void {
    this.#waiting.push(one);
  }

  /** Back to the head of its kind: it had its turn already and could not use it. */
  putBack(one: T): void {
    this.#waiting.unshift(one);
  }

  next(): T | undefined {
    const one = this.#waiting.find(({ background }) => !background) ?? this.#waiting[0];
    if (one) this.remove(one);
    return one;
  }

  /** Takes `one` out; false if it does not wait here. */
  remove(one: T): boolean {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== one);
    return this.#waiting.length < before;
  }

  having(key: string): readonly T[] {
    return this.#waiting.filter((waiting) => waiting.key === key);
  }

  some(test: (one: T) => boolean): boolean {
    return this.#waiting.some(test);
  }

  empty(): readonly T[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}
