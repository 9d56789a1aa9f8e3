// NumPy's shared libraries, placed before Python starts, in the order in which Python once loaded them. So they lie at the
// same addresses in a Python that is recorded and in each that begins with the record, and a snapshot can hold NumPy:
// Pyodide itself refuses, because it loads libraries while Python runs, wherever there is room then.

import type { loadPyodide as LoadPyodide, PyodideInterface } from "pyodide";
import { piecesOf, runsOf, type Runs } from "./sparse.ts";
import type { Contents } from "./wheels.ts";

/** What a snapshot's memory says of the world outside of it: it fits only where all of this is the same again. */
export interface Links {
  /** What Pyodide itself notes, byte by byte: it would have it in front of the memory. */
  readonly head: readonly number[];
  /** How large the memory is, and which parts of it are kept. */
  readonly memory: number;
  readonly runs: Runs;
  /** Each library's file, below site-packages, and where Python keeps what it knows of it once it is open. */
  readonly libraries: readonly (readonly [file: string, handle: number])[];
  /** How many functions are in the table into which Python's memory points. */
  readonly functions: number;
}

interface Library {
  global: boolean;
  exports: object;
}

/** What is used of Emscripten's dynamic linker. */
interface Linker {
  HEAP8: Int8Array;
  readonly API: { readonly sitePackages: string };
  readonly LDSO: {
    readonly loadedLibsByName: Record<string, Library | undefined>;
    readonly loadedLibsByHandle: Record<number, Library | undefined>;
  };
  readonly wasmTable: WebAssembly.Table;
  readonly freeTableIndexes: readonly number[];
  readonly HEAPU8: Uint8Array;
  growMemory(bytes: number): unknown;
  newDSO(name: string, handle: undefined, exports: object): Library;
  loadWebAssemblyModule(module: WebAssembly.Module, flags: object, name: string, scope: object): object;
}

type CreateModule = NonNullable<NonNullable<Parameters<typeof LoadPyodide>[0]>["createPyodideModule"]>;

/** Compile these files, while the engine is being compiled. */
export function compileAll(files: readonly string[], contents: Contents): Promise<WebAssembly.Module[]> {
  return Promise.all(
    files.map((file) => {
      const bytes = contents.get(file);
      if (!bytes) throw new Error(`there is no ${file}`);
      return WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
    }),
  );
}

/** Pyodide's way to make its module, but with these libraries in it. */
export function withLibraries(
  create: CreateModule,
  files: readonly string[],
  compiled: Promise<readonly WebAssembly.Module[]>,
): CreateModule {
  return async (settings) => {
    const modules = await compiled;
    const placeAll = (linker: Linker): void => {
      for (const [at, module] of modules.entries()) place(linker, pathOf(linker, files[at] ?? ""), module);
    };
    return create({ ...settings, preRun: [...settings.preRun, placeAll as unknown as (typeof settings.preRun)[number]] });
  };
}

/** The same, and then `fill` writes what the memory was when it was kept. */
export function withMemory(create: CreateModule, bytes: number, fill: (heap: Uint8Array) => Promise<void>): CreateModule {
  return async (settings) => {
    const module = await create(settings);
    const linker = module as unknown as Linker;
    if (bytes > linker.HEAPU8.length) linker.growMemory(bytes);
    await fill(linker.HEAPU8);
    return module;
  };
}

/** When Python imports it, it is there. */
function place(linker: Linker, path: string, module: WebAssembly.Module): void {
  const library = linker.newDSO(path, undefined, {});
  library.global = false;
  library.exports = linker.loadWebAssemblyModule(module, { nodelete: true }, path, {});
}

/**
 * What is to be kept of a Python: its memory, and what that refers to. The memory comes in pieces that are still the
 * Python's own, so it must not run again.
 */
export function takeMemory(pyodide: PyodideInterface, files: readonly string[]): [Links, memory: Generator<Uint8Array>] {
  const linker = linkerOf(pyodide);
  const handles = Object.entries(linker.LDSO.loadedLibsByHandle);
  const libraries = files.map((file) => {
    const library = linker.LDSO.loadedLibsByName[pathOf(linker, file)];
    const found = handles.find(([, held]) => held === library);
    if (!found) throw new Error(`${file} was not opened`);
    return [file, Number(found[0])] as const;
  });
  // The main program is the one library more. Another would have been loaded where there was room.
  if (handles.length !== libraries.length + 1) throw new Error("more libraries are open");
  const memory = linker.HEAPU8;
  const runs = runsOf(memory);
  const links = { head: headOf(pyodide), memory: memory.length, runs, libraries, functions: functionsOf(linker) };
  return [links, piecesOf(memory, runs)];
}

/** Pyodide would copy all of the memory behind its head, and a page that has two Pythons has no room for a third. */
function headOf(pyodide: PyodideInterface): number[] {
  const linker = linkerOf(pyodide);
  const { HEAP8 } = linker;
  linker.HEAP8 = HEAP8.subarray(0, 0);
  try {
    return [...pyodide.makeMemorySnapshot()];
  } finally {
    linker.HEAP8 = HEAP8;
  }
}

/** Give a restored Python what its memory refers to; throws if the two do not fit. */
export function connect(pyodide: PyodideInterface, { libraries, functions }: Links): void {
  const linker = linkerOf(pyodide);
  if (functionsOf(linker) !== functions) throw new Error("the table of functions is another one");
  for (const [file, handle] of libraries) {
    linker.LDSO.loadedLibsByHandle[handle] = linker.LDSO.loadedLibsByName[pathOf(linker, file)];
  }
}

/** Importing `ctypes` takes a place in the table and frees it again. */
function functionsOf({ wasmTable, freeTableIndexes }: Linker): number {
  return wasmTable.length - freeTableIndexes.length;
}

function linkerOf(pyodide: PyodideInterface): Linker {
  return (pyodide as unknown as { readonly _module: Linker })._module;
}

function pathOf({ API }: Linker, file: string): string {
  return `${API.sitePackages}/${file}`;
}
