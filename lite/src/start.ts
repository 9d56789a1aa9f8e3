// The two ways to a Python that has the packages of a first check: from a snapshot of an earlier start, and from the
// files; and how a snapshot is made.

import type { PyodideInterface } from "pyodide";
import { boot, startEngine, type Booted } from "./boot.ts";
import type { Downloads } from "./downloads.ts";
import { connect, takeMemory } from "./libraries.ts";
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
  const { pyodide, files } = await fromFiles(runtime, null, downloads, meter);
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
  const libraries = snapshot.links.libraries.map(([file]) => file);
  const { pyodide } = await boot({ engine, files, downloads, packages, snapshot, libraries, recording: false });
  connect(pyodide, snapshot.links);
  // What was drawn before the snapshot was made would be drawn again after each start from it.
  (pyodide.pyimport("random") as { seed(): void }).seed();
  return { pyodide, files };
}

/** `libraries` are those to have from the beginning, for a recording. */
async function fromFiles(
  runtime: string,
  libraries: readonly string[] | null,
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
  const what = { snapshot: null, libraries: libraries ?? [], recording: libraries !== null };
  return { files, ...(await boot({ engine, files, downloads, packages, ...what })) };
}

/** Start a Python for nothing but its memory: one that has checked once, without a learner. */
export async function recordSnapshot(
  runtime: string,
  snapshot: string,
  libraries: readonly string[],
  downloads: Downloads,
  meter: Meter,
): Promise<void> {
  const { pyodide, contents } = await fromFiles(runtime, libraries, downloads, meter);
  (pyodide.pyimport("tinytorch.workshop.rehearsal") as { settle(): void }).settle();
  const [links, memory] = takeMemory(pyodide, libraries);
  await keepSnapshot(snapshot, { files: contents, links }, memory);
}
