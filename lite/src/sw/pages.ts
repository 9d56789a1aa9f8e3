// Opening a page. The network comes first, so that a new build is seen at the next navigation; a new build is shown
// only once everything that makes its page whole is here; and without a network the page comes from what is kept.

import { neededFor, pageAt, siteOf, type BuildList, type SiteFile } from "../build-list.ts";
import type { Kept } from "../kept.ts";
import type { Later } from "./files.ts";

/**
 * How long a reader who has the page on this device waits for a network that does not answer. A connection that
 * works at all answers in less; a train in a tunnel would let them wait for a minute.
 */
const PATIENCE = 4_000;
const OFFLINE_PAGE = "offline.html";

export class Pages {
  readonly #kept: Kept;
  readonly #adopting = new Map<string, Promise<boolean>>();

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  async open(request: Request, path: string, later: Later): Promise<Response> {
    const fresh = this.#fresh(request, path).catch(() => null);
    later(fresh);
    const copy = await this.#copy(path).catch(() => undefined);
    const answer = await (copy ? Promise.race([fresh, after(PATIENCE)]) : fresh);
    return answer ?? copy ?? (await this.#notKept(request));
  }

  /** The network's page; `null` when there is none to show: no answer, or half a build. */
  async #fresh(request: Request, path: string): Promise<Response | null> {
    // Never from the browser's own cache without a question: hosts let it keep pages for minutes.
    const response = await fetch(request, { cache: "no-cache" });
    // A redirect is for the browser to follow. What is not there, is not; but a host in trouble is as good as none.
    if (response.type === "opaqueredirect") return response;
    if (response.status >= 500) return null;
    if (response.status !== 200) return (await this.#isHalfThere(path)) ? null : response;
    if (!response.headers.get("Content-Type")?.startsWith("text/html")) return response;

    const bytes = await response.clone().arrayBuffer();
    const site = siteOf(new TextDecoder().decode(bytes));
    const known = await this.#kept.builds().catch(() => []);
    // Not a page of the book, or the first of it here: there is nothing yet that it could be mixed with.
    if (site === null || known.length === 0) return response;
    if (!(await this.#isWhole(site, path))) return (await this.#copy(path)) ? null : response;
    const build = (await this.#kept.builds()).find((one) => one.site === site);
    const file = build && fileOf(build, path);
    if (!file) return response;
    if ((await this.#kept.wish()) === "nothing") return response;
    const whole = await this.#kept.keep(file, bytes, response.headers).catch(() => this.#kept.isWhole(file, bytes));
    return whole || !(await this.#copy(path)) ? response : null;
  }

  /** Whether all of a build that this page needs is here. What is missing is brought, once for all who ask. */
  #isWhole(site: string, path: string): Promise<boolean> {
    const key = `${site} ${path}`;
    const running = this.#adopting.get(key) ?? this.#adopt(site, path).catch(() => false);
    this.#adopting.set(key, running);
    void running.finally(() => this.#adopting.delete(key));
    return running;
  }

  async #adopt(site: string, path: string): Promise<boolean> {
    if ((await this.#kept.wish()) === "nothing") return true;
    const newest = (await this.#kept.builds())[0];
    if (newest?.site === site) return true;
    const build = await this.#kept.list(site);
    const page = pageAt(build, path)?.path ?? path;
    // The page itself has just come, and is kept when it is shown.
    const needed = neededFor(build, page).filter((file) => file.path !== page);
    await Promise.all((await this.#kept.missing(needed)).map((file) => this.#kept.bring(file)));
    await this.#kept.askFor(build);
    await this.#kept.add(build);
    return true;
  }

  /** A page that the newest build here has and the host has not, while the host still has that build. */
  async #isHalfThere(path: string): Promise<boolean> {
    const newest = (await this.#kept.builds())[0];
    if (!newest || !pageAt(newest, path) || !(await this.#copy(path))) return false;
    const said = await this.#kept.newestAtHost().catch(() => null);
    if (said === null || said === newest.site) return true;
    const build = await this.#kept.list(said).catch(() => null);
    return build === null || pageAt(build, path) !== undefined;
  }

  /** The kept page of the newest build that has it. */
  async #copy(path: string): Promise<Response | undefined> {
    for (const build of await this.#kept.builds()) {
      const file = fileOf(build, path);
      const copy = file && (await this.#kept.match(file.address));
      if (copy) return copy;
    }
    return undefined;
  }

  async #offlinePage(): Promise<Response | undefined> {
    const file = (await this.#kept.builds())[0]?.files.find(({ path }) => path === OFFLINE_PAGE);
    return file && this.#kept.match(file.address);
  }

  /** A page of ours in place of one that cannot be had. It stands at another address, so its own are made absolute. */
  async #notKept(request: Request): Promise<Response> {
    const copy = await this.#offlinePage().catch(() => undefined);
    if (!copy) return fetch(request);
    const { pathname } = new URL(this.#kept.root);
    const text = (await copy.text())
      .replace(/\b(href|src|action|data-content_root)="(?![a-z]+:|[/#"])(?:\.\/)?/g, `$1="${pathname}`)
      .replace('"root": "./"', `"root": "${pathname}"`);
    return new Response(text, { status: 503, headers: copy.headers });
  }
}

function fileOf(build: BuildList, path: string): SiteFile | undefined {
  const page = pageAt(build, path);
  return page && build.files.find((file) => file.path === page.path);
}

function after(milliseconds: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), milliseconds);
  });
}
