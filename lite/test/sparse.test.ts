import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fill, piecesOf, runsOf } from "../src/sparse.ts";

const BLOCK = 65_536;

/** Forty blocks, in which these have something. */
function memoryWith(...blocks: readonly number[]): Uint8Array {
  const memory = new Uint8Array(40 * BLOCK);
  for (const block of blocks) memory.fill(block + 1, block * BLOCK + 7, (block + 1) * BLOCK - 9);
  return memory;
}

function bytesOf(memory: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([...piecesOf(memory, runsOf(memory))]));
}

/** As a browser gives them: in pieces of any size, and if it can, into a buffer of the reader's. */
function streams(bytes: Uint8Array<ArrayBuffer>, piece: number): ReadableStream<Uint8Array<ArrayBuffer>>[] {
  const start = (controller: ReadableStreamController<Uint8Array<ArrayBuffer>>): void => {
    for (let at = 0; at < bytes.length; at += piece) controller.enqueue(bytes.slice(at, at + piece));
    controller.close();
  };
  return [new ReadableStream({ start }), new ReadableStream({ type: "bytes", start })];
}

describe("a memory without what is empty", () => {
  it("keeps what lies side by side as one run", () => {
    assert.deepEqual(runsOf(memoryWith(1, 2, 9)), [[BLOCK, 2 * BLOCK], [9 * BLOCK, BLOCK]]);
    assert.deepEqual(runsOf(memoryWith()), []);
  });

  it("is kept in pieces, of which none is large", () => {
    const memory = memoryWith(...Array(20).keys());
    assert.deepEqual([...piecesOf(memory, runsOf(memory))].map(({ length }) => length / BLOCK), [16, 4]);
  });

  it("comes back as it was, whatever was in its place", async () => {
    for (const blocks of [[], [0], [9], [1, 2, 9], [...Array(40).keys()]]) {
      for (const piece of [1000, BLOCK, 3 * BLOCK + 1]) {
        const kept = memoryWith(...blocks);
        for (const bytes of streams(bytesOf(kept), piece)) {
          const memory = memoryWith(0, 5);
          await fill(memory, runsOf(kept), bytes);
          assert.ok(Buffer.from(memory).equals(kept), `${blocks.join()} in pieces of ${piece}`);
        }
      }
    }
  });

  it("is refused where bytes are missing, and where there are more", async () => {
    const kept = memoryWith(1, 2, 9);
    const bytes = bytesOf(kept);
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    for (const wrong of [new Uint8Array(), bytes.subarray(0, 2 * BLOCK), bytes.subarray(1), longer]) {
      for (const stream of streams(wrong, BLOCK)) await assert.rejects(fill(memoryWith(), runsOf(kept), stream));
    }
  });
});
