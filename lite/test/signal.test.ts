import assert from "node:assert/strict";
import { test } from "node:test";

import { heardOnce } from "../src/signal.ts";

const INTERRUPT = 2;

test("a signal is heard once", () => {
  const memory = new SharedArrayBuffer(1);
  const heard = heardOnce(memory);
  assert.equal(heard[0], 0);
  new Uint8Array(memory)[0] = INTERRUPT;
  assert.equal(heard[0], INTERRUPT);
  assert.equal(heard[0], 0);
});

test("a signal that comes while Pyodide looks is not lost", () => {
  const memory = new SharedArrayBuffer(1);
  const heard = heardOnce(memory);
  const read = heard[0];
  new Uint8Array(memory)[0] = INTERRUPT;
  heard[0] = 0; // as Pyodide does after each look
  assert.equal(read, 0);
  assert.equal(heard[0], INTERRUPT);
});
