// What an exercise has to say beside its results: a sentence, what can be done about it, and differences to look at.

import { element } from "./dom.ts";
import { showDifference } from "./diffview.ts";

export class Notice {
  readonly host = element("div", { class: "tt-notice", "data-role": "notice" });
  /** Apart, so that a reader hears the sentence and not everything that can be opened below it. */
  readonly #words = element("div", { role: "status" });

  constructor() {
    this.host.append(this.#words);
  }

  say(words: string, ...more: readonly Node[]): void {
    this.#words.replaceChildren(...(words === "" ? [] : [element("p", {}, words)]));
    this.host.replaceChildren(this.#words, ...(words === "" ? [] : more));
  }
}

/** Opens to show how `before` becomes `after`. */
export function comparison(summary: string, before: string, after: string): HTMLElement {
  const details = element("details", { class: "tt-comparison" }, element("summary", {}, summary));
  details.addEventListener(
    "toggle",
    () => {
      void showDifference(before, after, summary).then(
        (view) => details.append(view),
        // Without a connection the part that compares may be missing: then the text itself.
        () => details.append(element("pre", {}, element("code", {}, after))),
      );
    },
    { once: true },
  );
  return details;
}
