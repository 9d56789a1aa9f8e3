import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";

import { History, PAUSE } from "../src/history.ts";
import { isLargeDeletion, isSubstantial, shown, superfluous, wordsFor, type Version } from "../src/versions.ts";

const minutes = (at: number): string => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString();

const version = (id: number, text: string, more: Partial<Version> = {}): Version => ({
  id,
  exercise: "tensor_add",
  text,
  happened: "pause",
  outcome: null,
  saved: minutes(id),
  ...more,
});

const without = (versions: readonly Version[], cap?: number): Version[] => {
  const gone = new Set(superfluous(versions, cap));
  return versions.filter((one) => !gone.has(one));
};

describe("of an exercise's versions", () => {
  test("the same text twice in a row is one, and an earlier one like it stays", () => {
    const left = without([version(1, "a"), version(2, "a"), version(3, "b"), version(4, "a")]);
    assert.deepEqual(left.map(({ id }) => id), [1, 3, 4]);
  });

  test("a check of the same text says more than that it was there, and a pass says most", () => {
    const checked = { happened: "checked", outcome: "failed" } as const;
    const passed = { happened: "checked", outcome: "passed" } as const;
    assert.deepEqual(without([version(1, "a"), version(2, "a", checked)]).map(({ id }) => id), [2]);
    assert.deepEqual(without([version(1, "a", checked), version(2, "a", { happened: "reset" })]).map(({ id }) => id), [1]);
    const lost = { happened: "checked", outcome: "runtime_lost" } as const;
    assert.deepEqual(without([version(1, "a", passed), version(2, "a", lost)]).map(({ id }) => id), [1]);
  });

  test("so many are kept: the first, the newest, the last that passed, and of the middle ever fewer", () => {
    let versions: Version[] = [];
    for (let id = 1; id <= 400; id += 1) {
      const outcome = id === 42 ? "passed" : id < 42 && id % 7 === 0 ? "passed" : null;
      versions = without([...versions, version(id, `text ${id}`, { outcome })]);
    }
    const ids = versions.map(({ id }) => id);
    assert.equal(ids.length, 50);
    assert.equal(ids[0], 1);
    assert.ok(ids.includes(42), "the last that passed");
    assert.deepEqual(ids.slice(-10), [391, 392, 393, 394, 395, 396, 397, 398, 399, 400]);
    const half = ids.filter((id) => id <= 200).length;
    assert.ok(half >= 5 && half < 25, `of the older half fewer are left, but some: ${half}`);
  });

  for (const cap of [1, 2, 3]) {
    test(`with room for ${cap}, the last that passed is among them`, () => {
      const versions = Array.from({ length: 9 }, (_, at) => version(at + 1, `text ${at}`, { outcome: at === 4 ? "passed" : null }));
      const left = without(versions, cap);
      assert.equal(left.length, cap);
      assert.ok(left.some(({ outcome }) => outcome === "passed"));
    });
  }

  test("the newest is shown first, whatever order they come in", () => {
    assert.deepEqual(shown([version(2, "b"), version(1, "a"), version(3, "b")]).map(({ id }) => id), [2, 1]);
  });

  test("each has words, those of a later page too", () => {
    assert.equal(wordsFor(version(1, "a", { happened: "checked", outcome: "passed" })), "Checked: passed");
    assert.equal(wordsFor(version(1, "a", { happened: "reset" })), "Before Reset");
    assert.equal(wordsFor(version(1, "a", { happened: "of_the_future" })), "Kept");
  });
});

describe("an edit", () => {
  const text = "def f(x):\n    return x + 1\n";

  test("is substantial by what was written or deleted, not by where", () => {
    assert.ok(!isSubstantial(text, text.replace("+ 1", "+ 2")));
    assert.ok(isSubstantial(text, text.replace("return", "# a comment of more than forty characters\n    return")));
    assert.ok(isSubstantial("x".repeat(50), ""));
  });

  test("is a large deletion if much went and less came", () => {
    assert.ok(isLargeDeletion("x".repeat(50), "y"));
    assert.ok(!isLargeDeletion("x".repeat(50), "y".repeat(60)));
    assert.ok(!isLargeDeletion("x".repeat(10), ""));
  });
});

describe("while somebody writes", () => {
  const long = "# a line that has more than forty characters in it\n";
  const kept = async (history: History): Promise<[string, string][]> =>
    (await history.of("tensor_add")).map(({ text, happened }) => [text, happened]);

  async function writing(use: (history: History) => void): Promise<[string, string][]> {
    const history = new History(null);
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      use(history);
    } finally {
      mock.timers.reset();
    }
    return kept(history);
  }

  test("a pause after much of it keeps a version, and one after little does not", async () => {
    const once = await writing((history) => {
      history.typed("tensor_add", "stub", "stub", long);
      mock.timers.tick(PAUSE);
      history.typed("tensor_add", "stub", long, `${long}x`);
      mock.timers.tick(PAUSE);
    });
    assert.deepEqual(once, [[long, "pause"]]);
  });

  test("there is no pause while they go on", async () => {
    const none = await writing((history) => {
      for (let at = 0; at < 9; at += 1) {
        history.typed("tensor_add", "stub", long, long + "x".repeat(at));
        mock.timers.tick(PAUSE - 1);
      }
    });
    assert.deepEqual(none, []);
  });

  test("what is deleted at once is kept, though nobody paused before", async () => {
    const cut = await writing((history) => {
      history.typed("tensor_add", "stub", "stub", long);
      history.typed("tensor_add", "stub", long, "");
    });
    assert.deepEqual(cut, [[long, "cut"]]);
  });

  test("the book's own text is never a version", async () => {
    const none = await writing((history) => {
      history.typed("tensor_add", long, long, "");
      history.typed("tensor_add", long, "", long);
      mock.timers.tick(PAUSE);
    });
    assert.deepEqual(none, []);
  });
});
