// Start the pinned Pyodide in Node, with the pinned wheels, and let in_pyodide.py rewrite them.
//
//     node lite/runtime/bytecode.mjs <folder of the pinned files> <folder for the result> <what to do, as JSON>
//
// Python's text is compiled by the very interpreter that will run it, in WebAssembly: every machine makes the
// same bytes, whatever Python it has itself.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [cache, out, job] = [resolve(process.argv[2]), resolve(process.argv[3]), process.argv[4]];
const { lock } = JSON.parse(job);

try {
  const { loadPyodide } = await import(pathToFileURL(`${cache}/pyodide.mjs`).href);
  const pyodide = await loadPyodide({
    indexURL: cache,
    packageBaseUrl: `${cache}/`,
    lockFileContents: JSON.stringify(lock),
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
    stderr: () => undefined,
    stdout: () => undefined,
  });
  await pyodide.loadPackage(Object.keys(lock.packages), { messageCallback: () => undefined });
  for (const [place, root] of Object.entries({ "/pinned": cache, "/out": out })) {
    pyodide.FS.mkdir(place);
    pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root }, place);
  }
  pyodide.runPython(readFileSync(new URL("in_pyodide.py", import.meta.url), "utf8"));
  pyodide.globals.get("main")(job);
} catch (error) {
  // The stack holds a megabyte of Pyodide's own text; the message says what happened.
  process.stderr.write(`${error.type ?? error.name}: ${error.message}\n`);
  process.exitCode = 1;
}
