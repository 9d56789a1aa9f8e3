// Progress of a download in MB, and the bar that shows it.

import { element } from "./dom.ts";
import type { Progress, Trained } from "./protocol.ts";

interface Size {
  readonly bytes: number;
  /** As most hosts send it. */
  readonly compressed: number;
}

/** Counts what travels, which is what a reader waits for; pure, so that it runs in the worker too. */
export class Meter {
  readonly #sizes = new Map<string, Size>();
  readonly #arrived = new Map<string, number>();
  readonly #uncompressed = new Set<string>();

  expect(file: string, bytes: number, compressed: number): void {
    this.#sizes.set(file, { bytes, compressed });
  }

  /** This host sends the file as it is. */
  uncompressed(file: string): void {
    this.#uncompressed.add(file);
  }

  /** So many bytes have arrived, counted after they were unpacked: browsers tell no others. */
  add(file: string, bytes: number): void {
    this.#arrived.set(file, (this.#arrived.get(file) ?? 0) + bytes);
  }

  /** For files that are not seen while they arrive (modules). */
  complete(file: string): void {
    this.#arrived.set(file, Infinity);
  }

  get total(): number {
    return this.#sum(() => 1);
  }

  /** Never more than the total: a file larger than its manifest says is the manifest's mistake. */
  get loaded(): number {
    return this.#sum(({ bytes }, file) => Math.min(1, (this.#arrived.get(file) ?? 0) / bytes));
  }

  #sum(part: (size: Size, file: string) => number): number {
    let sum = 0;
    for (const [file, size] of this.#sizes) {
      sum += part(size, file) * (this.#uncompressed.has(file) ? size.bytes : size.compressed);
    }
    return sum;
  }
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

export function describe(progress: Progress): string {
  if (progress.total === 0) return `${progress.step} …`;
  return `${progress.step}: ${megabytes(progress.loaded)} of ${megabytes(progress.total)} MB`;
}

/** Show progress in `host`, or hide the host when there is none. */
export function showProgress(host: HTMLElement | null, progress: Progress | null): void {
  if (!host) return;
  host.hidden = progress === null;
  if (progress === null) host.replaceChildren();
  else show(host, progress, progress.step, describe(progress));
}

/** How far a run is that counts its steps, in its own words. */
export function showSteps(host: HTMLElement | null, { done, total, words }: Trained): void {
  if (!host) return;
  host.hidden = false;
  show(host, { loaded: done, total }, "How far the run is", words);
}

function show(host: HTMLElement, { loaded, total }: { loaded: number; total: number }, label: string, words: string): void {
  let bar = host.querySelector("progress");
  let line = host.querySelector("span");
  if (!bar || !line) {
    bar = element("progress");
    line = element("span");
    host.classList.add("tt-progress");
    host.replaceChildren(bar, line);
  }
  // Without a value the bar is indeterminate: true before the sizes are known, and after the last byte.
  if (total > 0 && loaded < total) {
    bar.max = total;
    bar.value = loaded;
  } else {
    bar.removeAttribute("value");
  }
  bar.setAttribute("aria-label", label);
  line.textContent = words;
}
