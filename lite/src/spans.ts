// Where the time of a start goes: named spans, in milliseconds since 1970, so that a page can lay a worker's beside its own.

export interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const spans: Span[] = [];

/** Measure what `work` takes; spans may overlap, for what they name may. */
export async function timed<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const start = now();
  try {
    return await work();
  } finally {
    spans.push({ name, start, end: now() });
  }
}

export function allSpans(): readonly Span[] {
  return spans;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
