import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fill, runsOf } from "../src/sparse.ts";

const BLOCK = 65_536;

/** Ten blocks, in which these have something. */
function memoryWith(...blocks: readonly number[]): Uint8Array {
  const memory = new Uint8Array(10 * BLOCK);
  for (const block of blocks) memory.fill(block + 1, block * BLOCK + 7, (block + 1) * BLOCK - 9);
  return memory;
}

function bytesOf(memory: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(runsOf(memory).flatMap(([at, bytes]) => [...memory.subarray(at, at + bytes)]));
}

/** As a browser gives them: in pieces of any size. */
function stream(bytes: Uint8Array, piece: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (let at = 0; at < bytes.length; at += piece) controller.enqueue(bytes.subarray(at, at + piece));
      controller.close();
    },
  });
}

describe("a memory without what is empty", () => {
  it("keeps what lies side by side as one run", () => {
    assert.deepEqual(runsOf(memoryWith(1, 2, 9)), [[BLOCK, 2 * BLOCK], [9 * BLOCK, BLOCK]]);
    assert.deepEqual(runsOf(memoryWith()), []);
  });

  it("comes back as it was, whatever was in its place", async () => {
    for (const blocks of [[], [0], [9], [1, 2, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
      for (const piece of [1000, BLOCK, 3 * BLOCK + 1]) {
        const kept = memoryWith(...blocks);
        const memory = memoryWith(0, 5);
        await fill(memory, runsOf(kept), stream(bytesOf(kept), piece));
        assert.ok(Buffer.from(memory).equals(kept), `${blocks.join()} in pieces of ${piece}`);
      }
    }
  });

  it("is refused where bytes are missing, and where there are more", async () => {
    const kept = memoryWith(1, 2, 9);
    const bytes = bytesOf(kept);
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    for (const wrong of [new Uint8Array(), bytes.subarray(0, 2 * BLOCK), bytes.subarray(1), longer]) {
      await assert.rejects(fill(memoryWith(), runsOf(kept), stream(wrong, BLOCK)));
    }
  });
});
