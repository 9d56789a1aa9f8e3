import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";

import type { IndexEntry } from "../src/chapters.ts";
import { allYours, owned, passedMilestone, rememberMilestone, saySetAside } from "../src/ownership.ts";
import type { AnswerRecord } from "../src/protocol.ts";
import type { Session } from "../src/session.ts";
import { Workspace } from "../src/workspace.ts";
import { record as kept } from "./record.ts";

const record = (exercise: string, passed: string | null): AnswerRecord =>
  kept(passed ?? "written, not passed", { exercise, passed });

const entry = (module: number, ...names: readonly string[]): IndexEntry => ({
  name: `0${module}`,
  module,
  title: `Title ${module}`,
  page: `exercises/0${module}.html`,
  exercises: names.map((name) => ({ name, title: name, points: 5 })),
});

const INDEX = [entry(1, "tensor_add", "tensor_mul"), entry(3, "linear")];
const moduleOf = (exercise: string): number | undefined => INDEX.find(({ exercises }) => exercises.some(({ name }) => name === exercise))?.module;

async function desk(factory: IDBFactory | undefined = new IDBFactory(), channel: BroadcastChannel | null = null): Promise<Workspace> {
  const workspace = await Workspace.open({ book: "tinytorch", factory, channel, moduleOf });
  workspace.write(record("tensor_add", "add"));
  workspace.write(record("tensor_mul", null));
  workspace.write(record("linear", "linear"));
  return workspace;
}

const session = (workspace: Workspace): Session => ({ workspace, chapters: { index: () => Promise.resolve(INDEX) } }) as unknown as Session;

describe("a module that is set aside", () => {
  test("leaves the package, and its answers stay", async () => {
    const workspace = await desk();
    await workspace.aside.set(3, true);
    assert.deepEqual(workspace.answers(), { tensor_add: "add" });
    assert.deepEqual(workspace.passed(), { linear: "linear", tensor_add: "add" });
    await workspace.aside.set(3, false);
    assert.deepEqual(workspace.answers(), { linear: "linear", tensor_add: "add" });
  });

  test("is set aside on the next page, and in the other tab", async () => {
    const factory = new IDBFactory();
    const [here, there] = [new BroadcastChannel("aside"), new BroadcastChannel("aside")];
    try {
      const workspace = await desk(factory, here);
      const other = await desk(factory, there);
      const told = new Promise<void>((resolve) => other.aside.onChange(resolve));
      await workspace.aside.set(1, true);
      await told;
      assert.deepEqual(other.aside.modules, [1]);
      assert.deepEqual((await desk(factory)).aside.modules, [1]);
    } finally {
      here.close();
      there.close();
    }
  });

  test("takes along what no known module has: without the index nobody can tell", async () => {
    const workspace = await desk();
    workspace.write(record("of_another_book", "text"));
    assert.ok("of_another_book" in workspace.answers());
    await workspace.aside.set(1, true);
    assert.deepEqual(workspace.answers(), { linear: "linear" });
  });

  test("is remembered for this page where nothing can be stored", async () => {
    const workspace = await desk(undefined);
    await workspace.aside.set(3, true);
    assert.deepEqual(workspace.aside.modules, [3]);
  });

  test("of two tabs that change the note at once, neither undoes the other's change", async () => {
    const factory = new IDBFactory();
    const [one, other] = [await desk(factory), await desk(factory)];
    await Promise.all([one.aside.set(1, true), other.aside.set(3, true)]);
    assert.deepEqual((await desk(factory)).aside.modules, [1, 3]);
  });

  test("survives a damaged note", async () => {
    const workspace = await desk();
    await workspace.notes.change("aside", () => [1, "x", { evil: true }, 1.5]);
    await workspace.aside.load();
    assert.deepEqual(workspace.aside.modules, [1]);
    await workspace.notes.change("aside", () => "damaged");
    await workspace.aside.load();
    assert.deepEqual(workspace.aside.modules, []);
  });

  test("is said in a sentence", () => {
    assert.equal(saySetAside([]), "");
    assert.equal(saySetAside([3]), "Module 03 is set aside: the book's code ran in its place.");
    assert.equal(saySetAside([1, 3, 5]), "Modules 01, 03 and 05 are set aside: the book's code ran in their place.");
  });
});

describe("whose code it is", () => {
  test("is counted by what passed, and by what is used", async () => {
    const workspace = await desk();
    await workspace.aside.set(3, true);
    const all = await owned(session(workspace));
    assert.deepEqual(all, [
      { module: 1, title: "Title 1", page: "exercises/01.html", mine: 1, total: 2, used: "mine" },
      { module: 3, title: "Title 3", page: "exercises/03.html", mine: 1, total: 1, used: "book" },
    ]);
  });

  test("is all the reader's only if every module is, and is used", async () => {
    const workspace = await desk();
    const mine = async (): Promise<boolean> => allYours(await owned(session(workspace)), [1, 3]);
    assert.equal(await mine(), false);
    workspace.write(record("tensor_mul", "mul"));
    assert.equal(await mine(), true);
    await workspace.aside.set(1, true);
    assert.equal(await mine(), false);
    assert.equal(allYours(await owned(session(workspace)), [3, 7]), false, "a module that is not written is nobody's");
  });
});

describe("a milestone", () => {
  test("that was passed is remembered, and a later run takes nothing back", async () => {
    const factory = new IDBFactory();
    const workspace = await desk(factory);
    assert.equal(await passedMilestone(workspace, 1958), null);
    await rememberMilestone(workspace, 1958, false);
    const first = await passedMilestone(workspace, 1958);
    assert.equal(first?.yours, false);
    await rememberMilestone(workspace, 1958, false);
    assert.deepEqual(await passedMilestone(workspace, 1958), first);
    await rememberMilestone(workspace, 1958, true);
    await rememberMilestone(workspace, 1958, false);
    assert.equal((await passedMilestone(await desk(factory), 1958))?.yours, true);
  });

  test("with a damaged note was never passed", async () => {
    const workspace = await desk();
    await workspace.notes.change("milestone:1958", () => ({ passed: "yesterday", yours: true }));
    assert.equal(await passedMilestone(workspace, 1958), null);
  });
});
