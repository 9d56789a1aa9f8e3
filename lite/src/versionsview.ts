// The fold below an exercise that lists its versions, what each differs in, and the way back to it.

import { action, button, element } from "./dom.ts";
import { showDifference } from "./diffview.ts";
import type { History } from "./history.ts";
import { wordsFor, type Version } from "./versions.ts";

export interface VersionsOptions {
  readonly section: HTMLElement;
  readonly history: History;
  /** The names that the exercise has and had. */
  readonly names: readonly string[];
  readonly object: string;
  readonly now: () => string;
  readonly restore: (version: Version, when: string) => void;
}

const CLOCK = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export class VersionsView {
  readonly host: HTMLElement;
  readonly #options: VersionsOptions;
  readonly #opener: HTMLButtonElement | null;

  constructor(options: VersionsOptions) {
    const { section, history, names, object } = options;
    this.#options = options;
    const id = `${section.id}-versions`;
    this.host = element("div", { id, class: "tt-versions", "data-role": "versions", role: "region", "aria-label": `Versions of ${object}`, hidden: true });
    this.#opener = action(section, "versions");
    this.#opener?.setAttribute("aria-expanded", "false");
    this.#opener?.setAttribute("aria-controls", id);
    this.#opener?.addEventListener("click", () => {
      if (this.host.hidden) void this.#open();
      else this.close();
    });
    history.onKept((exercise) => {
      // Not under the fingers of somebody who is reading the list.
      if (names.includes(exercise) && !this.host.hidden && !this.host.contains(document.activeElement)) void this.#fill();
    });
  }

  close(): void {
    this.host.hidden = true;
    this.#opener?.setAttribute("aria-expanded", "false");
  }

  async #open(): Promise<void> {
    await this.#fill();
    this.host.hidden = false;
    this.#opener?.setAttribute("aria-expanded", "true");
  }

  async #fill(): Promise<void> {
    const versions = await this.#options.history.of(...this.#options.names);
    const words =
      versions.length === 0
        ? "No versions yet. One is kept at every check, and whenever something is about to take the place of your text."
        : "Earlier texts of this exercise, the newest first. They are kept in this browser, and an export takes them along.";
    this.host.replaceChildren(element("p", {}, words));
    if (versions.length > 0) this.host.append(element("ol", {}, ...versions.map((version) => this.#row(version))));
  }

  #row(version: Version): HTMLElement {
    const when = CLOCK.format(new Date(version.saved));
    const same = version.text === this.#options.now();
    const summary = element(
      "summary",
      {},
      element("time", { datetime: version.saved }, when),
      element("span", { class: "tt-happened" }, wordsFor(version)),
    );
    if (same) summary.append(element("span", { class: "tt-now" }, "the text you have now"));
    const details = element("details", {}, summary);
    const look = async (): Promise<void> => {
      const now = this.#options.now();
      const view = await showDifference(now, version.text, `From your text now to the version of ${when}`).catch(() =>
        element("pre", {}, element("code", {}, version.text)),
      );
      const restore = button("Restore", "restore", () => {
        this.close();
        this.#opener?.focus();
        this.#options.restore(version, when);
      });
      restore.setAttribute("aria-label", `Restore the version of ${when}`);
      details.replaceChildren(summary, element("p", {}, "From your text now to this version:"), view, restore);
    };
    details.addEventListener("toggle", () => {
      if (details.open) void look();
    });
    return element("li", { "data-happened": version.happened }, details);
  }
}
