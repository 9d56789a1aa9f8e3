import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { AnswerRecord } from "../src/protocol.ts";
import { reconcile } from "../src/reconcile.ts";

const base: AnswerRecord = {
  exercise: "tensor_add",
  text: "base",
  stub: "stub",
  stub_hash: "old",
  passed: null,
  failed: null,
  updated: "2026-01-01T00:00:00.000Z",
};
const later = (change: Partial<AnswerRecord>): AnswerRecord => ({ ...base, updated: "2026-01-02T00:00:00.000Z", ...change });

describe("two tabs and one answer", () => {
  const cases: readonly [string, string, string, string][] = [
    ["mine", "base", "mine", "mine"],
    ["base", "theirs", "theirs", "theirs"],
    ["mine", "theirs", "both", "mine"],
    ["agreed", "agreed", "same", "agreed"],
  ];
  for (const [mine, theirs, whose, text] of cases) {
    test(`mine is "${mine}", theirs "${theirs}": ${whose}`, () => {
      const met = reconcile(base, later({ text: mine }), later({ text: theirs }));
      assert.equal(met.text, whose);
      assert.equal(met.record.text, text);
    });
  }

  test("without a common beginning both began at the stub", () => {
    assert.equal(reconcile(undefined, later({ text: "stub" }), later({ text: "theirs" })).text, "theirs");
    assert.equal(reconcile(undefined, later({ text: "mine" }), later({ text: "theirs" })).text, "both");
  });

  test("what passed in one of them has passed", () => {
    for (const [mine, theirs] of [["p", null], [null, "p"]] as const) {
      assert.equal(reconcile(base, later({ text: "mine", passed: mine }), later({ text: "theirs", passed: theirs })).record.passed, "p");
    }
    assert.equal(reconcile({ ...base, passed: "p" }, later({ passed: "p" }), later({ passed: null })).record.passed, "p");
    assert.equal(reconcile({ ...base, passed: "p" }, later({ passed: "p" }), later({ passed: "q" })).record.passed, "q");
  });

  test("of two texts that passed, the one without a place in the record is handed on", () => {
    const met = reconcile(base, later({ text: "m", passed: "m" }), later({ text: "t", passed: "t" }));
    assert.equal(met.record.passed, "m");
    assert.deepEqual(met.passed, ["t"]);
  });

  test("the edition that one tab has moved on to stays", () => {
    const met = reconcile(base, later({ text: "mine" }), later({ stub: "new stub", stub_hash: "new" }));
    assert.deepEqual([met.record.text, met.record.stub, met.record.stub_hash], ["mine", "new stub", "new"]);
  });
});
