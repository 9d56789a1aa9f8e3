// Progress of a download in MB, and the bar that shows it.

import { element } from "./dom.ts";
import type { Progress } from "./protocol.ts";

/** Counts bytes of files whose sizes are known beforehand; pure, so that it runs in the worker too. */
export class Meter {
  readonly #expected = new Map<string, number>();
  readonly #loaded = new Map<string, number>();

  expect(file: string, bytes: number): void {
    this.#expected.set(file, bytes);
  }

  add(file: string, bytes: number): void {
    if (this.#expected.has(file)) this.#loaded.set(file, (this.#loaded.get(file) ?? 0) + bytes);
  }

  /** For files that are not seen while they arrive (modules), or that are asked for again. */
  complete(file: string): void {
    const bytes = this.#expected.get(file);
    if (bytes !== undefined) this.#loaded.set(file, bytes);
  }

  get total(): number {
    let sum = 0;
    for (const bytes of this.#expected.values()) sum += bytes;
    return sum;
  }

  /** Never more than the total: a file larger than its manifest says is the manifest's mistake. */
  get loaded(): number {
    let sum = 0;
    for (const [file, bytes] of this.#loaded) sum += Math.min(bytes, this.#expected.get(file) ?? 0);
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
  if (progress === null) {
    host.replaceChildren();
    return;
  }
  let bar = host.querySelector("progress");
  let label = host.querySelector("span");
  if (!bar || !label) {
    bar = element("progress", { "aria-label": "Python is being loaded" });
    label = element("span");
    host.classList.add("tt-progress");
    host.replaceChildren(bar, label);
  }
  // Without a value the bar is indeterminate: true before the sizes are known, and after the last byte.
  if (progress.total > 0 && progress.loaded < progress.total) {
    bar.max = progress.total;
    bar.value = progress.loaded;
  } else {
    bar.removeAttribute("value");
  }
  label.textContent = describe(progress);
}
