import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";

import type { BuildList, SiteFile } from "../src/build-list.ts";
import { isOurs, Kept, NoRoom, NotBrought } from "../src/kept.ts";
import { FakeCaches } from "./fake-caches.ts";

const ROOT = "https://host.example/book/";
const realFetch = globalThis.fetch;

async function hash(text: string): Promise<string> {
  return `sha256-${Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toString("base64")}`;
}

async function fileOf(path: string, text: string, version: string, group = "shell"): Promise<SiteFile> {
  const { length } = text;
  return { path, address: `${path}?v=${version}`, bytes: length, gzip: length, integrity: await hash(text), group };
}

async function buildOf(site: string, files: readonly SiteFile[]): Promise<BuildList> {
  return { format: 1, site, digest: await hash(JSON.stringify([files, []])), files, pages: [] };
}

/** A network that gives these answers, in turn for the same address, and remembers how it was asked. */
function network(answers: Readonly<Record<string, readonly (string | number | Error)[]>>): { readonly url: string; readonly cache: string | undefined }[] {
  const asked: { url: string; cache: string | undefined }[] = [];
  globalThis.fetch = (input, init) => {
    const url = input as string;
    const before = asked.filter((one) => one.url === url).length;
    asked.push({ url, cache: init?.cache });
    const all = answers[url.slice(ROOT.length)] ?? [];
    const answer = all[Math.min(before, all.length - 1)];
    if (answer === undefined || answer instanceof Error) return Promise.reject(answer ?? new TypeError("Failed to fetch"));
    if (typeof answer === "number") return Promise.resolve(new Response("part", { status: answer }));
    const headers = { "Content-Encoding": "gzip", "Cross-Origin-Opener-Policy": "same-origin", Vary: "Accept-Encoding" };
    return Promise.resolve(new Response(answer, { headers }));
  };
  return asked;
}

function fresh(): { kept: Kept; caches: FakeCaches } {
  const caches = new FakeCaches();
  return { kept: new Kept(caches as unknown as CacheStorage, ROOT), caches };
}

afterEach(() => {
  globalThis.fetch = realFetch;
});

describe("bringing a file", () => {
  test("takes what the browser has loaded already, and keeps the headers that isolate a page", async () => {
    const { kept } = fresh();
    const asked = network({ "a.js?v=1": ["a()"] });
    await kept.bring(await fileOf("a.js", "a()", "1"));
    assert.deepEqual(asked, [{ url: `${ROOT}a.js?v=1`, cache: "force-cache" }]);
    const copy = await kept.match("a.js?v=1");
    assert.ok(copy);
    assert.equal(await copy.text(), "a()");
    assert.equal(copy.headers.get("Cross-Origin-Opener-Policy"), "same-origin");
    assert.equal(copy.headers.get("Content-Encoding"), null);
    assert.equal(copy.headers.get("Vary"), null);
  });

  test("asks past the browser's cache for a copy that is another build's", async () => {
    const { kept } = fresh();
    const asked = network({ "a.js?v=1": ["another", "a()"] });
    await kept.bring(await fileOf("a.js", "a()", "1"));
    assert.deepEqual(asked.map(({ cache }) => cache), ["force-cache", "reload"]);
    assert.equal(await (await kept.match("a.js?v=1"))?.text(), "a()");
  });

  test("asks for a page by its own name, and never believes the browser's cache about it", async () => {
    const { kept } = fresh();
    const asked = network({ "p.html": ["page"] });
    await kept.bring(await fileOf("p.html", "page", "1", "page"));
    assert.deepEqual(asked, [{ url: `${ROOT}p.html`, cache: "no-cache" }]);
  });

  for (const [what, answers, words] of [
    ["is damaged", ["a("], /arrived changed, so it was not kept/],
    ["is missing", [404], /is not there \(404\)/],
    ["comes as a part", [206], /is not there \(206\)/],
    ["does not come", [new TypeError("Failed to fetch")], /the network did not answer/],
  ] as const) {
    test(`says when it ${what}, and keeps nothing`, async () => {
      const { kept } = fresh();
      network({ "a.js?v=1": answers });
      await assert.rejects(kept.bring(await fileOf("a.js", "a()", "1")), (error) => error instanceof NotBrought && words.test(error.message));
      assert.equal((await kept.addresses()).size, 0);
    });
  }

  test("says that there is no room", async () => {
    const { kept, caches } = fresh();
    network({ "a.js?v=1": ["a()"] });
    (await caches.open("tinytorch-files:/book/")).full = true;
    await assert.rejects(kept.bring(await fileOf("a.js", "a()", "1")), NoRoom);
  });

  test("does not download a content that an older build has here under another address", async () => {
    const { kept } = fresh();
    const asked = network({ "content/1/a.json?v=1": ["{}"] });
    const older = await fileOf("content/1/a.json", "{}", "1");
    await kept.bring(older);
    await kept.add(await buildOf("11111111", [older]));
    await kept.bring({ ...older, path: "content/2/a.json", address: "content/2/a.json?v=2" });
    assert.equal(asked.length, 1);
    assert.equal(await (await kept.match("content/2/a.json?v=2"))?.text(), "{}");
  });
});

describe("builds", () => {
  test("are known only once their shell is whole", async () => {
    const { kept } = fresh();
    const files = [await fileOf("a.js", "a()", "1")];
    await assert.rejects(kept.add(await buildOf("11111111", files)), /not whole/);
    assert.deepEqual(await kept.builds(), []);
  });

  test("that no page shows are forgotten, with the files that no other build needs", async () => {
    const { kept } = fresh();
    network({ "a.js?v=1": ["old"], "a.js?v=2": ["new"], "same.css?v=0": ["p{}"] });
    const [same, old, now] = [await fileOf("same.css", "p{}", "0"), await fileOf("a.js", "old", "1"), await fileOf("a.js", "new", "2")];
    for (const file of [same, old, now]) await kept.bring(file);
    await kept.add(await buildOf("11111111", [same, old]));
    await new Promise((resolve) => setTimeout(resolve, 2)); // the newest is the one that was added last
    await kept.add(await buildOf("22222222", [same, now]));
    await kept.sweep(new Set(["11111111"]));
    assert.deepEqual([...(await kept.addresses())].sort(), ["a.js?v=1", "a.js?v=2", "same.css?v=0"]);
    await kept.sweep(new Set());
    assert.deepEqual([...(await kept.addresses())].sort(), ["a.js?v=2", "same.css?v=0"]);
    assert.deepEqual((await kept.builds()).map(({ site }) => site), ["22222222"]);
  });

  test("of another book on the same host are not touched", () => {
    assert.ok(isOurs("tinytorch-files:/book/", ROOT));
    assert.ok(!isOurs("tinytorch-files:/other/book/", ROOT));
    assert.ok(!isOurs("precache", ROOT));
  });
});

describe("the reader's wish", () => {
  test("is that what was read is kept, until they say otherwise", async () => {
    const { kept } = fresh();
    assert.equal(await kept.wish(), "read");
    await kept.setWish("book");
    assert.equal(await kept.wish(), "book");
    await kept.clear();
    assert.equal(await kept.wish(), "nothing");
  });
});
