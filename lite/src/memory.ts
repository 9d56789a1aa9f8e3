// A tab of a small computer dies long before WebAssembly's own limit of 4 GB. Python turns a refused
// allocation into a MemoryError, which the learner can read; a dead tab explains nothing.

const PAGE = 65_536;

export class MemoryCap {
  readonly #limit: number;
  #size = 0;
  #refused = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** From now on no memory of this worker grows beyond the limit. */
  enforce(): void {
    const prototype = WebAssembly.Memory.prototype;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the memory below
    const grow = prototype.grow;
    const allows = (size: number): boolean => this.#allows(size);
    prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
      if (!allows(this.buffer.byteLength + pages * PAGE)) throw new RangeError("memory is capped");
      return grow.call(this, pages);
    };
  }

  /** More than half is taken. Memory of WebAssembly never shrinks: the next run might not have enough. */
  get spent(): boolean {
    return this.#size > this.#limit / 2;
  }

  /** Whether more was asked for than there is, since this was last forgotten. */
  get refused(): boolean {
    return this.#refused;
  }

  forget(): void {
    this.#refused = false;
  }

  #allows(size: number): boolean {
    if (size > this.#limit) this.#refused = true;
    else this.#size = Math.max(this.#size, size);
    return size <= this.#limit;
  }
}
