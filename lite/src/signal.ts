// How Python hears that it should stop.

/**
 * Shared memory as Pyodide wishes to see it. Pyodide reads the signal and then writes 0, whatever it read: a Stop that
 * fell between the two would be lost, and a tight loop is between the two a few percent of its time. Here reading
 * takes what is there, and writing does nothing.
 */
export function heardOnce(memory: SharedArrayBuffer): Uint8Array {
  const shared = new Uint8Array(memory);
  return Object.defineProperty({}, 0, {
    get: () => (shared[0] === 0 ? 0 : Atomics.exchange(shared, 0, 0)), // a plain look is cheap, and mostly there is nothing
    set: () => undefined,
  }) as Uint8Array;
}
