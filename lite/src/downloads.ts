// The worker's fetch: counts bytes, starts what will be needed early, names the file that failed, and lets no
// request leave the site.

import { cacheStorage } from "./cache-storage.ts";
import { matches } from "./integrity.ts";
import type { Meter } from "./progress.ts";
import { release } from "./release.ts";

type Fetch = typeof globalThis.fetch;

export class DownloadFailed extends Error {
  override readonly name = "DownloadFailed";
}

export class Downloads {
  readonly #fetch: Fetch;
  readonly #origin: string;
  #meter: Meter;
  #changed: () => void;
  readonly #early = new Map<string, Promise<Response>>();
  readonly #comparisons: Promise<void>[] = [];
  /** The last failure: Pyodide reports it later, in words for programmers, or waits for ever. */
  failure: DownloadFailed | null = null;
  #fail: (failure: DownloadFailed) => void = () => undefined;
  /** Rejects as soon as anything cannot be had. */
  readonly failed = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });

  constructor(fetch: Fetch, origin: string, meter: Meter, changed: () => void) {
    this.#fetch = fetch;
    this.#origin = origin;
    this.#meter = meter;
    this.#changed = changed;
    this.failed.catch(() => undefined); // heard by whoever races against it
  }

  /** From now on bytes are counted by another meter: Python is there, and something else is being loaded. */
  count(meter: Meter, changed: () => void): void {
    this.#meter = meter;
    this.#changed = changed;
  }

  readonly fetch: Fetch = async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, self.location.href);
    if (address.origin !== this.#origin) {
      throw new DownloadFailed(`This page talks to its own site only; ${address.host} was not asked.`);
    }
    const early = this.#early.get(address.href);
    this.#early.delete(address.href);
    const { integrity = "", ...rest } = init ?? {};
    // With `integrity` the browser hands over nothing until everything is there, and the bar would stand still.
    // So the bytes are counted first and then compared here; where that is impossible (crypto.subtle needs HTTPS) the browser does it.
    if (integrity && !globalThis.isSecureContext) return this.#get(address, { ...rest, integrity });
    const response = await (early ?? this.#get(address, rest));
    if (!integrity) return response;
    // The browser may have kept it damaged, and would give that copy again and again.
    const anew = early ? undefined : (): Promise<Response> => this.#get(address, { ...rest, cache: "reload" });
    return this.#verified(response, address, integrity, anew);
  };

  /** Begin a download that will be asked for later; `integrity` says what must arrive, as in HTML. */
  early(address: string, integrity: Promise<string>): void {
    const url = new URL(address);
    const arrived = globalThis.isSecureContext
      ? this.#get(url, {})
      : integrity.then((known) => this.#get(url, { integrity: known }));
    const copy = arrived.then((response) => response.clone()); // now, for whoever asks will read it
    const compared = Promise.all([copy, integrity]).then(([response, known]) => this.#compare(response, url, known));
    this.#comparisons.push(compared.catch(() => undefined)); // whoever asks for it will hear
    this.#early.set(address, arrived);
  }

  /**
   * Begin a download of what this device has started from before: to count and compare it again would be most of its
   * cost. Its address has its version, so no host need be asked whether the browser's own copy is still good.
   */
  earlyAgain(address: string): void {
    const arrived = this.#ask(new URL(address), { cache: "force-cache" });
    arrived.catch(() => undefined); // whoever asks for it will hear
    this.#early.set(address, arrived);
  }

  /** Answer the next request for this address with `response`, which is neither counted nor compared. */
  answer(address: string, response: Response): void {
    this.#early.set(address, Promise.resolve(response));
  }

  /** Resolves when all that was begun early has been compared; `failure` then says what did not arrive as it was. */
  async compared(): Promise<void> {
    await Promise.all(this.#comparisons);
  }

  /** Beside whoever uses it already: Pyodide waits for ever for an engine or a library that is not whole. */
  async #compare(copy: Response, address: URL, integrity: string): Promise<void> {
    if (globalThis.isSecureContext && integrity) await this.#verified(copy, address, integrity).catch(() => undefined); // remembered
  }

  async json(address: string): Promise<unknown> {
    const response = await this.fetch(address);
    const bytes = await this.#bytes(response, new URL(address));
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      // A network that wants a log-in answers everything with its own page.
      throw this.#remember(
        new DownloadFailed(`${fileName(new URL(address))} did not come from this site. Does the network ask you to log in?`),
      );
    }
  }

  async #get(address: URL, init: RequestInit): Promise<Response> {
    return this.#counted(await this.#ask(address, init), address);
  }

  async #ask(address: URL, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(address, init);
    } catch {
      // The site's service worker leaves the engine to us, and everything where it is younger than this worker.
      const kept = await cacheStorage()
        ?.match(address.href)
        .catch(() => undefined);
      if (kept) return kept;
      throw this.#missing(address, "");
    }
    if (!response.ok) throw this.#missing(address, ` (${response.status})`);
    return response;
  }

  /** Count a copy of the bytes: the browser keeps compiled WebAssembly only for a response as it came. */
  #counted(response: Response, address: URL): Response {
    if (!response.headers.has("Content-Encoding")) this.#meter.uncompressed(address.href);
    const count = new WritableStream<Uint8Array>({
      write: (chunk) => {
        this.#meter.add(address.href, chunk.byteLength);
        this.#changed();
      },
    });
    response
      .clone()
      .body?.pipeTo(count)
      .catch(() => undefined); // whoever reads the response itself hears of it
    return response;
  }

  /** The response if it is what it should be; if not, `anew` may be asked for another, once. */
  async #verified(response: Response, address: URL, integrity: string, anew?: () => Promise<Response>): Promise<Response> {
    const bytes = await this.#bytes(response, address);
    if (!(await matches(bytes, integrity))) {
      if (anew) return this.#verified(await anew(), address, integrity);
      throw this.#remember(
        new DownloadFailed(`${fileName(address)} arrived changed: its SHA-256 is not the book's. Try again later.`),
      );
    }
    const verified = new Response(bytes, { headers: response.headers }); // which copies them
    release(bytes);
    return verified;
  }

  async #bytes(response: Response, address: URL): Promise<ArrayBuffer> {
    try {
      return await response.arrayBuffer();
    } catch {
      throw this.#missing(address, " completely");
    }
  }

  #missing(address: URL, detail: string): DownloadFailed {
    return this.#remember(
      new DownloadFailed(`Could not download ${fileName(address)}${detail}. Check the connection and try again.`),
    );
  }

  #remember(failure: DownloadFailed): DownloadFailed {
    this.failure = failure;
    this.#fail(failure);
    return failure;
  }
}

function fileName(address: URL): string {
  return address.pathname.split("/").pop() ?? address.pathname;
}
