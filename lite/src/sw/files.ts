// What pages load: scripts, styles, chapters, Python. The kept copy if there is one, else the network's, which is
// held to the list before it is handed on, and kept.

import { pageAt, type SiteFile } from "../build-list.ts";
import type { Kept } from "../kept.ts";
import { release } from "../release.ts";

/** Does work after the answer is given; the browser keeps the service worker alive for it. */
export type Later = (work: Promise<unknown>) => void;

/** These are large and used while they arrive. Whoever asks for them compares them, and they are kept only if whole. */
const STREAMED = /\.(?:wasm|whl|zip)$/;

export class Files {
  readonly #kept: Kept;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  async answer(request: Request, path: string, later: Later): Promise<Response> {
    const address = path + new URL(request.url).search;
    const copy = await this.#kept.match(address).catch(() => undefined);
    if (copy) return copy;
    const file = await this.#listed(address).catch(() => undefined);
    if (file) return this.#fromNetwork(request, file, later);
    return this.#pageAsText(request, path);
  }

  async #listed(address: string): Promise<SiteFile | undefined> {
    for (const build of await this.#kept.builds()) {
      const file = build.files.find((one) => one.address === address);
      if (file) return file;
    }
    return undefined;
  }

  async #fromNetwork(request: Request, file: SiteFile, later: Later): Promise<Response> {
    const response = await fetch(request);
    if (response.status !== 200) return response;
    if (STREAMED.test(file.path)) {
      const copy = response.clone();
      later(copy.arrayBuffer().then((bytes) => this.#keep(file, bytes, copy.headers).finally(() => release(bytes))));
      return response;
    }
    const bytes = await response.arrayBuffer();
    if (await this.#keep(file, bytes, response.headers)) return (await this.#kept.match(file.address)) ?? copyOf(bytes, response);
    // The host has another build by now, or only half of this one. Nothing is better than another build's file.
    return Response.error();
  }

  /** Keep the file unless the reader wants nothing kept or there is no room; tells whether it is the book's. */
  async #keep(file: SiteFile, bytes: ArrayBuffer, headers: Headers): Promise<boolean> {
    if ((await this.#kept.wish()) === "nothing") return this.#kept.isWhole(file, bytes);
    return this.#kept.keep(file, bytes, headers).catch(() => this.#kept.isWhole(file, bytes));
  }

  /** The search reads pages to show a line of each: the network's, or what is kept. */
  async #pageAsText(request: Request, path: string): Promise<Response> {
    try {
      return await fetch(request);
    } catch (error) {
      for (const build of await this.#kept.builds()) {
        const page = pageAt(build, path);
        const file = page && build.files.find((one) => one.path === page.path);
        const copy = file && (await this.#kept.match(file.address));
        if (copy) return copy;
      }
      throw error;
    }
  }
}

function copyOf(bytes: ArrayBuffer, { headers }: Response): Response {
  return new Response(bytes, { headers });
}
