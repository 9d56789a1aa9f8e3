import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";

import { eraseEverything, type Places } from "../src/erase.ts";
import { Workspace } from "../src/workspace.ts";
import { FakeCaches } from "./fake-caches.ts";

const record = {
  exercise: "tensor_add",
  text: "mine",
  stub: "stub",
  stub_hash: "0123",
  passed: "mine",
  failed: null,
  updated: "2026-01-01T00:00:00.000Z",
};
const ROOT = "https://book.example/some/course/";
const OURS = ["tinytorch-files:/some/course/", "tinytorch-builds:/some/course/", "tinytorch-snapshot:/some/course/"];
const OTHERS = ["tinytorch-files:/another/", "tinytorch-snapshot:/another/", "something else"];

class Notes {
  readonly kept = new Map([
    ["tinytorch:ran:01_tensor", "1"],
    ["tinytorch:ran:", "1"],
    ["tinytorch-fork:ran:01_tensor", "1"],
    ["mode", "dark"],
  ]);
  get length(): number {
    return this.kept.size;
  }
  key(at: number): string | null {
    return [...this.kept.keys()][at] ?? null;
  }
  removeItem(key: string): void {
    this.kept.delete(key);
  }
}

class Caches extends FakeCaches {
  has(name: string): Promise<boolean> {
    return Promise.resolve(this.caches.has(name));
  }
  keys(): Promise<string[]> {
    return Promise.resolve([...this.caches.keys()]);
  }
}

interface Device extends Places {
  readonly workspace: Workspace;
  readonly factory: IDBFactory;
  readonly kept: Notes;
  readonly stored: Caches;
}

async function device(): Promise<Device> {
  const factory = new IDBFactory();
  const kept = new Notes();
  const stored = new Caches();
  for (const name of [...OURS, ...OTHERS]) await stored.open(name);
  Object.assign(globalThis, { caches: stored }); // where snapshots are looked for
  const workspace = await Workspace.open({ book: "tinytorch", factory, channel: null });
  workspace.write(record);
  await workspace.flush();
  await workspace.aside.set(1, true);
  const config = { book: "tinytorch", root: ROOT, site: "1" };
  return {
    workspace,
    config,
    databases: factory,
    notes: kept as unknown as Storage,
    caches: stored as unknown as CacheStorage,
    factory,
    kept,
    stored,
  };
}

const names = async ({ factory }: Device): Promise<(string | undefined)[]> => (await factory.databases()).map(({ name }) => name);

describe("erasing everything", () => {
  const network = (answer: () => Promise<Response>) => mock.method(globalThis, "fetch", answer);

  test("leaves nothing of this book, and everything of others", async () => {
    const fetching = network(() => Promise.resolve(Response.json({ site: "2" })));
    const here = await device();
    await Workspace.open({ book: "another", factory: here.factory, channel: null });
    await eraseEverything(here, () => assert.fail("nobody is in the way"));
    fetching.mock.restore();
    assert.deepEqual(await names(here), ["another"]);
    assert.deepEqual([...here.kept.kept.keys()], ["tinytorch-fork:ran:01_tensor", "mode"]);
    assert.deepEqual([...here.stored.caches.keys()], OTHERS);
  });

  test("leaves the copy of the book where there is no network to bring another", async () => {
    const fetching = network(() => Promise.reject(new TypeError("offline")));
    const here = await device();
    await eraseEverything(here, () => undefined);
    fetching.mock.restore();
    assert.deepEqual(await names(here), []);
    assert.deepEqual([...here.stored.caches.keys()], [...OURS.slice(0, 2), ...OTHERS]);
  });

  test("tells the other tab, whose last words do not bring anything back", async () => {
    const here = await device();
    const other = await Workspace.open({ book: "tinytorch", factory: here.factory, channel: null });
    other.write({ ...record, text: "typed and not saved yet" });
    const told = new Promise<void>((resolve) => other.onErased(resolve));
    await here.workspace.erase(() => undefined);
    await told;
    other.leave();
    await other.flush();
    assert.deepEqual(await names(here), []);
    const next = await Workspace.open({ book: "tinytorch", factory: here.factory, channel: null });
    assert.deepEqual([next.all(), next.aside.modules], [[], []]);
  });

  test("says so where a tab does not hear, and goes on once it is closed", async () => {
    const here = await device();
    const deaf = await new Promise<IDBDatabase>((resolve) => {
      const request = here.factory.open("tinytorch");
      request.onsuccess = () => resolve(request.result);
    });
    const blocked = new Promise<void>((resolve) => {
      void here.workspace.erase(resolve).then(() => assert.ok(closed, "erased under another tab's hands"));
    });
    let closed = false;
    await blocked;
    closed = true;
    deaf.close();
    await here.workspace.flush();
    assert.deepEqual(await names(here), []);
  });
});
