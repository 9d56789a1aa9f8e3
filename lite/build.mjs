// Bundle the page's TypeScript into build/js, which the site serves as _static/tinytorch.
//
// main.js is small and the same on every page; what a page with exercises needs besides is in chunks that carry
// a hash of their content. The worker is built first: its own hash becomes part of its name, so that a page never
// talks to a worker of another build. sw.js and sw-off.js are the site's service worker and its opposite; the
// assembling of the site puts one of them at the root. build/js-lite is for JupyterLite, whose pages load remoteEntry.

import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = (name) => fileURLToPath(new URL(`src/${name}`, import.meta.url));
const outdir = fileURLToPath(new URL("../build/js", import.meta.url));

const shared = {
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  outdir,
};

await rm(outdir, { recursive: true, force: true });
await build({ ...shared, entryPoints: [source("worker.ts")] });
await build({ ...shared, format: "iife", entryPoints: { sw: source("sw/main.ts"), "sw-off": source("sw/off.ts") } });

const hash = createHash("sha256").update(await readFile(`${outdir}/worker.js`)).digest("hex").slice(0, 12);
const worker = `worker-${hash}.js`;
await rename(`${outdir}/worker.js`, `${outdir}/${worker}`);

await build({
  ...shared,
  entryPoints: [source("main.ts"), { in: source("page.css"), out: "main" }],
  splitting: true,
  chunkNames: "[name]-[hash]",
  define: { WORKER: JSON.stringify(`./${worker}`) },
});

// Each file of JupyterLite's is whole in itself: its pages are not updated together with the book's.
const lite = { ...shared, outdir: fileURLToPath(new URL("../build/js-lite", import.meta.url)) };
await rm(lite.outdir, { recursive: true, force: true });
await build({ ...lite, entryPoints: [source("notebook/kernel.ts")] });
await build({ ...lite, entryNames: "[name].[hash]", entryPoints: [source("notebook/lab.ts")] });
const [lab] = (await readdir(lite.outdir)).filter((name) => name.startsWith("lab."));
await build({
  ...lite,
  format: "iife",
  entryNames: "[name].[hash]",
  entryPoints: { remoteEntry: source("notebook/remote.ts") },
  define: { LAB: JSON.stringify(`./${lab}`) },
});
