import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";

import { headed, isStub, judge } from "../src/notebook/answer.ts";
import { Link, type BookExercise, type TextCell } from "../src/notebook/link.ts";
import type { AnswerRecord } from "../src/protocol.ts";
import { openStore } from "../src/store.ts";
import { Workspace, type News } from "../src/workspace.ts";
import { record as kept } from "./record.ts";

const STUB = 'def __add__(self, other):\n    """Add."""\n    raise NotImplementedError("tensor_add")\n';
const MINE = "def __add__(self, other):\n    return mine";
const THEIRS = "def __add__(self, other):\n    return theirs";
const ADD: BookExercise = { name: "tensor_add", stub: STUB, stub_hash: "0123", formerly: ["add"] };
const BLANK = STUB.slice(0, -1);

class Cell implements TextCell {
  readonly #listeners: (() => void)[] = [];
  #source: string;

  constructor(text: string, name = "tensor_add") {
    this.#source = `%%exercise ${name}\n${text}`;
  }

  get source(): string {
    return this.#source;
  }

  set source(source: string) {
    this.#source = source;
    for (const listen of this.#listeners) listen();
  }

  get text(): string | undefined {
    return headed(this.#source)?.text;
  }

  type(text: string): void {
    this.source = (headed(this.source)?.head ?? "") + text;
  }

  onChange(listen: () => void): void {
    this.#listeners.push(listen);
  }
}

const open = (factory: IDBFactory | undefined): Promise<Workspace> => Workspace.open({ book: "tinytorch", factory, channel: null });

interface Notebook {
  readonly workspace: Workspace;
  readonly link: Link;
  readonly news: News[];
}

async function notebook(factory: IDBFactory | undefined, ...cells: readonly TextCell[]): Promise<Notebook> {
  const workspace = await open(factory);
  const news: News[] = [];
  const link = new Link({
    workspace,
    facts: (name) => Promise.resolve(name === ADD.name ? ADD : null),
    tell: (_, one) => news.push(one),
  });
  await link.have(cells);
  return { workspace, link, news };
}

const record = (text: string, more: Partial<AnswerRecord> = {}): AnswerRecord => kept(text, { stub: BLANK, ...more });

/** A page in which this was written, and which was left. */
async function page(factory: IDBFactory, one: AnswerRecord): Promise<void> {
  const workspace = await open(factory);
  workspace.write(one);
  await workspace.flush();
}

async function stored(factory: IDBFactory): Promise<AnswerRecord | undefined> {
  return (await (await openStore(factory, "tinytorch")).answer("tensor_add"))?.record;
}

async function versions(workspace: Workspace): Promise<(readonly [string, string])[]> {
  return (await workspace.history.of("tensor_add")).map(({ happened, text }) => [happened, text] as const);
}

describe("a cell", () => {
  test("names its exercise in a first line that is complete", () => {
    assert.deepEqual(headed("%%exercise tensor_add\nx"), { head: "%%exercise tensor_add\n", name: "tensor_add", text: "x" });
    assert.deepEqual(headed("%%exercise  tensor_add \n"), { head: "%%exercise  tensor_add \n", name: "tensor_add", text: "" });
    for (const source of ["%%exercise tensor_add", "%%exercise\nx", "# %%exercise tensor_add\nx", "%%time\nx", ""]) assert.equal(headed(source), null);
  });

  test("holds a stub if only words of the book are different in it", () => {
    assert.ok(isStub(STUB.replace("Add.", "Add two tensors."), ADD));
    assert.ok(isStub(`${STUB}    # TODO`, ADD));
    assert.ok(!isStub(MINE, ADD));
    assert.ok(!isStub(STUB.replace("    raise", "    total = 1\n    raise"), ADD));
  });
});

describe("a notebook that is opened", () => {
  test("shows what was written in a page", async () => {
    const factory = new IDBFactory();
    await page(factory, record(MINE));
    const cell = new Cell(BLANK);
    await notebook(factory, cell);
    assert.equal(cell.text, MINE);
  });

  test("shows today's stub in place of an old one, and stores nothing", async () => {
    const factory = new IDBFactory();
    const cell = new Cell(BLANK.replace("Add.", "As it was."));
    const { workspace } = await notebook(factory, cell);
    await workspace.flush();
    assert.equal(cell.text, BLANK);
    assert.equal(await stored(factory), undefined);
  });

  test("keeps a text of another day as a version, once", async () => {
    const factory = new IDBFactory();
    await page(factory, record(MINE));
    for (const cell of [new Cell(THEIRS), new Cell(THEIRS)]) {
      const { workspace } = await notebook(factory, cell);
      assert.equal(cell.text, MINE);
      const found = await versions(workspace);
      assert.equal(found.filter(([, text]) => text === THEIRS).length, 1);
      await workspace.history.keep({ exercise: "tensor_add", text: MINE, happened: "checked", outcome: "failed" });
    }
  });

  test("gives the workspace an answer that it has none of", async () => {
    const factory = new IDBFactory();
    const cell = new Cell(MINE);
    const { workspace } = await notebook(factory, cell);
    await workspace.flush();
    assert.equal(cell.text, MINE);
    assert.equal((await stored(factory))?.text, MINE);
    assert.equal((await stored(factory))?.stub, BLANK);
  });

  test("finds an answer that was kept under the exercise's former name", async () => {
    const factory = new IDBFactory();
    await page(factory, record(MINE, { exercise: "add" }));
    const cell = new Cell(BLANK);
    await notebook(factory, cell);
    assert.equal(cell.text, MINE);
  });

  test("leaves alone what is no exercise of the book, and works where nothing is stored", async () => {
    const other = new Cell(MINE, "tensor_other");
    const cell = new Cell(MINE);
    const { workspace, link } = await notebook(undefined, other, cell);
    assert.deepEqual([other.text, cell.text, link.size], [MINE, MINE, 1]);
    assert.equal(workspace.saving.kind, "unsaved");
  });
});

describe("while a notebook is open", () => {
  test("what is typed is stored, and what a page wrote is shown", async () => {
    const factory = new IDBFactory();
    const cell = new Cell(BLANK);
    const { workspace, news } = await notebook(factory, cell);
    cell.type(MINE);
    await workspace.flush();
    assert.equal((await stored(factory))?.text, MINE);
    const other = await open(factory);
    other.write({ ...record(THEIRS), ...other.get("tensor_add"), text: THEIRS });
    await other.flush();
    await workspace.refresh();
    assert.equal(cell.text, THEIRS);
    assert.deepEqual(news.map(({ kind }) => kind), ["taken"]);
    assert.deepEqual(await versions(workspace), [["tab", MINE]], "what was typed here is not lost");
  });

  test("of two texts that were written at once, this one stays and the other is a version", async () => {
    const factory = new IDBFactory();
    const cell = new Cell(BLANK);
    const { workspace, news } = await notebook(factory, cell);
    await page(factory, record(THEIRS));
    cell.type(MINE);
    await workspace.flush();
    assert.equal(cell.text, MINE);
    assert.equal((await stored(factory))?.text, MINE);
    assert.deepEqual(news.map(({ kind }) => kind), ["both"]);
    assert.deepEqual(await versions(workspace), [["other", THEIRS]]);
  });

  test("two cells of one exercise are one answer", async () => {
    const first = new Cell(BLANK);
    const second = new Cell(BLANK);
    await notebook(new IDBFactory(), first, second);
    second.type(MINE);
    assert.equal(first.text, MINE);
  });

  test("a cell that comes is linked, and one that goes is not", async () => {
    const factory = new IDBFactory();
    const gone = new Cell(MINE);
    const { workspace, link } = await notebook(factory, gone);
    const fresh = new Cell(BLANK);
    await link.have([fresh]);
    assert.equal(fresh.text, MINE);
    gone.type(THEIRS);
    fresh.type("x = 1");
    await workspace.flush();
    assert.equal((await stored(factory))?.text, "x = 1");
    assert.equal(gone.text, THEIRS);
  });

  test("a cell that becomes another exercise's takes nothing along", async () => {
    const factory = new IDBFactory();
    const cell = new Cell(MINE, "tensor_other");
    const { link, workspace } = await notebook(factory, cell);
    await workspace.flush();
    assert.equal(await stored(factory), undefined);
    await page(factory, record(THEIRS));
    await workspace.refresh();
    cell.source = `%%exercise tensor_add\n${MINE}`;
    for (let turns = 0; cell.text !== THEIRS; turns += 1) {
      assert.ok(turns < 200, "the cell never showed its new exercise's answer");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(link.size, 1);
    assert.deepEqual(await versions(workspace), [["notebook", MINE]]);
    cell.source = "# a note";
    assert.equal(link.size, 0);
    assert.equal(workspace.get("tensor_add")?.text, THEIRS);
  });

  test("whoever begins on an old record's stub begins with today's", async () => {
    const factory = new IDBFactory();
    await page(factory, record("old", { stub: "old", stub_hash: "9999" }));
    const cell = new Cell(BLANK);
    const { workspace } = await notebook(factory, cell);
    assert.equal(cell.text, BLANK);
    cell.type(MINE);
    await workspace.flush();
    assert.equal((await stored(factory))?.stub_hash, "0123");
  });
});

describe("a check", () => {
  test("counts for the page, although the text is not stored yet", async () => {
    const factory = new IDBFactory();
    const cell = new Cell(BLANK);
    const { workspace } = await notebook(factory, cell);
    cell.type(MINE);
    const kernel = await open(factory); // its own connection, as the worker has
    await judge(kernel, ADD, MINE, "passed");
    await workspace.flush();
    assert.equal((await stored(factory))?.text, MINE);
    assert.equal((await stored(factory))?.passed, MINE);
    assert.deepEqual(await versions(workspace), [["checked", MINE]]);
  });

  test("that judged nothing leaves no trace", async () => {
    const factory = new IDBFactory();
    await judge(await open(factory), ADD, BLANK, "not_written");
    assert.equal(await stored(factory), undefined);
  });
});
