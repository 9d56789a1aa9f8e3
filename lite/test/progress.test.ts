import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { StdoutGate } from "../src/gate.ts";
import { describe as words, Meter } from "../src/progress.ts";

describe("the meter", () => {
  test("counts what it expects against the total", () => {
    const meter = new Meter();
    meter.expect("pyodide.asm.wasm", 9_000_000, 3_000_000);
    meter.expect("numpy.whl", 3_000_000, 3_000_000);
    meter.add("pyodide.asm.wasm", 4_000_000);
    meter.add("pyodide.asm.wasm", 500_000);
    meter.add("favicon.svg", 10_000);
    assert.equal(meter.total, 6_000_000);
    assert.equal(meter.loaded, 1_500_000);
  });

  test("counts more where the host compresses nothing", () => {
    const meter = new Meter();
    meter.uncompressed("pyodide.asm.wasm");
    meter.expect("pyodide.asm.wasm", 9_000_000, 3_000_000);
    meter.add("pyodide.asm.wasm", 4_500_000);
    assert.equal(meter.total, 9_000_000);
    assert.equal(meter.loaded, 4_500_000);
  });

  test("never shows more than there is", () => {
    const meter = new Meter();
    meter.expect("numpy.whl", 100, 100);
    meter.add("numpy.whl", 150);
    assert.equal(meter.loaded, 100);
    meter.complete("numpy.whl");
    meter.complete("unknown.whl");
    assert.equal(meter.loaded, 100);
  });

  test("is read out in MB once sizes are known", () => {
    assert.equal(words({ step: "Loading Python", loaded: 0, total: 0 }), "Loading Python …");
    assert.equal(words({ step: "Loading Python", loaded: 4_240_000, total: 16_100_000 }), "Loading Python: 4.2 of 16.1 MB");
  });
});

describe("printed text", () => {
  test("goes at once at first, then in batches, and nothing is lost", () => {
    const sent: string[] = [];
    const gate = new StdoutGate((text) => sent.push(text));
    gate.write("first\n");
    assert.deepEqual(sent, ["first\n"]);
    for (let line = 0; line < 20_000; line += 1) gate.write(`${line}\n`);
    gate.flush();
    assert.ok(sent.length < 300, `${sent.length} messages`);
    assert.ok(sent.join("").endsWith("19999\n"));
    assert.equal(sent.join("").split("\n").length, 20_002);
  });
});
