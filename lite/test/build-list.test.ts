import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  bookOf,
  neededFor,
  pageAt,
  pageOf,
  pathBelow,
  readBuildList,
  runtimeOf,
  siteOf,
  successors,
  type BuildList,
  type SiteFile,
} from "../src/build-list.ts";

const ROOT = "https://host.example/some/course/";

function file(path: string, group: string, version = "1"): SiteFile {
  return { path, address: `${path}?v=${version}`, bytes: 10, gzip: 5, integrity: `sha256-${path}${version}`, group };
}

function build(site: string, version: string): BuildList {
  return {
    format: 1,
    site,
    digest: "",
    files: [
      file("_static/main.js", "shell", version),
      file("exercises/01.html", "page", version),
      file("exercises/02.html", "page", version),
      file("_images/plot.svg", "picture", version),
      file("content/x/chapters/01.json", "chapter", version),
      file("runtime/r/b/lock.json", "build", version),
      file("runtime/r/pyodide/core.wasm", "core", version),
      file("runtime/r/pyodide/numpy.whl", "check", version),
      file("runtime/r/pyodide/matplotlib.whl", "plot", version),
      file("runtime/r/data/digits.whl", "data", version),
      file("runtime/r/pyodide/ipython.whl", "notebook", version),
      file("chapters/01.json", "other", version),
    ],
    pages: [
      { path: "exercises/01.html", title: "One", needs: [`_images/plot.svg?v=${version}`, `content/x/chapters/01.json?v=${version}`] },
      { path: "exercises/02.html", title: "Two", needs: [] },
      { path: "index.html", title: "Home", needs: [] },
      { path: "developers/index.html", title: "Developers", needs: [] },
    ],
  };
}

const names = (files: readonly SiteFile[]): string[] => files.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)).sort();

describe("what is ours to answer", () => {
  test("is what lies below the root", () => {
    assert.equal(pathBelow(ROOT, `${ROOT}exercises/01.html?from=mail#part`), "exercises/01.html");
    assert.equal(pathBelow(ROOT, ROOT), "");
    assert.equal(pathBelow(ROOT, `${ROOT}a%20b.html`), "a b.html");
  });

  test("is nothing of JupyterLite, of other places, or of the service worker itself", () => {
    for (const address of [
      `${ROOT}lite/index.html`,
      `${ROOT}lite`,
      `${ROOT}lite/service-worker.js`,
      `${ROOT}offline/newest.json`,
      `${ROOT}sw.js`,
      "https://host.example/some/other/index.html",
      "https://host.example/some/",
      "https://elsewhere.example/some/course/index.html",
    ]) {
      assert.equal(pathBelow(ROOT, address), null, address);
    }
    assert.equal(pathBelow(ROOT, `${ROOT}literature.html`), "literature.html");
  });
});

describe("a page", () => {
  test("is found however its address is written", () => {
    const one = build("a", "1");
    for (const path of ["exercises/01.html", "exercises/01", "exercises/01/"]) assert.equal(pageAt(one, path)?.title, "One", path);
    for (const path of ["", "index.html", "index"]) assert.equal(pageAt(one, path)?.title, "Home", path);
    for (const path of ["developers/", "developers/index.html"]) assert.equal(pageAt(one, path)?.title, "Developers", path);
    assert.equal(pageAt(one, "exercises/03.html"), undefined);
  });

  test("says which build it is of, and a log-in page does not", () => {
    const page = (config: string): string => `<head><script type="application/json" id="tinytorch-config">${config}</script></head>`;
    assert.equal(siteOf(page('{"root": "./", "site": "290604dbff2de866"}')), "290604dbff2de866");
    assert.equal(siteOf(page('{"root": "./", "site": null}')), null);
    assert.equal(siteOf(page('{"site": "../../evil"}')), null);
    assert.equal(siteOf(page("{")), null);
    assert.equal(siteOf("<h1>Log in to the Wi-Fi</h1>"), null);
  });

  test("needs its pictures and its chapter", () => {
    assert.deepEqual(names(pageOf(build("a", "1"), "exercises/01.html")), ["01.html", "01.json", "plot.svg"]);
    assert.deepEqual(names(neededFor(build("a", "1"), "exercises/02.html")), ["02.html", "lock.json", "main.js"]);
  });
});

describe("a build", () => {
  test("brings for a first check its core, and neither plots nor data", () => {
    assert.deepEqual(names(runtimeOf(build("a", "1"))), ["core.wasm", "lock.json", "numpy.whl"]);
  });

  test("is, as a whole book, all that a page asks for", () => {
    assert.equal(bookOf(build("a", "1")).length, 10);
  });

  test("brings what stands for that which an older one had here", () => {
    const had = new Set(["exercises/01.html?v=1", "runtime/r/pyodide/matplotlib.whl?v=1", "runtime/r/data/digits.whl?v=1"]);
    const files = successors(build("b", "2"), build("a", "1"), ({ address }) => had.has(address));
    assert.deepEqual(names(files), ["01.html", "01.json", "digits.whl", "matplotlib.whl", "plot.svg"]);
    assert.ok(files.every(({ address }) => address.endsWith("?v=2")));
  });

  test("is believed only if its list is whole and the one that was asked for", async () => {
    const { files, pages } = build("abcdef12", "1");
    const bytes = new TextEncoder().encode(JSON.stringify([files, pages]));
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("base64");
    const listed = { ...build("abcdef12", "1"), digest: `sha256-${hash}` };
    assert.equal((await readBuildList(JSON.stringify(listed), "abcdef12")).files.length, 12);
    await assert.rejects(readBuildList(JSON.stringify(listed), "12345678"), /did not come whole/);
    await assert.rejects(readBuildList(JSON.stringify({ ...listed, files: files.slice(1) }), "abcdef12"), /did not come whole/);
    await assert.rejects(readBuildList(JSON.stringify(listed).slice(0, 200), "abcdef12"), /not JSON/);
    await assert.rejects(readBuildList(JSON.stringify({ ...listed, format: 2 }), "abcdef12"), /format 2/);
  });
});
