import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Aftermath, type Replayable } from "../src/aftermath.ts";

class Fake implements Replayable {
  readonly name: string;
  readonly seconds: number | null;
  readonly done: string[] = [];
  finish: (made: boolean) => void = () => undefined;

  constructor(name: string, seconds: number | null) {
    this.name = name;
    this.seconds = seconds;
  }

  replay(): Promise<boolean> {
    this.done.push("replay");
    return new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  offer(): void {
    this.done.push("offer");
  }
}

const after = (...all: Fake[]): Aftermath => {
  const one = new Aftermath();
  for (const each of all) one.add(each);
  return one;
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("after Python was replaced", () => {
  test("what was quick is run again, what was slow is offered, what never ran is left alone", () => {
    const [quick, slow, never] = [new Fake("quick", 1.9), new Fake("slow", 2), new Fake("never", null)];
    const told = after(quick, slow, never).begin("tensor_add");
    assert.deepEqual([quick.done, slow.done, never.done], [["replay"], ["offer"], []]);
    assert.equal(
      told,
      "Python was replaced: your code is kept, 1 experiment is run again and 1 longer one has a button for that.",
    );
  });

  test("nothing is promised where nothing had run", () => {
    assert.equal(after(new Fake("never", null)).begin("tensor_add"), "Python was replaced: your code is kept.");
  });

  test("what caused it is not run again", () => {
    const cause = new Fake("cause", 0.1);
    after(cause).begin("cause");
    assert.deepEqual(cause.done, []);
  });

  test("one goes after the other, and what gave no result is offered", async () => {
    const [first, second] = [new Fake("first", 0.1), new Fake("second", 0.1)];
    after(first, second).begin("tensor_add");
    assert.deepEqual(second.done, []);
    first.finish(false);
    await turn();
    assert.deepEqual([first.done, second.done], [["replay", "offer"], ["replay"]]);
  });

  test("a second replacement begins anew, and the first leaves off", async () => {
    const [first, second] = [new Fake("first", 0.1), new Fake("second", 0.1)];
    const one = after(first, second);
    one.begin("tensor_add");
    const { finish } = first;
    one.begin("tensor_add");
    finish(false);
    await turn();
    assert.deepEqual([first.done, second.done], [["replay", "replay"], []]);
  });
});
