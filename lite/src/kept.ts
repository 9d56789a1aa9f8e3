// What of the book is kept on this device: files under their versioned addresses, and the lists of the builds that
// they belong to. An address that is kept has the content that its build's list says; nothing unverified gets in.
// The page fills this store and the service worker answers from it, so this file runs in both.

import { readBuildList, runtimeOf, shellOf, type BuildList, type SiteFile } from "./build-list.ts";
import { matches } from "./integrity.ts";
import { release } from "./release.ts";

/** Marks a request of this file's own, which the service worker leaves to the network. */
export const BRINGING = "X-TinyTorch-Bringing";

export class NotBrought extends Error {
  override readonly name = "NotBrought";
}

/** The device has no room; what is kept already stays. */
export class NoRoom extends Error {
  override readonly name = "NoRoom";
}

/** `book`: all of it is wanted. `paused`: all of it was, and the reader stopped. `nothing`: the reader removed it. */
export type Wish = "read" | "book" | "paused" | "nothing";
const WISHES: readonly Wish[] = ["read", "book", "paused", "nothing"];

export interface BringOptions {
  readonly signal?: AbortSignal;
  /** Called with how many of the file's bytes have come, uncompressed. */
  readonly onBytes?: (loaded: number) => void;
}

export class Kept {
  readonly root: string;
  readonly #files: string;
  readonly #builds: string;
  readonly #storage: CacheStorage;
  readonly #lists = new Map<string, BuildList>();
  readonly #asked = new Map<string, Promise<BuildList>>();

  /** Two books on one host have different roots, and so different caches. */
  constructor(storage: CacheStorage, root: string) {
    const { pathname } = new URL(root);
    this.root = root;
    this.#storage = storage;
    this.#files = `tinytorch-files:${pathname}`;
    this.#builds = `tinytorch-builds:${pathname}`;
  }

  async match(address: string): Promise<Response | undefined> {
    const files = await this.#storage.open(this.#files);
    return files.match(this.root + address, { ignoreVary: true });
  }

  /** The addresses of everything that is here. */
  async addresses(): Promise<ReadonlySet<string>> {
    const files = await this.#storage.open(this.#files);
    return new Set((await files.keys()).map(({ url }) => url.slice(this.root.length)));
  }

  async missing(wanted: readonly SiteFile[]): Promise<SiteFile[]> {
    const here = await this.addresses();
    return wanted.filter(({ address }) => !here.has(address));
  }

  /** Keep these bytes if they are what the list says; tells whether they were. */
  async keep(file: SiteFile, bytes: ArrayBuffer, headers: Headers): Promise<boolean> {
    if (!(await matches(bytes, file.integrity))) return false;
    const files = await this.#storage.open(this.#files);
    await orNoRoom(files.put(this.root + file.address, kept(bytes, headers)));
    return true;
  }

  isWhole(file: SiteFile, bytes: ArrayBuffer): Promise<boolean> {
    return matches(bytes, file.integrity);
  }

