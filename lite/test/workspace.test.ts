import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { IDBFactory, IDBObjectStore, IDBTransaction } from "fake-indexeddb";

import { LastWords } from "../src/last-words.ts";
import type { AnswerRecord } from "../src/protocol.ts";
import { openStore, type Settled } from "../src/store.ts";
import { SAVE_WITHIN, statusOf, Workspace, type Change, type News, type Saving } from "../src/workspace.ts";
import { memoryStorage } from "./memory-storage.ts";
import { record } from "./record.ts";

const open = (factory: IDBFactory | undefined, channel: BroadcastChannel | null = null, storage = noStorage): Promise<Workspace> =>
  Workspace.open({ book: "tinytorch", factory, channel, storage });

const noStorage = (): Storage => {
  throw new DOMException("no", "SecurityError");
};

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
    assert.equal((await store.answers())[0]?.record.text, "xxxxx");
  });

  test("that do not parse are left alone in the database", async () => {
    const factory = new IDBFactory();
    const store = await openStore(factory, "tinytorch");
    const future = { exercise: "future", shape: "unknown" } as unknown as AnswerRecord;
    const settle = (exercise: string): Settled => ({
      stored: { record: exercise === "future" ? future : record("mine"), revision: "1" },
      versions: [],
    });
    await store.saveAnswers(["tensor_add", "future"], settle, []);
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

describe("where storage is full", () => {
  test("old versions make room for the answer, and the last that passed is not among them", async () => {
    const factory = new IDBFactory();
    const workspace = await open(factory);
    for (let at = 0; at < 20; at += 1) {
      const [happened, outcome] = at === 3 ? (["checked", "passed"] as const) : (["pause", null] as const);
      await workspace.history.keep({ exercise: "tensor_add", text: `version ${at}`, happened, outcome });
    }
    // A database that takes no more than six records.
    let stored = 20;
    const prototype = IDBObjectStore.prototype as unknown as Record<"put" | "delete", (this: IDBObjectStore, given: unknown) => unknown>;
    const { put, delete: remove } = prototype;
    const refuse = mock.method(prototype, "put", function (this: IDBObjectStore, value: unknown) {
      if (stored > 5) throw new DOMException("full", "QuotaExceededError");
      return put.call(this, value);
    });
    const counted = mock.method(prototype, "delete", function (this: IDBObjectStore, key: unknown) {
      stored -= 1;
      return remove.call(this, key);
    });
    try {
      workspace.write(record("the answer"));
      await workspace.flush();
      assert.deepEqual(workspace.saving, { kind: "saved" });
    } finally {
      refuse.mock.restore();
      counted.mock.restore();
    }
    const reopened = await open(factory);
    assert.equal(reopened.get("tensor_add")?.text, "the answer");
    const left = (await reopened.history.of("tensor_add")).map(({ text }) => text);
    assert.ok(left.includes("version 3"), left.join());
    assert.ok(left.includes("version 19"), left.join());
    assert.ok(left.length <= 5, left.join());
  });

  test("a version that finds no room is still there for this page", async () => {
    const workspace = await open(new IDBFactory());
    const add = mock.method(IDBObjectStore.prototype, "add", () => {
      throw new DOMException("full", "QuotaExceededError");
    });
    try {
      await workspace.history.keep({ exercise: "tensor_add", text: "before Reset", happened: "reset" });
    } finally {
      add.mock.restore();
    }
    assert.deepEqual((await workspace.history.of("tensor_add")).map(({ text }) => text), ["before Reset"]);
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

  test("hears of an answer that was taken away", async () => {
    const [here, there, close] = await twoTabs("two-tabs-2");
    try {
      here.write(record("imported"));
      await here.flush();
      await until(() => there.get("tensor_add") !== undefined);
      await here.takeIn([{ exercise: "tensor_add" }], { versions: [], questions: [] }, "undo");
      await until(() => there.get("tensor_add") === undefined);
      assert.equal((await there.history.of("tensor_add"))[0]?.text, "imported");
    } finally {
      close();
    }
  });
});

/** Two tabs that do not hear each other: one was asleep, or its browser has no channel. */
describe("another tab that this one does not hear", () => {
  async function deaf(first = record("both started here")): Promise<{ here: Workspace; there: Workspace; factory: IDBFactory; changes: Change[] }> {
    const factory = new IDBFactory();
    const before = await open(factory);
    before.write(first);
    await before.flush();
    const [here, there] = [await open(factory), await open(factory)];
    const changes: Change[] = [];
    here.onChange((change) => changes.push(change));
    return { here, there, factory, changes };
  }
  const news = (changes: readonly Change[]): News[] => changes.flatMap(({ news }) => news ?? []);

  test("keeps what it wrote to other exercises", async () => {
    const { here, there, factory } = await deaf();
    there.write(record("sum", { exercise: "tensor_sum" }));
    await there.flush();
    here.write(record("add"));
    await here.flush();
    const texts = (await open(factory)).all().map(({ exercise, text }) => [exercise, text]);
    assert.deepEqual(texts, [["tensor_add", "add"], ["tensor_sum", "sum"]]);
  });

  test("is noticed at the next write: this tab's text stays, the other is a version, and both are told apart", async () => {
    const { here, there, factory, changes } = await deaf();
    there.write(record("theirs", { passed: "theirs" }));
    await there.flush();
    here.write(record("mine"));
    await here.flush();
    assert.deepEqual(news(changes), [{ kind: "both", base: "both started here", theirs: "theirs" }]);
    assert.equal(here.get("tensor_add")?.text, "mine");
    assert.equal(here.get("tensor_add")?.passed, "theirs", "passed in the other tab stays passed");
    const reopened = await open(factory);
    assert.equal(reopened.get("tensor_add")?.text, "mine");
    assert.deepEqual((await reopened.history.of("tensor_add")).map(({ text, happened }) => [text, happened]), [["theirs", "other"]]);
  });

  test("alone changed the text: it is taken, with what this tab found out about the old one", async () => {
    const { here, there, factory, changes } = await deaf();
    there.write(record("theirs"));
    await there.flush();
    here.write(record("both started here", { failed: "both started here" }));
    await here.flush();
    assert.deepEqual(news(changes), [{ kind: "taken", before: "both started here" }]);
    assert.equal(here.get("tensor_add")?.text, "theirs");
    const stored = (await open(factory)).get("tensor_add");
    assert.equal(stored?.text, "theirs");
    assert.equal(stored.failed, "both started here");
    assert.deepEqual((await here.history.of("tensor_add")).map(({ text }) => text), ["both started here"]);
  });

  test("is seen by a tab that wakes up", async () => {
    const { here, there, changes } = await deaf();
    there.write(record("theirs"));
    there.write(record("new", { exercise: "tensor_mul" }));
    await there.flush();
    await here.refresh();
    assert.equal(here.get("tensor_add")?.text, "theirs");
    assert.equal(here.get("tensor_mul")?.text, "new");
    assert.equal(news(changes).length, 2);
  });

  test("loses none of two texts that passed", async () => {
    const { here, there } = await deaf();
    there.write(record("theirs", { passed: "theirs" }));
    await there.flush();
    here.write(record("mine", { passed: "mine" }));
    await here.flush();
    assert.equal(here.get("tensor_add")?.passed, "mine");
    const kept = await here.history.of("tensor_add");
    assert.ok(kept.some(({ text, outcome }) => text === "theirs" && outcome === "passed"));
  });

  test("does not mistake its own quick writes for another's", async () => {
    const { here, changes } = await deaf();
    for (const text of ["a", "ab", "abc"]) {
      here.write(record(text));
      void here.flush();
    }
    await here.flush();
    assert.deepEqual(news(changes), []);
    assert.deepEqual(await here.history.of("tensor_add"), []);
  });

  test("meets what is typed while a write is on its way", async () => {
    const { here, there, factory, changes } = await deaf();
    there.write(record("theirs"));
    await there.flush();
    here.write(record("both started here", { failed: "x" }));
    // The moment in which the transaction has been given all it needs and is not yet over.
    const prototype = IDBObjectStore.prototype as unknown as Record<"put", (this: IDBObjectStore, given: unknown) => unknown>;
    const { put } = prototype;
    const typing = mock.method(prototype, "put", function (this: IDBObjectStore, value: unknown) {
      typing.mock.restore();
      here.write(record("typed meanwhile", { failed: "x" }));
      return put.call(this, value);
    });
    await here.flush();
    await here.flush();
    assert.equal(here.get("tensor_add")?.text, "typed meanwhile");
    assert.ok(news(changes).length > 0);
    assert.equal((await open(factory)).get("tensor_add")?.text, "typed meanwhile");
    assert.deepEqual((await here.history.of("tensor_add")).map(({ text }) => text), ["theirs"]);
  });

  test("keeps what was written here when a text from there takes its place", async () => {
    const { here, there } = await deaf();
    here.write(record("mine"));
    await here.flush();
    await there.refresh();
    there.write(record("theirs"));
    await there.flush();
    await here.refresh();
    assert.equal(here.get("tensor_add")?.text, "theirs");
    assert.deepEqual((await here.history.of("tensor_add")).map(({ text, happened }) => [text, happened]), [["mine", "tab"]]);
  });
});

describe("a page that is left", () => {
  /** A page that gets no turn any more: what was asked of its stores is done, and nothing hears of it. */
  const die = (workspace: Workspace): void => {
    mock.method(workspace, "flush", () => Promise.resolve());
    workspace.leave();
  };

  /** What the database and the storage still hold of what was put down. */
  const putDown = async (factory: IDBFactory, storage: () => Storage): Promise<readonly unknown[]> => [
    ...(await (await openStore(factory, "tinytorch")).drafts()),
    ...new LastWords("tinytorch", storage).all().keys(),
  ];

  for (const [where, storageOf] of [
    ["the storage", () => memoryStorage()],
    ["the database, where there is no storage", () => noStorage],
  ] as const) {
    describe(`puts its last words into ${where}`, () => {
      test("unseen, and the next page puts them in their place", async () => {
        const [factory, storage] = [new IDBFactory(), storageOf()];
        const page = await open(factory, null, storage);
        page.write(record("hidden for a moment"));
        page.leave();
        page.write(record("the last word"));
        die(page);
        const next = await open(factory, null, storage);
        assert.equal(next.get("tensor_add")?.text, "the last word");
        assert.deepEqual(await putDown(factory, storage), []);
        assert.equal((await open(factory, null, storage)).get("tensor_add")?.text, "the last word");
      });

      test("not over what another tab has written since", async () => {
        const [factory, storage] = [new IDBFactory(), storageOf()];
        const [page, other] = [await open(factory, null, storage), await open(factory, null, storage)];
        page.write(record("left behind"));
        die(page);
        other.write(record("went on", { updated: "2026-01-02T00:00:00.000Z" }));
        await other.flush();
        const next = await open(factory, null, storage);
        assert.equal(next.get("tensor_add")?.text, "went on");
        assert.deepEqual((await next.history.of("tensor_add")).map(({ text }) => text), ["left behind"]);
      });

      test("and takes them away again where it lives on", async () => {
        const [factory, storage] = [new IDBFactory(), storageOf()];
        const page = await open(factory, null, storage);
        page.write(record("hidden for a moment"));
        const writing = page.flush();
        await Promise.resolve(); // now the write is on its way, and the draft comes after it
        page.leave();
        await writing;
        await page.flush();
        assert.deepEqual(await putDown(factory, storage), []);
      });
    });
  }

  test("loses nothing where the database drops what was begun while it was left", async () => {
    const [factory, storage] = [new IDBFactory(), memoryStorage()];
    const page = await open(factory, null, storage);
    page.write(record("the last word"));
    const dropped = mock.method(IDBTransaction.prototype, "commit", function (this: IDBTransaction) {
      this.abort();
    });
    die(page);
    dropped.mock.restore();
    assert.equal((await open(factory, null, storage)).get("tensor_add")?.text, "the last word");
  });

  test("leaves alone what it cannot read, and what is another book's", async () => {
    const [factory, storage] = [new IDBFactory(), memoryStorage()];
    const foreign = new Map([["tinytorch:draft:odd", "[{}]"], ["tinytorch:draft:odder", "{"], ["another:draft:1", "[]"]]);
    for (const [key, value] of foreign) storage().setItem(key, value);
    await open(factory, null, storage);
    for (const [key, value] of foreign) assert.equal(storage().getItem(key), value);
  });

  test("tells tabs that are open what the next page has found", async () => {
    const [factory, storage] = [new IDBFactory(), memoryStorage()];
    const page = await open(factory, null, storage);
    page.write(record("the last word"));
    const channels = [new BroadcastChannel("left"), new BroadcastChannel("left")] as const;
    const other = await open(factory, channels[0], storage);
    die(page);
    await open(factory, channels[1], storage);
    await until(() => other.get("tensor_add")?.text === "the last word");
    for (const channel of channels) channel.close();
  });
});

describe("the database of another version", () => {
  const first = (factory: IDBFactory): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = factory.open("tinytorch", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("answers", { keyPath: "exercise" }).put(record("of the first", { passed: "of the first" }));
        request.result.createObjectStore("questions", { keyPath: "question" }).put({ question: "batch_bytes", answer: "12" });
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve();
      };
      request.onerror = () => reject(request.error ?? new Error("not opened"));
    });

  test("of a later version is not held up by this page, which then says what to do", async () => {
    const factory = new IDBFactory();
    const workspace = await open(factory);
    await new Promise<void>((resolve, reject) => {
      const request = factory.open("tinytorch", 99);
      request.onsuccess = () => resolve();
      request.onblocked = () => reject(new Error("blocked"));
    });
    workspace.write(record("typed all the same"));
    await workspace.flush();
    assert.deepEqual(workspace.saving, { kind: "unsaved", reason: "the browser has closed the storage; reload the page" });
    assert.deepEqual((await open(factory)).saving, {
      kind: "unsaved",
      reason: "a newer page of this book has been open here; reload this one",
    });
  });

  test("the first, is taken over with everything in it, even while a page of then is open", async () => {
    const factory = new IDBFactory();
    await first(factory);
    const workspace = await open(factory);
    assert.equal(workspace.get("tensor_add")?.text, "of the first");
    assert.equal(workspace.status("tensor_add"), "passed");
    assert.equal(workspace.question("batch_bytes"), "12");
    workspace.write({ ...record("of the second"), passed: "of the first" });
    await workspace.flush();
    const reopened = await open(factory);
    assert.equal(reopened.get("tensor_add")?.text, "of the second");
    assert.deepEqual(await reopened.history.all(), [], "its own answer is no other tab's");
  });
});

describe("an import", () => {
  const version = { exercise: "tensor_add", text: "long ago", happened: "checked", outcome: "failed", saved: "2025-01-01T00:00:00Z" } as const;
  const along = { versions: [version], questions: [{ question: "batch_bytes", answer: "12" }] };

  const everything = async (factory: IDBFactory): Promise<unknown> => {
    const store = await openStore(factory, "tinytorch");
    const answers = (await store.answers()).map(({ record }) => record);
    const versions = (await store.versions()).map(({ exercise, text, happened }) => [exercise, text, happened]);
    return { answers, versions, questions: await store.questions() };
  };

  test("brings answers, versions and replies, and keeps what was here", async () => {
    const factory = new IDBFactory();
    const workspace = await open(factory);
    workspace.write(record("mine"));
    const changes: Change[] = [];
    workspace.onChange((change) => changes.push(change));
    const ids = await workspace.takeIn([record("theirs"), record("new", { exercise: "tensor_mul" })], along);
    assert.equal(ids.length, 1);
    assert.deepEqual(changes.filter(({ origin }) => origin === "elsewhere").map(({ exercise }) => exercise), ["tensor_add", "tensor_mul"]);
    assert.equal(workspace.question("batch_bytes"), "12");
    assert.deepEqual(await everything(factory), {
      answers: [record("theirs"), record("new", { exercise: "tensor_mul" })],
      versions: [["tensor_add", "long ago", "checked"], ["tensor_add", "mine", "import"]],
      questions: along.questions,
    });
    await workspace.history.remove(ids);
    assert.deepEqual((await workspace.history.all()).map(({ text }) => text), ["mine"]);
  });

  for (const name of ["answers", "versions", "questions"]) {
    test(`that cannot be stored changes nothing, though only the ${name} fail`, async () => {
      const factory = new IDBFactory();
      const workspace = await open(factory);
      workspace.write(record("mine"));
      await workspace.flush();
      const before = await everything(factory);
      const odd = (where: string, text: string): string => (where === name ? ((() => text) as unknown as string) : text); // cannot be stored
      const bad = { versions: [{ ...version, text: odd("versions", "x") }], questions: [{ question: "batch_bytes", answer: odd("questions", "12") }] };
      await assert.rejects(workspace.takeIn([record("new", { exercise: "tensor_mul" }), record(odd("answers", "theirs"))], bad));
      assert.deepEqual(await everything(factory), before);
      assert.equal(workspace.get("tensor_add")?.text, "mine");
      assert.equal(workspace.question("batch_bytes"), undefined);
      assert.deepEqual(workspace.saving, { kind: "saved" });
      await workspace.takeIn([record("theirs")], along);
      assert.equal((await open(factory)).get("tensor_add")?.text, "theirs");
    });
  }

  test("is undone, those answers and replies included that were not there before", async () => {
    const factory = new IDBFactory();
    const workspace = await open(factory);
    workspace.write(record("mine"));
    await workspace.answerQuestion("first_guess", "3");
    const before = (await everything(factory)) as { readonly questions: unknown };
    const two = { versions: [version], questions: [...along.questions, { question: "first_guess", answer: "4" }] };
    const ids = await workspace.takeIn([record("theirs"), record("new", { exercise: "tensor_mul" })], two);
    const gone = { versions: ids, questions: ["batch_bytes"] };
    const changes: Change[] = [];
    workspace.onChange((change) => changes.push(change));
    await workspace.takeIn([record("mine"), { exercise: "tensor_mul" }], { versions: [], questions: [{ question: "first_guess", answer: "3" }], gone }, "undo");
    assert.deepEqual(await everything(factory), {
      answers: [record("mine")],
      versions: [["tensor_add", "mine", "import"], ["tensor_add", "theirs", "undo"], ["tensor_mul", "new", "undo"]],
      questions: before.questions,
    });
    assert.deepEqual(changes.map(({ exercise, origin }) => `${exercise} ${origin}`), ["tensor_add elsewhere", "tensor_mul elsewhere"]);
    assert.equal(workspace.get("tensor_mul"), undefined);
    assert.equal(workspace.question("batch_bytes"), undefined);
    assert.equal(workspace.question("first_guess"), "3");
  });

  for (const name of ["answers", "questions"]) {
    test(`stays, all of it, where its undo cannot be stored, though only the ${name} fail`, async () => {
      const factory = new IDBFactory();
      const workspace = await open(factory);
      workspace.write(record("mine"));
      const ids = await workspace.takeIn([record("theirs"), record("new", { exercise: "tensor_mul" })], along);
      const imported = await everything(factory);
      const odd = (where: string, text: string): string => (where === name ? ((() => text) as unknown as string) : text); // cannot be stored
      const questions = [{ question: "first_guess", answer: odd("questions", "3") }];
      const back = { versions: [], questions, gone: { versions: ids, questions: ["batch_bytes"] } };
      await assert.rejects(workspace.takeIn([{ exercise: "tensor_mul" }, record(odd("answers", "mine"))], back, "undo"));
      assert.deepEqual(await everything(factory), imported);
      assert.equal(workspace.get("tensor_mul")?.text, "new");
      assert.equal(workspace.question("batch_bytes"), "12");
    });
  }

  test("keeps what another tab has written meanwhile, and what is typed while it is stored", async () => {
    const factory = new IDBFactory();
    const [workspace, other] = [await open(factory), await open(factory)];
    workspace.write(record("mine"));
    await workspace.flush();
    await other.refresh();
    other.write(record("of the other tab"));
    await other.flush();
    let typed = 0;
    const theirs: AnswerRecord = {
      ...record("theirs"),
      // Read when it is put into the database, so at that moment somebody types.
      get updated() {
        if ((typed += 1) === 1) workspace.write(record("typed meanwhile"));
        return "2026-01-01T00:00:00.000Z";
      },
    };
    await workspace.takeIn([theirs], { versions: [], questions: [] });
    assert.deepEqual((await workspace.history.of("tensor_add")).map(({ text }) => text).sort(), ["mine", "of the other tab", "typed meanwhile"]);
    assert.equal((await open(factory)).get("tensor_add")?.text, "theirs");
    assert.equal(workspace.get("tensor_add")?.text, "theirs");
  });

  test("stays in memory where nothing can be stored", async () => {
    const workspace = await open(undefined);
    workspace.write(record("mine"));
    const ids = await workspace.takeIn([record("theirs")], along);
    assert.equal(workspace.get("tensor_add")?.text, "theirs");
    assert.equal(workspace.question("batch_bytes"), "12");
    const gone = { versions: ids, questions: ["batch_bytes"] };
    await workspace.takeIn([{ exercise: "tensor_add" }], { versions: [], questions: [], gone }, "undo");
    assert.equal(workspace.get("tensor_add"), undefined);
    assert.equal(workspace.question("batch_bytes"), undefined);
    assert.deepEqual((await workspace.history.all()).map(({ text }) => text).sort(), ["mine", "theirs"]);
  });
});
