// The page's part of being offline: registers the service worker, and fills what is kept on this device while the
// reader reads. Small: it is loaded on every page, after everything else.

import { bookOf, pageAt, pageOf, pathBelow, runtimeOf, shellOf, successors, unique, type BuildList, type SiteFile } from "./build-list.ts";
import { cacheStorage } from "./cache-storage.ts";
import type { Config } from "./config.ts";
import { idle } from "./idle.ts";
import { Kept, NoRoom, NotBrought, type Wish } from "./kept.ts";
import { savesData } from "./preload.ts";

/** After the page has loaded; a reader who presses Check at once has the network for themselves. */
const AFTER_LOAD = 2_000;
const QUIET = 500;

/** What the reader should know about the copy on this device. */
export interface Standing {
  readonly kind: "filling" | "idle" | "failed";
  /** Of what is wanted; they grow while it is brought, in bytes as they travel. */
  readonly loaded: number;
  readonly total: number;
  readonly reason: string;
}

export type FillOutcome = "done" | "stopped" | "busy";

export class Offline {
  readonly kept: Kept;
  readonly #config: Config;
  readonly #watchers = new Set<(standing: Standing) => void>();
  #standing: Standing = { kind: "idle", loaded: 0, total: 0, reason: "" };
  #filling: AbortController | null = null;

  constructor(config: Config, storage: CacheStorage) {
    this.#config = config;
    this.kept = new Kept(storage, config.root);
  }

