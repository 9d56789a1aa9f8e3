import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { packSnapshot, snapshotName, unpackSnapshot, type Snapshot } from "../src/snapshot.ts";

const BLOCK = 65_536;

function sample(): Snapshot {
  const memory = new Uint8Array(3 * BLOCK + 100);
  memory[5] = 1;
  memory[3 * BLOCK + 99] = 7; // in the last block, which is not a whole one
  return { memory, files: new Map([["/lib/wheels/a.whl", Uint8Array.of(1, 2)], ["empty.py", new Uint8Array()]]) };
}

describe("a snapshot", () => {
  it("comes out as it went in", () => {
    const { memory, files } = unpackSnapshot(packSnapshot(sample()).buffer);
    assert.deepEqual(memory, sample().memory);
    assert.deepEqual(files, sample().files);
  });

  it("keeps no empty memory", () => {
    const packed = packSnapshot(sample());
    assert.ok(packed.length < BLOCK + 100 + 300, String(packed.length));
  });

  it("is refused when its end is missing, or when something was put after it", () => {
    const packed = packSnapshot(sample());
    for (const length of [0, 3, 50, packed.length - 1]) {
      assert.throws(() => unpackSnapshot(packed.slice(0, length).buffer), `${length} bytes`);
    }
    const longer = new Uint8Array(packed.length + 1);
    longer.set(packed);
    assert.throws(() => unpackSnapshot(longer.buffer));
  });

  it("is another one for another build, and for another worker", () => {
    const names = [
      snapshotName("https://a.org/", "https://a.org/runtime/1/", "x"),
      snapshotName("https://a.org/", "https://a.org/runtime/2/", "x"),
      snapshotName("https://a.org/", "https://a.org/runtime/1/", "y"),
    ];
    assert.equal(new Set(names).size, 3);
  });
});
