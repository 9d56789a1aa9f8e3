// The offline panel: what is kept on this device, and the buttons that keep all of the book, stop, and remove it.

import { bookOf, type BuildList } from "./build-list.ts";
import { action, element, onPress, resultOf, role } from "./dom.ts";
import { inWords, travelling, type Offline, type Standing } from "./offline.ts";
import { megabytes } from "./progress.ts";

export function connectOfflinePanel(section: HTMLElement, offline: Offline | null): void {
  const place = role(section, "kept");
  if (!offline) {
    if (place) place.textContent = "This browser, or the way this page was opened, offers no way to keep the book: it needs HTTPS and a window that is not private.";
    return;
  }
  new OfflinePanel(section, offline);
}

class OfflinePanel {
  readonly #section: HTMLElement;
  readonly #offline: Offline;
  readonly #output: HTMLElement;
  #wasFilling = false;

  constructor(section: HTMLElement, offline: Offline) {
    this.#section = section;
    this.#offline = offline;
    this.#output = resultOf(section);
    const row = role(section, "actions");
    if (row) row.hidden = false;
    onPress(section, "keep", () => void this.#keep());
    onPress(section, "pause", () => void this.#pause());
    onPress(section, "remove", () => void this.#remove());
    offline.watch((standing) => this.#show(standing));
  }

  async #keep(): Promise<void> {
    const { kept } = this.#offline;
    try {
      const build = await this.#offline.build();
      const missing = await kept.missing(await this.#offline.wanted(build, "book"));
      const room = await roomLeft();
      const needed = missing.reduce((sum, { bytes }) => sum + bytes, 0);
      if (room !== null && needed > room) {
        this.#say(`This browser gives the book ${megabytes(room)} MB more, and ${megabytes(needed)} MB are needed. Free some space on this device and try again.`);
        return;
      }
      await kept.setWish("book");
      this.#say(`Downloading ${megabytes(travelling(missing))} MB. You can go on reading; it goes on at the next page, too.`);
      this.#offline.stop(); // what fills in the background already wants less
      await this.#fillOnceFree();
    } catch (error) {
      this.#say(inWords(error));
      void this.#count();
    }
  }

  async #fillOnceFree(): Promise<void> {
    for (;;) {
      const outcome = await this.#offline.fill();
      if (outcome === "done") this.#say("The whole book is on this device. It works without a network, and keeps itself up to date.");
      if (outcome !== "busy") break;
      await new Promise((resolve) => setTimeout(resolve, 500));
      if ((await this.#offline.kept.wish()) !== "book") break;
    }
    await this.#count();
  }

  async #pause(): Promise<void> {
    if (action(this.#section, "pause")?.getAttribute("aria-disabled") === "true") return;
    await this.#offline.kept.setWish("paused");
    this.#offline.stop();
    this.#say("Stopped. What has come stays, and nothing more is downloaded until you go on.");
    await this.#count();
  }

  async #remove(): Promise<void> {
    this.#offline.stop();
    await this.#offline.kept.clear();
    this.#say("Removed. Pages and Python come from the network again; your answers stay on this device, as before.");
    await this.#count();
  }

  #show(standing: Standing): void {
    const filling = standing.kind === "filling";
    this.#showProgress(filling ? standing : null);
    if (standing.kind === "failed") this.#say(standing.reason);
    if (filling !== this.#wasFilling || !filling) void this.#count();
    this.#wasFilling = filling;
    // A disabled button would lose the keyboard's place in the page.
    action(this.#section, "pause")?.setAttribute("aria-disabled", String(!filling));
  }

  #showProgress(standing: Standing | null): void {
    const host = role(this.#section, "progress");
    if (!host) return;
    host.hidden = standing === null;
    if (!standing) {
      host.replaceChildren();
      return;
    }
    if (!host.firstElementChild) {
      host.classList.add("tt-progress");
      host.append(element("progress", { "aria-label": "The book is being kept on this device" }), element("span"));
    }
    const bar = host.querySelector("progress");
    const words = host.querySelector("span");
    if (bar) {
      bar.max = Math.max(1, standing.total);
      bar.value = standing.loaded;
    }
    if (words) words.textContent = `${megabytes(standing.loaded)} of ${megabytes(standing.total)} MB`;
  }

  async #count(): Promise<void> {
    const place = role(this.#section, "kept");
    const keep = action(this.#section, "keep");
    if (!place || !keep) return;
    const wish = await this.#offline.kept.wish();
    try {
      const build = await this.#offline.build();
      const missing = await this.#offline.kept.missing(bookOf(build));
      place.textContent = `${await whatIsHere(build, this.#offline)} ${await whatIsLeft(missing, build)}`;
      const needless = wish === "book" && missing.length === 0;
      // The keyboard's place goes to the next button before this one goes.
      if (needless && document.activeElement === keep) action(this.#section, "pause")?.focus();
      keep.hidden = needless;
      keep.textContent = wish === "paused" && missing.length > 0 ? "Go on" : "Make the whole book available offline";
    } catch {
      place.textContent = "What is kept on this device could not be compared with the book: there is no network, and this page is not kept yet.";
    }
  }

  #say(words: string): void {
    this.#output.replaceChildren(element("p", {}, words));
  }
}

async function whatIsHere(build: BuildList, offline: Offline): Promise<string> {
  const here = await offline.kept.addresses();
  const pages = build.pages.filter(({ path }) => build.files.some((file) => file.path === path && here.has(file.address)));
  if (here.size === 0) return "Nothing of the book is kept on this device.";
  const python = build.files.every((file) => !["core", "check"].includes(file.group) || here.has(file.address));
  const stored = build.files.filter(({ address }) => here.has(address)).reduce((sum, { bytes }) => sum + bytes, 0);
  const counted = pages.length === build.pages.length ? "all pages" : `${pages.length} of ${build.pages.length} pages`;
  return `On this device: ${counted}${python ? " and Python" : ""}, ${megabytes(stored)} MB.`;
}

async function whatIsLeft(missing: readonly { readonly bytes: number }[], build: BuildList): Promise<string> {
  if (missing.length === 0) return "The whole book is here.";
  const wanted = new Set(missing);
  const files = build.files.filter((file) => wanted.has(file));
  const room = await roomLeft();
  const space = room === null ? "" : ` This browser has room for ${room > 1e9 ? `${(room / 1e9).toFixed(0)} GB` : `${megabytes(room)} MB`}.`;
  return `For the whole book ${megabytes(travelling(files))} MB have to be downloaded.${space}`;
}

/** What the browser would still give this site; `null` where it does not say. */
async function roomLeft(): Promise<number | null> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
  } catch {
    return null;
  }
}