  watch(watcher: (standing: Standing) => void): void {
    this.#watchers.add(watcher);
    watcher(this.#standing);
  }

  async build(): Promise<BuildList> {
    return this.kept.list(this.#config.site ?? "");
  }

  /** What this device should have, by the reader's wish. */
  async wanted(build: BuildList, wish: Wish): Promise<SiteFile[]> {
    if (wish === "book") return unique([...basics(build, this.kept.root), ...bookOf(build)]);
    const here = await this.kept.addresses();
    const older = (await this.kept.builds()).filter(({ site }) => site !== build.site);
    const before = older.flatMap((one) => successors(build, one, ({ address }) => here.has(address)));
    return unique([...basics(build, this.kept.root), ...before]);
  }

  /**
   * Bring what is wanted and not here, file by file, and pause while Python is being loaded for the reader. One tab
   * does it at a time. Rejects with what went wrong in words; what has come stays, and the next time goes on from there.
   */
  async fill(): Promise<FillOutcome> {
    const lock = `tinytorch-offline:${this.kept.root}`;
    return navigator.locks.request(lock, { ifAvailable: true }, async (held): Promise<FillOutcome> => {
      if (!held) return "busy";
      const filling = new AbortController();
      this.#filling = filling;
      // Whoever is told of the end must find that it has ended.
      const end = (news: Partial<Standing>): void => {
        this.#filling = null;
        this.#tell({ kind: "idle", reason: "", ...news });
      };
      try {
        await this.#bringAll(filling.signal);
      } catch (error) {
        const stopped = filling.signal.aborted;
        end(stopped ? {} : { kind: "failed", reason: inWords(error) });
        if (stopped) return "stopped";
        throw error;
      }
      end({});
      return "done";
    });
  }

  stop(): void {
    this.#filling?.abort();
  }

  get filling(): boolean {
    return this.#filling !== null;
  }

  async #bringAll(signal: AbortSignal): Promise<void> {
    const build = await this.build();
    const missing = await this.kept.missing(await this.wanted(build, await this.kept.wish()));
    let loaded = 0;
    const total = travelling(missing);
    this.#tell({ kind: "filling", loaded, total, reason: "" });
    // The shell first: with it the build is known, and what the page asks for from then on is kept as it comes.
    const shell = new Set(shellOf(build).map(({ address }) => address));
    const inOrder = [...missing.filter(({ address }) => shell.has(address)), ...missing.filter(({ address }) => !shell.has(address))];
    let shellIsWhole = false;
    for (const file of inOrder) {
      if (!shellIsWhole && !shell.has(file.address)) {
        await this.#addIfNew(build);
        shellIsWhole = true;
      }
      await quiet(signal);
      const weight = travelling([file]) / Math.max(1, file.bytes);
      await this.kept.bring(file, { signal, onBytes: (bytes) => this.#tell({ loaded: loaded + Math.min(bytes, file.bytes) * weight }) });
      loaded += travelling([file]);
      this.#tell({ loaded });
    }
    await this.#addIfNew(build);
    navigator.serviceWorker.controller?.postMessage("sweep");
  }

  /** A tab of an older build does not make that build the newest again. */
  async #addIfNew(build: BuildList): Promise<void> {
    if (!(await this.kept.builds()).some(({ site }) => site === build.site)) await this.kept.add(build);
  }

  #tell(news: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...news };
    for (const watcher of this.#watchers) watcher(this.#standing);
  }
}

/** What everybody gets who comes by: the shell, this page and the first, and what a first Check needs. */
function basics(build: BuildList, root: string): SiteFile[] {
  const path = pathBelow(root, location.href);
  const page = path === null ? undefined : pageAt(build, path);
  return [...shellOf(build), ...(page ? pageOf(build, page.path) : []), ...pageOf(build, "index.html"), ...runtimeOf(build)];
}

/** How many bytes these files are on their way: most hosts compress, the plainest do not. */
export function travelling(files: readonly SiteFile[]): number {
  return files.reduce((sum, { bytes, gzip }) => sum + (hostCompresses() ? Math.min(bytes, gzip) : bytes), 0);
}

function hostCompresses(): boolean {
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return !page || page.encodedBodySize === 0 || page.encodedBodySize < page.decodedBodySize || fromStore(page);
}

/** What the service worker answers has no sizes of the wire. */
function fromStore(page: PerformanceNavigationTiming): boolean {
  return page.workerStart > 0;
}

export function inWords(error: unknown): string {
  if (error instanceof NoRoom) return "This device has no room left for it. What is here already stays; free some space and go on.";
  if (error instanceof NotBrought) return `It was interrupted: ${error.message}. What is here already stays; go on when the network is back.`;
  return `It was interrupted: ${error instanceof Error ? error.message : String(error)}.`;
}

/** Register the service worker and begin to fill; where there is none the page simply works without. */
export async function beOffline(config: Config): Promise<Offline | null> {
  const storage = cacheStorage();
  if (config.site === null || !globalThis.isSecureContext || !("serviceWorker" in navigator) || !storage) return null;
  const { site } = config;
  navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
    if (data === "which build?") ports[0]?.postMessage(site);
  });
  navigator.serviceWorker.startMessages();
  const offline = new Offline(config, storage);
  try {
    // Where it is forbidden, this may throw, or give nothing.
    const registered: unknown = await navigator.serviceWorker.register(`${config.root}sw.js`, { scope: config.root, updateViaCache: "none" });
    if (!registered) return null;
    await offline.kept.wish(); // so may storage
  } catch {
    return null;
  }
  return offline;
}

export async function fillInTheBackground(offline: Offline): Promise<void> {
  await loaded();
  await new Promise((resolve) => setTimeout(resolve, AFTER_LOAD));
  const wish = await offline.kept.wish();
  if (wish === "nothing" || (wish !== "book" && savesData())) {
    document.documentElement.dataset["kept"] = "spared";
    return;
  }
  const outcome = await offline.fill().catch(() => "failed");
  // For tests and for whoever looks: this page's build can be read and run without a network.
  if (outcome === "done") document.documentElement.dataset["kept"] = "ready";
}

function loaded(): Promise<void> {
  return new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else window.addEventListener("load", () => resolve(), { once: true });
  });
}

/** Wait while a box of the page loads Python or runs something: the reader's own start comes first. */
async function quiet(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  while (document.querySelector('[data-exercise] [data-role="progress"]:not([hidden]), [data-experiment] [data-role="progress"]:not([hidden]), [data-integration] [data-role="progress"]:not([hidden]), output[aria-busy="true"]')) {
    await new Promise((resolve) => setTimeout(resolve, QUIET));
    signal.throwIfAborted();
  }
  await idle(50);
}
