import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { isDue, notExported, type Memory } from "../src/care.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const on = (day: number): number => START + day * DAY;
const memory = (more: Partial<Memory> = {}): Memory => ({
  exported: {},
  since: new Date(START).toISOString(),
  reminded: null,
  asked: true,
  ...more,
});
const passed = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`exercise_${at}`, `text ${at}`]));

describe("a reminder to export", () => {
  test("comes after a week with three new answers, or with ten at once", () => {
    assert.ok(!isDue(memory(), passed(3), on(6)));
    assert.ok(isDue(memory(), passed(3), on(7)));
    assert.ok(!isDue(memory(), passed(2), on(100)));
    assert.ok(!isDue(memory(), passed(9), on(0)));
    assert.ok(isDue(memory(), passed(10), on(0)));
  });

  test("counts what is not in the last export, or differs from it", () => {
    const since = memory({ exported: passed(5) });
    assert.equal(notExported(since, passed(7)), 2);
    assert.equal(notExported(since, { ...passed(5), exercise_0: "better now" }), 1);
    assert.ok(!isDue(since, passed(7), on(30)));
    assert.ok(isDue(since, passed(8), on(30)));
  });

  test("rests for some days after it was there", () => {
    const reminded = memory({ reminded: new Date(on(7)).toISOString() });
    assert.ok(!isDue(reminded, passed(20), on(11)));
    assert.ok(isDue(reminded, passed(20), on(12)));
  });
});
