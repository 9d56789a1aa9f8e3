import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";

import type { AnswerRecord } from "../src/protocol.ts";
import { openStore } from "../src/store.ts";
import { SAVE_WITHIN, statusOf, Workspace, type Saving } from "../src/workspace.ts";

const record = (text: string, more: Partial<AnswerRecord> = {}): AnswerRecord => ({
  exercise: "tensor_add",
  text,
  stub: "stub",
  stub_hash: "0123",
  passed: null,
  failed: null,
  updated: "2026-01-01T00:00:00.000Z",
  ...more,
});

const open = (factory: IDBFactory | undefined, channel: BroadcastChannel | null = null): Promise<Workspace> =>
  Workspace.open({ book: "tinytorch", factory, channel });

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; !holds(); tries += 1) {
    assert.ok(tries < 200, "it never came to pass");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const forbidden = (name: string): IDBFactory => {
  const open = (): never => {
    throw new DOMException("no", name);
  };
  return Object.assign(new IDBFactory(), { open });
};

describe("answers", () => {
  test("survive the page", async () => {
    const factory = new IDBFactory();
    const first = await open(factory);
    first.write(record("def __add__(self, other): …"));
    await first.flush();
    const second = await open(factory);
    assert.equal(second.get("tensor_add")?.text, "def __add__(self, other): …");
    assert.deepEqual(second.saving, { kind: "untouched" });
  });

  test("are written within 300 ms even while somebody types without pause", async () => {
    const factory = new IDBFactory();
    const workspace = await open(factory);
    const saved: Saving["kind"][] = [];
    workspace.onSaving(({ kind }) => saved.push(kind));
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      for (let typed = 0; typed < 6; typed += 1) {
        workspace.write(record("x".repeat(typed)));
        mock.timers.tick(SAVE_WITHIN / 6 + 1);
      }
    } finally {
      mock.timers.reset();
    }
    await until(() => saved.includes("saved"));
    const store = await openStore(factory, "tinytorch");
    assert.equal((await store.answers())[0]?.text, "xxxxx");
  });

  test("that do not parse are left alone in the database", async () => {
    const factory = new IDBFactory();
    const store = await openStore(factory, "tinytorch");
    await store.putAnswers([record("mine"), { exercise: "future", shape: "unknown" } as unknown as AnswerRecord]);
    const workspace = await open(factory);
    assert.deepEqual(workspace.all().map(({ exercise }) => exercise), ["tensor_add"]);
    workspace.write(record("mine, changed"));
    await workspace.flush();
    assert.equal(await store.answer("future"), undefined, "it does not parse, but…");
    const request = factory.open("tinytorch");
    await until(() => request.readyState === "done");
    const count = request.result.transaction("answers").objectStore("answers").count();
    await until(() => count.readyState === "done");
    assert.equal(count.result, 2);
  });

  test("make the learner's package of what passed last, not of what is being typed", async () => {
    const workspace = await open(new IDBFactory());
    workspace.write(record("now typing", { passed: "good" }));
    workspace.write(record("never passed", { exercise: "tensor_mul" }));
    assert.deepEqual(workspace.answers(), { tensor_add: "good" });
  });

  test("have a status that is derived from their texts", () => {
    assert.equal(statusOf(undefined), "todo");
    assert.equal(statusOf(record("a")), "todo");
    assert.equal(statusOf(record("a", { passed: "a", failed: "b" })), "passed");
    assert.equal(statusOf(record("b", { passed: "a", failed: "b" })), "failing");
    assert.equal(statusOf(record("c", { passed: "a", failed: "b" })), "todo");
  });
});

describe("where nothing can be stored", () => {
  const cases: readonly [string, IDBFactory | undefined, RegExp][] = [
    ["no IndexedDB", undefined, /offers no storage/],
    ["storage forbidden", forbidden("SecurityError"), /does not let this site store/],
    ["disk full at the start", forbidden("QuotaExceededError"), /full/],
  ];
  for (const [name, factory, words] of cases) {
    test(`${name}: it is said, and the work goes on in memory`, async () => {
      const workspace = await open(factory);
      assert.ok(workspace.saving.kind === "unsaved");
      assert.match(workspace.saving.reason, words);
      workspace.write(record("typed all the same"));
      await workspace.flush();
      assert.equal(workspace.get("tensor_add")?.text, "typed all the same");
      assert.deepEqual(workspace.all().length, 1);
      await workspace.answerQuestion("batch_bytes", "12");
      assert.equal(workspace.question("batch_bytes"), "12");
    });
  }

  test("a full disk is announced, nothing is lost, and the next keystroke tries again", async () => {
    const factory = new IDBFactory();
    const workspace = await open(factory);
    workspace.write(record("before"));
    await workspace.flush();
    const put = mock.method(IDBObjectStore.prototype, "put", () => {
      throw new DOMException("full", "QuotaExceededError");
    });
    try {
      workspace.write(record("during"));
      await workspace.flush();
      assert.deepEqual(workspace.saving, { kind: "unsaved", reason: "the browser's storage for this site is full" });
      assert.equal(workspace.get("tensor_add")?.text, "during");
    } finally {
      put.mock.restore();
    }
    workspace.write(record("other", { exercise: "tensor_mul" }));
    await workspace.flush();
    assert.deepEqual(workspace.saving, { kind: "saved" });
    assert.equal((await open(factory)).get("tensor_add")?.text, "during", "what could not be written then is written now");
  });
});

describe("another tab", () => {
  async function twoTabs(book: string): Promise<[Workspace, Workspace, () => void]> {
    const factory = new IDBFactory();
    const channels = [new BroadcastChannel(book), new BroadcastChannel(book)] as const;
    const close = (): void => channels.forEach((channel) => channel.close());
    return [await open(factory, channels[0]), await open(factory, channels[1]), close];
  }

  test("shows what was typed here", async () => {
    const [here, there, close] = await twoTabs("two-tabs-1");
    try {
      const changes: string[] = [];
      there.onChange(({ exercise, origin }) => changes.push(`${exercise} ${origin}`));
      here.write(record("typed here"));
      await here.flush();
      await until(() => changes.length > 0);
      assert.deepEqual(changes, ["tensor_add elsewhere"]);
      assert.equal(there.get("tensor_add")?.text, "typed here");
    } finally {
      close();
    }
  });

  test("keeps its own text while somebody works on it", async () => {
    const [here, there, close] = await twoTabs("two-tabs-2");
    try {
      const offered: string[] = [];
      there.write(record("their work"));
      await there.flush();
      there.guard("tensor_add", (incoming) => {
        offered.push(incoming.text);
        return false;
      });
      here.write(record("typed here"));
      await here.flush();
      await until(() => offered.length > 0);
      assert.deepEqual(offered, ["typed here"]);
      assert.equal(there.get("tensor_add")?.text, "their work");
    } finally {
      close();
    }
  });
});

describe("replacing answers", () => {
  test("can be taken back, those included that were not there before", async () => {
    const factory = new IDBFactory();
    const workspace = await open(factory);
    workspace.write(record("mine"));
    await workspace.replace([record("imported"), record("new", { exercise: "tensor_mul" })]);
    assert.equal((await open(factory)).get("tensor_mul")?.text, "new");
    await workspace.replace([record("mine"), { exercise: "tensor_mul" }]);
    const reopened = await open(factory);
    assert.equal(reopened.get("tensor_add")?.text, "mine");
    assert.equal(reopened.get("tensor_mul"), undefined);
  });
});
