// The two ways to a Python that has the packages of a first check: from a snapshot of an earlier start, and from the
// files; and how a snapshot is made.

import type { PyodideInterface } from "pyodide";
import { boot, startEngine, type Booted } from "./boot.ts";
import type { Downloads } from "./downloads.ts";
import type { Meter } from "./progress.ts";
import { coreFiles, RuntimeFiles } from "./runtime.ts";
import { dropSnapshots, findSnapshot, keepSnapshot, readSnapshot, type KeptSnapshot } from "./snapshot.ts";
import { timed } from "./spans.ts";

const PACKAGES = ["numpy", "pytest", "tinytorch"];

export interface Begun {
  readonly pyodide: PyodideInterface;
  readonly files: RuntimeFiles;
  readonly from: "snapshot" | "files";
}

/** From the snapshot if there is one that fits, and else as if there were none. */
export async function startPyodide(
  runtime: string,
  snapshot: string | null,
  downloads: Downloads,
  meter: Meter,
): Promise<Begun> {
  const found = snapshot === null ? null : await findSnapshot(snapshot);
  if (snapshot !== null && found !== null) {
    try {
      return { ...(await fromSnapshot(runtime, found, downloads, meter)), from: "snapshot" };
    } catch {
      // Whatever was wrong, with it or with a file: what follows is compared, and says so.
      await dropSnapshots(snapshot);
      downloads.failure = null;
    }
  }
  const { pyodide, files } = await fromFiles(runtime, false, downloads, meter);
  return { pyodide, files, from: "files" };
}

async function fromSnapshot(
  runtime: string,
  found: KeptSnapshot,
  downloads: Downloads,
  meter: Meter,
): Promise<Omit<Begun, "from">> {
  for (const address of coreFiles(runtime)) downloads.earlyAgain(address);
  const engine = startEngine(runtime, downloads, meter);
  const [files, snapshot] = await Promise.all([
    timed("lock and manifest", () => RuntimeFiles.read(runtime, downloads)),
    timed("snapshot", () => readSnapshot(found)),
  ]);
  const packages = files.closure(PACKAGES);
  const { pyodide } = await boot({ engine, files, downloads, packages, snapshot, recording: false });
  release(snapshot.memory.buffer);
  // What was drawn before the snapshot was made would be drawn again after each start from it.
  (pyodide.pyimport("random") as { seed(): void }).seed();
  return { pyodide, files };
}

/** To send it to nobody is the one way to free it at once. It is larger than anything else here, and copied. */
function release(buffer: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, [buffer]);
  port1.close();
  port2.close();
}

async function fromFiles(
  runtime: string,
  recording: boolean,
  downloads: Downloads,
  meter: Meter,
): Promise<Booted & { readonly files: RuntimeFiles }> {
  const reading = timed("lock and manifest", () => RuntimeFiles.read(runtime, downloads));
  for (const address of coreFiles(runtime)) {
    downloads.early(
      address,
      reading.then((files) => files.integrity(address)),
    );
  }
  const engine = startEngine(runtime, downloads, meter);
  const files = await reading;
  const packages = files.closure(PACKAGES);
  files.expect(packages, meter);
  return { files, ...(await boot({ engine, files, downloads, packages, snapshot: null, recording })) };
}

/** Start a Python for nothing but its memory: with what a check imports of Python's own library, and without a learner. */
export async function recordSnapshot(
  runtime: string,
  snapshot: string,
  modules: readonly string[],
  downloads: Downloads,
  meter: Meter,
): Promise<void> {
  const { pyodide, contents } = await fromFiles(runtime, true, downloads, meter);
  const importlib = pyodide.pyimport("importlib") as { import_module(name: string): unknown };
  for (const name of modules) importlib.import_module(name);
  await keepSnapshot(snapshot, { memory: pyodide.makeMemorySnapshot() as Uint8Array<ArrayBuffer>, files: contents });
}
