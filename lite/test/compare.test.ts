import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { difference, merged } from "../src/compare.ts";

const STUB = "def f(x):\n    # Your code here\n    raise NotImplementedError\n";

describe("a difference", () => {
  test("goes line by line, whatever the line ends", () => {
    assert.deepEqual(difference("a\r\nb\r\nc\r\n", "a\nB\nc"), [
      { kind: "same", text: "a" },
      { kind: "removed", text: "b" },
      { kind: "added", text: "B" },
      { kind: "same", text: "c" },
    ]);
  });

  test("of two hostile texts takes no time: they are too long", () => {
    assert.equal(difference("\n".repeat(100_000), "\n".repeat(99_999)), null);
    assert.equal(merged("\n".repeat(100_000), "a", "b"), null);
  });

  test("of the longest texts that are compared is there at once", () => {
    assert.equal(difference("\n".repeat(450), "x\n".repeat(450))?.length, 900);
    assert.equal(difference("\n".repeat(450), `${"\n".repeat(400)}x`)?.length, 451);
  });
});

describe("a merged text", () => {
  test("has both changes where they do not touch", () => {
    const mine = STUB.replace("    raise NotImplementedError", "    return x");
    const theirs = STUB.replace("def f(x):", "def f(x: int) -> int:");
    assert.equal(merged(mine, STUB, theirs), "def f(x: int) -> int:\n    # Your code here\n    return x\n");
  });

  test("there is none where both changed the same line", () => {
    assert.equal(merged(STUB.replace("raise", "return 1 #"), STUB, STUB.replace("raise", "return 2 #")), null);
  });

  test("there is none where one of the texts is already the whole", () => {
    assert.equal(merged(STUB, STUB, `${STUB}# more\n`), null);
    assert.equal(merged(`${STUB}# more\n`, STUB, `${STUB}# more\n`), null);
  });
});
