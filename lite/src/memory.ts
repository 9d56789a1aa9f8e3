// A tab of a small computer dies long before WebAssembly's own limit of 4 GB. Python turns a refused
// allocation into a MemoryError, which the learner can read; a dead tab explains nothing.

const PAGE = 65_536;

export function capMemory(limit: number): void {
  const prototype = WebAssembly.Memory.prototype;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the memory below
  const grow = prototype.grow;
  prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE > limit) throw new RangeError("memory is capped");
    return grow.call(this, pages);
  };
}
