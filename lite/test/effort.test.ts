import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";

import { duration, Effort, noSill, REST, sillOf, STORE_WITHIN } from "../src/effort.ts";
import { Notes } from "../src/notes.ts";
import { openStore } from "../src/store.ts";

interface Desk {
  readonly effort: Effort;
  readonly notes: Notes;
  /** Let so many seconds pass, then use an exercise. */
  readonly later: (seconds: number, exercise?: string) => void;
}

async function desk(factory = new IDBFactory(), channel: BroadcastChannel | null = null, sill = noSill): Promise<Desk> {
  const notes = new Notes(await openStore(factory, "tinytorch"), channel);
  let now = 1_000;
  const effort = new Effort(notes, sill, () => now);
  if (channel) channel.onmessage = ({ data }: MessageEvent<{ note: string }>) => notes.changed(data.note);
  await effort.load();
  return {
    effort,
    notes,
    later: (seconds, exercise = "tensor_add") => {
      now += seconds * 1000;
      effort.used(exercise);
    },
  };
}

const spent = async ({ effort }: Desk, exercise = "tensor_add"): Promise<number> => {
  await effort.flush();
  await effort.load();
  return effort.exercises[exercise]?.seconds ?? 0;
};

describe("time", () => {
  test("is what passes between two uses, and not the first use or a long rest", async () => {
    const here = await desk();
    here.later(0);
    assert.equal(await spent(here), 0);
    here.later(10);
    here.later(5);
    assert.equal(await spent(here), 15);
    here.later(REST / 1000); // a device that slept, or a reader who did
    assert.equal(await spent(here), 15);
    here.later(1);
    assert.equal(await spent(here), 16);
  });

  test("does not run while the page is not seen", async () => {
    const here = await desk();
    here.later(0);
    here.effort.away();
    here.later(20);
    assert.equal(await spent(here), 0);
  });

  test("of one exercise is not another's", async () => {
    const here = await desk();
    here.later(0, "tensor_add");
    here.later(10, "tensor_mul");
    here.later(3, "tensor_mul");
    assert.equal(await spent(here, "tensor_add"), 0);
    assert.equal(await spent(here, "tensor_mul"), 3);
  });

  test("is stored a few seconds after it was counted, though the reader goes on", async () => {
    const factory = new IDBFactory();
    const here = await desk(factory);
    const stored = new Promise<void>((resolve) => here.effort.onChange(resolve));
    mock.timers.enable({ apis: ["setTimeout"] });
    for (let second = 0; second <= 4; second += 1) {
      here.later(1);
      mock.timers.tick(STORE_WITHIN / 3);
    }
    mock.timers.reset();
    await stored;
    assert.equal((await desk(factory)).effort.exercises["tensor_add"]?.seconds, 3);
  });

  test("that a page had no turn to store is stored by the next, once", async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const sill = sillOf("tinytorch", () => storage);
    const factory = new IDBFactory();
    const here = await desk(factory, null, sill);
    here.later(0);
    here.later(10);
    here.effort.away();
    here.effort.checked("tensor_add");
    here.effort.away();
    assert.deepEqual([...kept.keys()], ["tinytorch:effort"]);
    const next = await desk(factory, null, sill);
    await next.effort.flush();
    await here.effort.flush();
    await next.effort.load();
    assert.deepEqual(next.effort.exercises, { tensor_add: { checks: 1, seconds: 10 } });
    kept.set("tinytorch:effort", '[["tensor_add", {"checks": "many"}], 7]');
    await next.effort.flush();
    assert.equal(await spent(next), 10);
    assert.equal(kept.size, 0);
  });

  test("of two tabs is added up", async () => {
    const factory = new IDBFactory();
    const [one, other] = [await desk(factory), await desk(factory)];
    for (const tab of [one, other]) {
      tab.later(0);
      tab.later(10);
      tab.effort.checked("tensor_add");
    }
    await Promise.all([one.effort.flush(), other.effort.flush()]);
    assert.deepEqual((await desk(factory)).effort.exercises, { tensor_add: { checks: 2, seconds: 20 } });
  });
});

describe("what is counted", () => {
  test("stays as it is while counting is switched off", async () => {
    const factory = new IDBFactory();
    const here = await desk(factory);
    here.effort.checked("tensor_add");
    await here.effort.setCounting(false);
    here.effort.checked("tensor_add");
    here.later(0);
    here.later(10);
    await here.effort.flush();
    const next = await desk(factory);
    assert.equal(next.effort.counting, false);
    assert.deepEqual(next.effort.exercises, { tensor_add: { checks: 1, seconds: 0 } });
  });

  test("is gone once it is erased, with what another tab had not stored yet", async () => {
    const factory = new IDBFactory();
    const [here, there] = [new BroadcastChannel("effort"), new BroadcastChannel("effort")];
    try {
      const [one, other] = [await desk(factory, here), await desk(factory, there)];
      const told = (): Promise<void> => new Promise((resolve) => other.effort.onChange(resolve));
      const counted = told();
      one.effort.checked("tensor_add");
      await one.effort.flush();
      await counted;
      other.later(0);
      other.later(10);
      const erased = told();
      await one.effort.forget();
      await erased;
      await other.effort.flush();
      assert.deepEqual((await desk(factory)).effort.exercises, {});
    } finally {
      here.close();
      there.close();
    }
  });

  test("begins anew where the note is damaged", async () => {
    const factory = new IDBFactory();
    const here = await desk(factory);
    await here.notes.change("effort", () => ({ counting: "yes", exercises: [] }));
    here.effort.checked("tensor_add");
    assert.equal(await spent(here), 0);
    assert.equal(here.effort.exercises["tensor_add"]?.checks, 1);
  });
});

test("a duration is as precise as it is worth", () => {
  assert.deepEqual([0, 20, 90, 3_599, 3_600, 7_500].map(duration), ["none", "under a minute", "2 min", "1 h 00 min", "1 h 00 min", "2 h 05 min"]);
});
