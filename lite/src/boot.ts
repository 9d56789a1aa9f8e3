// From nothing to a Python that has the packages of a first check in its file system and has imported none of them.
// What can go on side by side does: downloads, the engine's compilation, the unpacking, the reading of a snapshot.

import type { loadPyodide as LoadPyodide, PyodideInterface } from "pyodide";
import type { Downloads } from "./downloads.ts";
import { compileAll, withLibraries, withMemory } from "./libraries.ts";
import type { Meter } from "./progress.ts";
import { engineOf, modulesOf, type RuntimeFiles } from "./runtime.ts";
import type { ReadSnapshot } from "./snapshot.ts";
import { timed } from "./spans.ts";
import { searchPath, unpack, write, type Contents, type FileSystem } from "./wheels.ts";

interface Loader {
  readonly loadPyodide: typeof LoadPyodide;
}

/** Pyodide's second module: what makes the engine run. */
interface Glue {
  readonly default: Parameters<typeof withLibraries>[0];
}

/** What every start needs, and what can begin before anything is known of packages or snapshots. */
export interface Engine {
  readonly module: Promise<WebAssembly.Module>;
  readonly modules: Promise<readonly [Loader, Glue]>;
}

export interface BootOptions {
  readonly engine: Engine;
  readonly files: RuntimeFiles;
  readonly downloads: Downloads;
  readonly packages: readonly string[];
  /** Without it Python imports its own library once more, and the packages have to come and be unpacked. */
  readonly snapshot: ReadSnapshot | null;
  /** Shared libraries that are there before Python starts, as files below site-packages. */
  readonly libraries: readonly string[];
  /** True for a Python that is started only to make a snapshot of it. */
  readonly recording: boolean;
}

export interface Booted {
  readonly pyodide: PyodideInterface;
  /** All that was written into its file system. */
  readonly contents: Contents;
}

export function startEngine(runtime: string, downloads: Downloads, meter: Meter): Engine {
  const engine = {
    module: timed("engine", () => compile(engineOf(runtime), downloads)),
    modules: timed("modules", () => importModules(runtime, downloads, meter)),
  };
  for (const promise of Object.values(engine)) promise.catch(() => undefined); // heard by whoever boots with it
  return engine;
}

export async function boot(options: BootOptions): Promise<Booted> {
  const { engine, files, downloads, packages, snapshot, libraries, recording } = options;
  const unpacked = snapshot ? Promise.resolve(snapshot.files) : unpackAll(files, packages, downloads);
  const compiled = unpacked.then((contents) => compileAll(libraries, contents));
  compiled.catch(() => undefined); // heard below, unless the start fails before
  const [{ loadPyodide }, glue] = await engine.modules;
  const linked = libraries.length > 0 ? withLibraries(glue.default, libraries, compiled) : glue.default;
  const restoring = snapshot && {
    _loadSnapshot: Uint8Array.from(snapshot.links.head),
    createPyodideModule: withMemory(linked, snapshot.links.memory, snapshot.fill),
  };
  let sitePackages = "";
  const load = (): Promise<PyodideInterface> =>
    loadPyodide({
      indexURL: files.core,
      packageBaseUrl: files.base,
      lockFileContents: JSON.stringify(files.lock),
      env: { PYTHONPATH: searchPath(packages.map((name) => files.wheel(name).file)) },
      fsInit: (_, places) => {
        ({ sitePackages } = places);
        return Promise.resolve();
      },
      createPyodideModule: linked,
      ...restoring,
      ...(recording ? { _makeSnapshot: true } : {}),
    });
  const pyodide = await timed("Pyodide", () => withEngine(engine.module, load));
  const contents = await timed("packages", () => unpacked);
  write(pyodide.FS as FileSystem, sitePackages, contents);
  // So that Pyodide does not bring what is there when another package depends on it. A snapshot wants this list empty.
  if (!recording) for (const name of packages) pyodide.loadedPackages[name] = "default channel";
  (pyodide.pyimport("importlib") as { invalidate_caches(): void }).invalidate_caches();
  return { pyodide, contents };
}

async function unpackAll(files: RuntimeFiles, packages: readonly string[], downloads: Downloads): Promise<Contents> {
  const all = packages.map(async (name) => {
    const { address, file } = files.wheel(name);
    const response = await downloads.fetch(address, { integrity: files.integrity(address) });
    return unpack(file, new Uint8Array(await response.arrayBuffer()));
  });
  return new Map((await Promise.all(all)).flatMap((contents) => [...contents]));
}

async function importModules(runtime: string, downloads: Downloads, meter: Meter): Promise<readonly [Loader, Glue]> {
  const modules = await Promise.all(
    modulesOf(runtime).map(async (address) => {
      const loaded = await importModule(address, downloads);
      meter.complete(address);
      return loaded;
    }),
  );
  return modules as unknown as readonly [Loader, Glue];
}

async function importModule(address: string, downloads: Downloads): Promise<unknown> {
  try {
    return await import(address);
  } catch {
    // A module's error does not say what went wrong with its file: ask for the file once more.
    await downloads.fetch(address);
    throw new Error(`${address} could not be run by this browser`);
  }
}

/** Begins at once, where Pyodide would first wait for its modules and for the snapshot. */
async function compile(address: string, downloads: Downloads): Promise<WebAssembly.Module> {
  const arriving = downloads.fetch(address);
  downloads.answer(address, new Response()); // Pyodide asks too; its engine is the one that is compiled here
  const response = await arriving;
  if (response.headers.get("Content-Type") === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** Let Pyodide, while `load` runs, instantiate the engine that is being compiled already. */
async function withEngine<T>(engine: Promise<WebAssembly.Module>, load: () => Promise<T>): Promise<T> {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (_, imports) => {
    const module = await engine;
    return { module, instance: await WebAssembly.instantiate(module, imports) };
  };
  try {
    // An engine that fails is an error here; Pyodide would wait for it for ever.
    return await Promise.race([load(), engine.then(() => new Promise<never>(() => undefined))]);
  } finally {
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}
