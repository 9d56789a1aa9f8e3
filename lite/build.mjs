// Bundle the page's TypeScript into build/js, which the site serves as _static/tinytorch.
//
// main.js is small and the same on every page; what a page with exercises needs besides is in chunks that carry
// a hash of their content. The worker is built first: its own hash becomes part of the address at which the page
// asks for it, so that a page never talks to a worker of another build.

import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
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

const worker = await readFile(`${outdir}/worker.js`);
const hash = createHash("sha256").update(worker).digest("hex").slice(0, 12);

await build({
  ...shared,
  entryPoints: [source("main.ts"), { in: source("page.css"), out: "main" }],
  splitting: true,
  chunkNames: "[name]-[hash]",
  define: { WORKER_VERSION: JSON.stringify(hash) },
});
