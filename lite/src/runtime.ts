// What the site's runtime folder holds: Pyodide, its packages, our wheel. The build wrote a lock and a manifest of it.

import type { Downloads } from "./downloads.ts";
import { fields, list, number, text } from "./parse.ts";
import type { Meter } from "./progress.ts";

interface Lock {
  readonly packages: Readonly<Record<string, { readonly file_name: string; readonly depends: readonly string[] }>>;
}

interface File {
  readonly path: string;
  readonly bytes: number;
  readonly gzip: number;
  readonly integrity: string;
}

const manifestParser = fields<{ files: readonly File[] }>({
  files: list(fields<File>({ path: text, bytes: number, gzip: number, integrity: text })),
});

const ENGINE = "pyodide.asm.wasm";
const LIBRARY = "python_stdlib.zip";
const LOADER = "pyodide.mjs";
const GLUE = "pyodide.asm.mjs";

export class RuntimeFiles {
  readonly lock: Lock;
  /** Where Pyodide itself lies, and where names in the lock start. */
  readonly core: string;
  readonly base: string;
  readonly #files: ReadonlyMap<string, File>;

  private constructor(lock: Lock, files: readonly File[], runtime: string) {
    this.lock = lock;
    this.base = runtime;
    this.core = coreOf(runtime);
    this.#files = new Map(files.map((file) => [new URL(`../${file.path}`, runtime).href, file]));
  }

  static async read(runtime: string, downloads: Downloads): Promise<RuntimeFiles> {
    const [lock, manifest] = await Promise.all([
      downloads.json(`${runtime}pyodide-lock.json`) as Promise<Lock>,
      downloads.json(`${runtime}manifest.json`),
    ]);
    return new RuntimeFiles(lock, manifestParser(manifest, "manifest.json").files, runtime);
  }

  /** All the packages that these need, themselves included. */
  closure(names: readonly string[]): string[] {
    const found = new Set<string>();
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      open.push(...(this.lock.packages[name]?.depends ?? []));
    }
    return [...found];
  }

  wheel(name: string): { readonly address: string; readonly file: string } {
    const found = this.lock.packages[name];
    if (!found) throw new Error(`the lock has no package ${name}`);
    const address = new URL(found.file_name, this.base).href;
    return { address, file: address.slice(address.lastIndexOf("/") + 1) };
  }

  integrity(address: string): string {
    return this.#files.get(address)?.integrity ?? "";
  }

  /** Tell the meter what a start loads: the core and these packages. */
  expect(packages: readonly string[], meter: Meter): void {
    this.#expect([...modulesOf(this.base), ...coreFiles(this.base)], meter);
    this.expectPackages(packages, meter);
  }

  expectPackages(packages: readonly string[], meter: Meter): void {
    this.#expect(packages.map((name) => this.wheel(name).address), meter);
  }

  #expect(addresses: readonly string[], meter: Meter): void {
    for (const address of addresses) {
      const file = this.#files.get(address);
      if (file) meter.expect(address, file.bytes, file.gzip);
    }
  }
}

/** What Pyodide will ask for itself. */
export function coreFiles(runtime: string): string[] {
  return [engineOf(runtime), coreOf(runtime) + LIBRARY];
}

/** Pyodide's own modules; it would itself ask for the second only after the first has run. */
export function modulesOf(runtime: string): [loader: string, glue: string] {
  return [coreOf(runtime) + LOADER, coreOf(runtime) + GLUE];
}

export function engineOf(runtime: string): string {
  return coreOf(runtime) + ENGINE;
}

function coreOf(runtime: string): string {
  return new URL("../pyodide/", runtime).href;
}
