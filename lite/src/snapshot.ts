// What a start can begin with instead of unpacking and importing everything anew: Python's memory just after its start,
// and the files of the packages. Made on this device and kept in the browser's cache.
//
// It fits exactly one build, so the build is in its name. One that does not fit or cannot be read is dropped, and
// Python starts as if there had been none. It holds nothing that a learner wrote.

import type { Links } from "./libraries.ts";
import { fill } from "./sparse.ts";
import type { Contents } from "./wheels.ts";

/** All but the memory itself, which is never there twice: it is larger than anything else. */
export interface Snapshot {
  readonly files: Contents;
  readonly links: Links;
}

/** One that was found, and whose memory waits for a Python to be read into. */
export interface ReadSnapshot extends Snapshot {
  readonly fill: (heap: Uint8Array) => Promise<void>;
}

/** A snapshot that is there and has not been read. */
export interface KeptSnapshot {
  readonly memory: Response;
  readonly files: Response;
}

/** The address under which the snapshot of this runtime and this worker is kept; no host is ever asked for it. */
export function snapshotName(root: string, runtime: string, worker: string): string {
  return new URL(`snapshot?${new URLSearchParams({ runtime, worker }).toString()}`, root).href;
}

/** Null if there is none, or nothing can be kept here. */
export async function findSnapshot(name: string): Promise<KeptSnapshot | null> {
  try {
    // Asking first, because to open a cache is to make it.
    if (!(await caches.has(cacheOf(name)))) return null;
    const cache = await caches.open(cacheOf(name));
    const [memory, files] = await Promise.all([cache.match(name), cache.match(filesOf(name))]);
    return memory && files ? { memory, files } : null;
  } catch {
    return null;
  }
}

/** Throws if it is not whole. */
export async function readSnapshot({ files, memory }: KeptSnapshot): Promise<ReadSnapshot> {
  const snapshot = unpack(await files.arrayBuffer());
  const bytes = memory.body;
  if (!bytes) throw new Error("the snapshot has no memory");
  return { ...snapshot, fill: (heap) => fill(heap, snapshot.links.runs, bytes) };
}

/** Keep this one, and none of other builds. Whatever comes in pieces is there a piece at a time. */
export async function keepSnapshot(name: string, snapshot: Snapshot, memory: Iterable<Uint8Array>): Promise<void> {
  await dropSnapshots(name);
  const cache = await caches.open(cacheOf(name));
  await cache.put(filesOf(name), new Response(streamOf(pack(snapshot))));
  await cache.put(name, new Response(streamOf(memory)));
}

function streamOf(pieces: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const rest = pieces[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const next = rest.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
}

/** This book's snapshots, whatever their build. */
export async function dropSnapshots(name: string): Promise<void> {
  try {
    await caches.delete(cacheOf(name));
  } catch {
    // Where nothing can be kept nothing has to go.
  }
}

/** Two books on one host have different roots, and so different caches. */
function cacheOf(name: string): string {
  return `tinytorch-snapshot:${new URL(".", name).pathname}`;
}

function filesOf(name: string): string {
  return `${name}&files`;
}

interface List {
  readonly sizes: readonly (readonly [path: string, bytes: number])[];
  readonly links: Links;
}

/** The length of the list, the list as JSON, the files. */
export function pack({ files, links }: Snapshot): Uint8Array[] {
  const sizes = [...files].map(([path, bytes]) => [path, bytes.length] as const);
  const json = new TextEncoder().encode(JSON.stringify({ sizes, links } satisfies List));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return [length, json, ...files.values()];
}

/** Throws if anything is missing. The files are views into `packed`. */
export function unpack(packed: ArrayBuffer): Snapshot {
  let at = 4 + new DataView(packed).getUint32(0);
  const { sizes, links } = JSON.parse(new TextDecoder().decode(new Uint8Array(packed, 4, at - 4))) as List;
  const files = new Map<string, Uint8Array>();
  for (const [path, bytes] of sizes) {
    files.set(path, new Uint8Array(packed, at, bytes));
    at += bytes;
  }
  if (at !== packed.byteLength) throw new Error("there is more than the files");
  return { files, links };
}
