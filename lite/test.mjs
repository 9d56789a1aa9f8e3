// Run test/*.test.ts under node:test, bundled first because Node 20 does not read TypeScript.

import { spawn } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = fileURLToPath(new URL("test", import.meta.url));
const outdir = fileURLToPath(new URL("../build/js-test", import.meta.url));
const tests = (await readdir(folder)).filter((name) => name.endsWith(".test.ts"));

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: tests.map((name) => `${folder}/${name}`),
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
  define: { WORKER: '"./worker.js"' },
});

const built = tests.map((name) => `${outdir}/${name.replace(/\.ts$/, ".mjs")}`);
const run = spawn(process.execPath, ["--enable-source-maps", "--test", ...built], { stdio: "inherit" });
run.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