  /**
   * Download a file and keep it. What the browser has in its own cache is asked for first: what the page has just
   * loaded does not travel twice. A copy that is not the book's is asked for again, past that cache.
   */
  async bring(file: SiteFile, { signal, onBytes }: BringOptions = {}): Promise<void> {
    const older = await this.#sameContent(file);
    if (older && (await this.keep(file, await older.arrayBuffer(), older.headers))) return;
    // A page's own address has no version, and may be in the browser's cache with an older content.
    const page = file.path.endsWith(".html");
    const address = this.root + (page ? file.path : file.address);
    for (const cache of page ? (["no-cache", "reload"] as const) : (["force-cache", "reload"] as const)) {
      const response = await ask(address, { cache, headers: { [BRINGING]: "1" }, ...(signal ? { signal } : {}) });
      // A host that always sends a part is none that a copy can be made from.
      if (response.status !== 200) {
        if (cache !== "reload") continue;
        throw new NotBrought(`${file.path} is not there (${response.status})`);
      }
      const bytes = await read(response, file.bytes, onBytes).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw error instanceof NotBrought ? error : new NotBrought(`${file.path} did not come completely`);
      });
      const whole = await this.keep(file, bytes, response.headers);
      release(bytes); // one after the other, they would else be here all together before they are collected
      if (whole) return;
    }
    throw new NotBrought(`${file.path} arrived changed, so it was not kept`);
  }

  /** A file of the same content under another address: a chapter that did not change, in a newer build. */
  async #sameContent(file: SiteFile): Promise<Response | undefined> {
    for (const build of await this.builds()) {
      for (const other of build.files) {
        if (other.integrity !== file.integrity || other.address === file.address) continue;
        if (nameOf(other.path) !== nameOf(file.path)) continue;
        const response = await this.match(other.address);
        if (response) return response;
      }
    }
    return undefined;
  }

  /** The builds whose shell is whole, newest first. */
  async builds(): Promise<readonly BuildList[]> {
    const cache = await this.#storage.open(this.#builds);
    const found: { readonly added: number; readonly build: BuildList }[] = [];
    for (const { url } of await cache.keys()) {
      if (!url.endsWith(".json")) continue;
      const response = await cache.match(url);
      if (!response) continue;
      const site = url.slice(url.lastIndexOf("/") + 1, -".json".length);
      const build = this.#lists.get(site) ?? (await readBuildList(await response.text(), site).catch(() => null));
      if (!build) continue;
      this.#lists.set(site, build);
      found.push({ added: Number(response.headers.get("X-Added")), build });
    }
    return found.sort((a, b) => b.added - a.added).map(({ build }) => build);
  }

  async list(site: string): Promise<BuildList> {
    const known = (await this.builds()).find((build) => build.site === site);
    if (known) return known;
    const asked = this.#asked.get(site) ?? this.#askForList(site);
    this.#asked.set(site, asked);
    asked.catch(() => this.#asked.delete(site));
    return asked;
  }

  async #askForList(site: string): Promise<BuildList> {
    const response = await ask(`${this.root}offline/${site}.json`, { cache: "no-cache", headers: { [BRINGING]: "1" } });
    if (!response.ok) throw new NotBrought(`the list of build ${site} is not there (${response.status})`);
    return readBuildList(await response.text(), site);
  }

  /** Which build the host has now, as it says itself. */
  async newestAtHost(): Promise<string | null> {
    const response = await ask(`${this.root}offline/newest.json`, { cache: "no-store", headers: { [BRINGING]: "1" } });
    if (!response.ok) return null;
    const { site } = (await response.json()) as { readonly site?: unknown };
    return typeof site === "string" ? site : null;
  }

  /** Throws unless the host has the large files of a build that are not here; they are not downloaded for that. */
  async askFor(build: BuildList): Promise<void> {
    await Promise.all(
      (await this.missing(runtimeOf(build))).map(async ({ path, address }) => {
        const { ok, status } = await ask(this.root + address, { method: "HEAD", cache: "no-store", headers: { [BRINGING]: "1" } });
        if (!ok) throw new NotBrought(`${path} is not there (${status})`);
      }),
    );
  }

  /** From now on pages of this build can be answered. Called once its shell is here, so a build is never known by half. */
  async add(build: BuildList): Promise<void> {
    if ((await this.missing(shellOf(build))).length > 0) throw new Error(`the shell of build ${build.site} is not whole`);
    const cache = await this.#storage.open(this.#builds);
    const headers = { "Content-Type": "application/json", "X-Added": String(Date.now()) };
    await orNoRoom(cache.put(`${this.root}offline/${build.site}.json`, new Response(JSON.stringify(build), { headers })));
  }

  /** Forget builds that nobody needs, and then every file that no build needs. */
  async sweep(inUse: ReadonlySet<string>): Promise<void> {
    const cache = await this.#storage.open(this.#builds);
    const [newest, ...older] = await this.builds();
    if (!newest) return;
    const stay = [newest, ...older.filter(({ site }) => inUse.has(site))];
    for (const { site } of older) {
      if (inUse.has(site)) continue;
      this.#lists.delete(site);
      await cache.delete(`${this.root}offline/${site}.json`);
    }
    const needed = new Set(stay.flatMap(({ files }) => files.map(({ address }) => address)));
    const files = await this.#storage.open(this.#files);
    for (const { url } of await files.keys()) {
      if (!needed.has(url.slice(this.root.length))) await files.delete(url);
    }
  }

  async wish(): Promise<Wish> {
    const cache = await this.#storage.open(this.#builds);
    const said = await (await cache.match(`${this.root}offline/wish`))?.text();
    return WISHES.find((wish) => wish === said) ?? "read";
  }

  async setWish(wish: Wish): Promise<void> {
    const cache = await this.#storage.open(this.#builds);
    await orNoRoom(cache.put(`${this.root}offline/wish`, new Response(wish)));
  }

  /** Remove everything; the wish that nothing be kept is all that stays. */
  async clear(): Promise<void> {
    await this.#storage.delete(this.#files);
    await this.#storage.delete(this.#builds);
    this.#lists.clear();
    await this.setWish("nothing");
  }
}

/** Whether this is a cache of what is kept of the book at this root, for whoever removes them. */
export function isOurs(cache: string, root: string): boolean {
  const { pathname } = new URL(root);
  return cache === `tinytorch-files:${pathname}` || cache === `tinytorch-builds:${pathname}`;
}

/**
 * A response of its own, which drops what is not true of it any more: it was not redirected and is not compressed.
 * Headers that isolate a page stay, so that it is isolated offline too.
 */
function kept(bytes: ArrayBuffer, headers: Headers): Response {
  const own = new Headers(headers);
  for (const name of ["Content-Encoding", "Transfer-Encoding", "Vary", "Set-Cookie"]) own.delete(name);
  own.set("Content-Length", String(bytes.byteLength));
  return new Response(bytes, { headers: own });
}

async function ask(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, priority: "low" });
  } catch (error) {
    init.signal?.throwIfAborted();
    throw new NotBrought(`the network did not answer (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** More or less than expected is not what the list says, and its hash will tell. */
async function read(response: Response, expected: number, onBytes: BringOptions["onBytes"]): Promise<ArrayBuffer> {
  if (!response.body || !onBytes) return response.arrayBuffer();
  const bytes = new Uint8Array(expected);
  let loaded = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (loaded + part.value.byteLength > expected) {
      await reader.cancel();
      return new ArrayBuffer(0);
    }
    bytes.set(part.value, loaded);
    loaded += part.value.byteLength;
    release(part.value.buffer);
    onBytes(loaded);
  }
  return loaded === expected ? bytes.buffer : bytes.buffer.slice(0, loaded);
}

async function orNoRoom(put: Promise<void>): Promise<void> {
  try {
    await put;
  } catch (error) {
    if (error instanceof DOMException && error.name === "QuotaExceededError") throw new NoRoom("this device has no room left");
    throw error;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
