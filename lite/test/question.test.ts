import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { judge, readNumber, type Question } from "../src/question.ts";

const bytes: Question = { kind: "number", name: "batch", answer: 100_352, unit: "bytes", tolerance: 0.05, explanation: "32 * 28 * 28 * 4" };
const exact: Question = { ...bytes, answer: 0.1 + 0.2, tolerance: 0 };

describe("numbers", () => {
  test("are read as people write them", () => {
    const cases: readonly [string, number | null][] = [
      ["1500", 1500],
      [" 1 500 ", 1500],
      ["1,500", 1500],
      ["1,500,000.5", 1500000.5],
      ["1_500", 1500],
      ["12,5", 12.5],
      ["1.5e3", 1500],
      ["-.5", -0.5],
      ["", null],
      ["12 MB", null],
      ["0x10", null],
      ["Infinity", null],
    ];
    for (const [given, expected] of cases) assert.equal(readNumber(given), expected, given);
  });

  test("are right within the tolerance, and wrong beyond it", () => {
    assert.equal(judge(bytes, "100352").kind, "right");
    assert.equal(judge(bytes, "100,000").kind, "right");
    assert.equal(judge(bytes, "90000").kind, "wrong");
    assert.equal(judge(exact, "0.3").kind, "right");
    assert.equal(judge(exact, "0.31").kind, "wrong");
  });

  test("that are off by a unit hear so", () => {
    assert.match(judge(bytes, "802816").words, /factor of 8: bits or bytes/);
    assert.match(judge(bytes, "25088").words, /too small.*factor of 4/);
  });

  test("that are none are not judged", () => {
    assert.equal(judge(bytes, "many").kind, "unclear");
  });
});

describe("choices", () => {
  const question: Question = {
    kind: "choice",
    name: "view",
    choices: [
      { text: "a view", correct: true, why: "Nothing is copied." },
      { text: "a copy", correct: false, why: "Only if it must." },
    ],
    explanation: "",
  };

  test("are answered with their reason", () => {
    assert.deepEqual(judge(question, "0"), { kind: "right", words: "Nothing is copied." });
    assert.deepEqual(judge(question, "1"), { kind: "wrong", words: "Only if it must." });
  });

  test("that were not made are not judged", () => {
    assert.equal(judge(question, "").kind, "unclear");
    assert.equal(judge(question, "7").kind, "unclear");
  });
});
