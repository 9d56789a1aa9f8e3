// Differences for the eye and for the ear: lines with a sign and a colour, and words for who sees neither.

import { element } from "./dom.ts";
import type { Line } from "./compare.ts";

/** Lines around a change that are shown to find the place again. */
const AROUND = 2;
const SIGNS = { same: " ", added: "+", removed: "−" } as const;

/** How `before` becomes `after`. */
export async function showDifference(before: string, after: string, label: string): Promise<HTMLElement> {
  const { difference } = await import("./compare.ts");
  const lines = difference(before, after);
  const host = element("div", { class: "tt-diff", role: "group", "aria-label": label, tabindex: "0" });
  if (!lines) {
    host.append(element("p", {}, "The texts are too long to be compared. This is the other one:"), element("pre", {}, after));
  } else if (lines.every(({ kind }) => kind === "same")) {
    host.append(element("p", {}, "There is no difference in the lines."));
  } else {
    host.append(...rows(lines));
  }
  return host;
}

function rows(lines: readonly Line[]): HTMLElement[] {
  const near = (at: number): boolean => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== "same");
  const shown: HTMLElement[] = [];
  let hidden = 0;
  const close = (): void => {
    if (hidden > 0) shown.push(element("p", { class: "tt-same-lines" }, hidden === 1 ? "1 line is the same" : `${hidden} lines are the same`));
    hidden = 0;
  };
  lines.forEach((line, at) => {
    if (!near(at)) {
      hidden += 1;
      return;
    }
    close();
    shown.push(row(line));
  });
  close();
  return shown;
}

function row({ kind, text }: Line): HTMLElement {
  const sign = element("span", { class: "tt-sign", "aria-hidden": "true" }, SIGNS[kind]);
  const code = element("code", {}, text === "" ? " " : text);
  switch (kind) {
    case "same":
      return element("div", { class: "tt-line" }, sign, code);
    case "added":
      return element("ins", { class: "tt-line" }, sign, element("span", { class: "tt-hidden" }, "added: "), code);
    case "removed":
      return element("del", { class: "tt-line" }, sign, element("span", { class: "tt-hidden" }, "removed: "), code);
  }
}
