// What a start can begin with instead of unpacking and importing everything anew: Python's memory just after its start,
// and the files of the packages. Made on this device and kept in the browser's cache.
//
// It fits exactly one build, so the build is in its name. One that does not fit or cannot be read is dropped, and
// Python starts as if there had been none. It holds nothing that a learner wrote.

import type { Contents } from "./wheels.ts";

export interface Snapshot {
  readonly memory: Uint8Array;
  readonly files: Contents;
}

const BLOCK = 65_536;

/** The address under which the snapshot of this runtime and this worker is kept; no host is ever asked for it. */
export function snapshotName(root: string, runtime: string, worker: string): string {
  return new URL(`snapshot?${new URLSearchParams({ runtime, worker }).toString()}`, root).href;
}

export async function readSnapshot(name: string): Promise<Snapshot | null> {
  try {
    const kept = await find(name);
    return kept ? unpackSnapshot(await kept.arrayBuffer()) : null;
  } catch {
    await dropSnapshots(name); // what it has is not whole; or there is no cache here
    return null;
  }
}

export async function hasSnapshot(name: string): Promise<boolean> {
  return (await find(name).catch(() => undefined)) !== undefined;
}

/** Keep this one, and none of other builds. */
export async function keepSnapshot(name: string, snapshot: Snapshot): Promise<number> {
  const packed = packSnapshot(snapshot);
  await dropSnapshots(name);
  await (await caches.open(cacheOf(name))).put(name, new Response(packed));
  return packed.byteLength;
}

/** This book's snapshots, whatever their build. */
export async function dropSnapshots(name: string): Promise<void> {
  try {
    await caches.delete(cacheOf(name));
  } catch {
    // Where nothing can be kept nothing has to go.
  }
}

async function find(name: string): Promise<Response | undefined> {
  // Asking first, because to open a cache is to make it.
  return (await caches.has(cacheOf(name))) ? (await caches.open(cacheOf(name))).match(name) : undefined;
}

/** Two books on one host have different roots, and so different caches. */
function cacheOf(name: string): string {
  return `tinytorch-snapshot:${new URL(".", name).pathname}`;
}

interface Head {
  /** Bytes of memory, and which of its blocks are kept: the others are empty. */
  readonly memory: number;
  readonly blocks: readonly number[];
  readonly files: readonly (readonly [path: string, bytes: number])[];
}

/** The length of the head, the head as JSON, the blocks of memory, the files. */
export function packSnapshot({ memory, files }: Snapshot): Uint8Array<ArrayBuffer> {
  const blocks: number[] = [];
  for (let from = 0; from < memory.length; from += BLOCK) {
    if (memory.subarray(from, from + BLOCK).some((byte) => byte !== 0)) blocks.push(from / BLOCK);
  }
  const head: Head = { memory: memory.length, blocks, files: [...files].map(([path, bytes]) => [path, bytes.length]) };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const parts = [...blocks.map((block) => memory.subarray(block * BLOCK, (block + 1) * BLOCK)), ...files.values()];
  const packed = new Uint8Array(4 + json.length + parts.reduce((sum, part) => sum + part.length, 0));
  new DataView(packed.buffer).setUint32(0, json.length);
  packed.set(json, 4);
  let at = 4 + json.length;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** Throws if anything is missing. The files are views into `packed`. */
export function unpackSnapshot(packed: ArrayBuffer): Snapshot {
  let at = 4 + new DataView(packed).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(packed, 4, at - 4))) as Head;
  const memory = new Uint8Array(head.memory);
  const take = (bytes: number): Uint8Array => {
    const part = new Uint8Array(packed, at, bytes);
    at += bytes;
    return part;
  };
  for (const block of head.blocks) memory.set(take(Math.min(BLOCK, memory.length - block * BLOCK)), block * BLOCK);
  const files = new Map(head.files.map(([path, bytes]) => [path, take(bytes)]));
  if (at !== packed.byteLength) throw new Error("the snapshot is longer than it says");
  return { memory, files };
}
