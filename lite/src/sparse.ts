// A quarter of Python's memory is empty: the stack, room to grow. What is empty need not be kept or read, and a browser
// gives memory to nobody who has not written to it.

const BLOCK = 65_536;
const PIECE = 16 * BLOCK;

/** The parts of a memory that are not empty, in order; all others are zero. */
export type Runs = readonly (readonly [at: number, bytes: number])[];

/** `memory` is as long as a number of whole blocks. */
export function runsOf(memory: Uint8Array): Runs {
  const runs: [number, number][] = [];
  for (let at = 0; at < memory.length; at += BLOCK) {
    if (isEmpty(memory, at, BLOCK)) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === at) last[1] += BLOCK;
    else runs.push([at, BLOCK]);
  }
  return runs;
}

/** What is in the runs, in pieces that can be on their way one after the other. */
export function* piecesOf(memory: Uint8Array, runs: Runs): Generator<Uint8Array> {
  for (const [start, length] of runs) {
    for (let at = start; at < start + length; at += PIECE) {
      yield memory.subarray(at, Math.min(at + PIECE, start + length));
    }
  }
}

/** Make a memory what it was, from the bytes of its runs as they come; throws if they are too few or too many. */
export async function fill(memory: Uint8Array, runs: Runs, bytes: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  let end = 0;
  for (const [at, length] of runs) {
    clear(memory, end, at);
    end = at + length;
  }
  clear(memory, end, memory.length);
  const places = runs.values();
  let place: Uint8Array = new Uint8Array();
  const write = (piece: Uint8Array): void => {
    for (let rest = piece; rest.length > 0; ) {
      if (place.length === 0) {
        const next = places.next();
        if (next.done) throw new Error("there is more than the memory");
        place = memory.subarray(next.value[0], next.value[0] + next.value[1]);
      }
      const now = rest.subarray(0, place.length);
      place.set(now);
      place = place.subarray(now.length);
      rest = rest.subarray(now.length);
    }
  };
  for await (const piece of arriving(bytes)) write(piece);
  if (place.length > 0 || !places.next().done) throw new Error("the memory is not whole");
}

interface Reader {
  read(into: Uint8Array<ArrayBuffer>): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>;
  cancel(): Promise<void>;
}

/** The bytes of a stream as they come; a piece is gone when the next one is asked for. */
async function* arriving(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  const reader = readerOf(bytes);
  let buffer = new ArrayBuffer(PIECE);
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      buffer = value.buffer;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** One that writes into a buffer that it is given, where a browser has that: the memory would come again as garbage. */
function readerOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): Reader {
  try {
    return bytes.getReader({ mode: "byob" });
  } catch {
    return bytes.getReader();
  }
}

/** Write zeros only where there is something else, for the sake of memory that nobody has written to. */
function clear(memory: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += BLOCK) {
    if (!isEmpty(memory, at, BLOCK)) memory.fill(0, at, at + BLOCK);
  }
}

function isEmpty(memory: Uint8Array, at: number, bytes: number): boolean {
  const words = new Uint32Array(memory.buffer, memory.byteOffset + at, bytes / 4);
  let index = 0;
  while (words[index] === 0) index += 1;
  return index === words.length;
}
