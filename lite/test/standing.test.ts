import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { Owned } from "../src/ownership.ts";
import { milestoneStanding, standingOf } from "../src/standing.ts";
import { record } from "./record.ts";

test("an exercise that has passed once is part of the package, whatever its text has become", () => {
  assert.equal(standingOf(undefined), "todo");
  assert.equal(standingOf(record("stub")), "todo");
  assert.equal(standingOf(record("mine")), "begun");
  assert.equal(standingOf(record("mine", { failed: "mine" })), "failing");
  assert.equal(standingOf(record("mine", { passed: "mine" })), "passed");
  assert.equal(standingOf(record("worse", { passed: "mine", failed: "worse" })), "changed");
});

describe("a milestone says", () => {
  const owned = (module: number, mine: number, used: Owned["used"] = "mine"): Owned => ({
    module,
    title: `Title ${module}`,
    page: "",
    mine,
    total: 2,
    used,
  });
  const both = [owned(1, 2), owned(2, 2)];

  test("that it is open once every module below it is the reader's", () => {
    assert.equal(milestoneStanding([1, 2], [...both, owned(3, 0)], null, true), "Every module below it is yours: now it trains on your code alone.");
  });

  test("what is missing, and that it runs all the same", () => {
    const words = milestoneStanding([1, 2, 3], [owned(1, 2), owned(2, 1), owned(3, 0)], null, true);
    assert.equal(words, "For your code alone it needs the rest of 02 Title 2 (1 of 2 passed) and 03 Title 3. It runs already, with the book's code in the gaps.");
  });

  test("what is set aside", () => {
    assert.equal(milestoneStanding([1, 2], [owned(1, 2, "book"), owned(2, 2)], null, true), "Module 01 is set aside: the book's code runs in its place.");
  });

  test("that it was passed, and on whose code", () => {
    const passed = { passed: "2026-11-03T12:00:00.000Z", yours: true };
    assert.match(milestoneStanding([1, 2], both, passed, true), /^Passed on November 3, 2026, on your code alone\.$/);
    assert.match(milestoneStanding([1, 2], both, { ...passed, yours: false }, true), /with the book's code in the gaps\. /);
  });

  test("that modules below it are not written yet", () => {
    assert.equal(milestoneStanding([1, 2, 3, 4], both, null, false), "It stands on modules 01 to 04, of which 2 are not written yet.");
  });
});
