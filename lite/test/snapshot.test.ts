import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pack, snapshotName, unpack } from "../src/snapshot.ts";

const FILES = new Map([
  ["/lib/wheels/a.whl", Uint8Array.of(1, 2, 3)],
  ["empty.py", new Uint8Array()],
  ["straße.py", Uint8Array.of(4)],
]);
const NONE = { head: [], memory: 0, runs: [], libraries: [], functions: 0 };

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

describe("the files of a snapshot", () => {
  it("come out as they went in", () => {
    const links = { head: [1, 2], memory: 65536, runs: [[0, 65536] as const], libraries: [["a.so", 4096] as const], functions: 8 };
    assert.deepEqual(unpack(joined(pack({ files: FILES, links })).buffer), { files: FILES, links });
    const nothing = { files: new Map(), links: NONE };
    assert.deepEqual(unpack(joined(pack(nothing)).buffer), nothing);
  });

  it("are refused when their end is missing, or when something was put after it", () => {
    const packed = joined(pack({ files: FILES, links: NONE }));
    for (const length of [0, 3, 10, packed.length - 1]) {
      assert.throws(() => unpack(packed.slice(0, length).buffer), `${length} bytes`);
    }
    const longer = new Uint8Array(packed.length + 1);
    longer.set(packed);
    assert.throws(() => unpack(longer.buffer));
  });
});

describe("a snapshot", () => {
  it("is another one for another build, and for another worker", () => {
    const names = [
      snapshotName("https://a.org/", "https://a.org/runtime/1/", "x"),
      snapshotName("https://a.org/", "https://a.org/runtime/2/", "x"),
      snapshotName("https://a.org/", "https://a.org/runtime/1/", "y"),
    ];
    assert.equal(new Set(names).size, 3);
  });
});
