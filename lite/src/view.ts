// What a run shows: one element a check, a line that sums up, what was printed, what was drawn. Text only.

import { button, element, prose } from "./dom.ts";
import type { CheckResult, Event, Figure, Outcome, Report } from "./protocol.ts";
import type { Status } from "./workspace.ts";

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: "Passes",
  failed: "Fails",
  not_written: "Not written yet",
  error: "Error",
  timeout: "Stopped",
  runtime_lost: "No result",
};

const STATUS: Readonly<Record<Status, string>> = { todo: "", failing: "Not passing yet", passed: "Passed" };

// Shapes in a box of 16 by 16: a meaning that needs no colour.
const SHAPES = {
  passed: "M3 8.5 6.5 12 13 4.5",
  failed: "M4 4 12 12 M12 4 4 12",
  waiting: "M4 8 12 8",
  stopped: "M5 5 11 5 11 11 5 11 Z",
} as const;

function shapeOf(outcome: Outcome): keyof typeof SHAPES {
  switch (outcome) {
    case "passed":
      return "passed";
    case "not_written":
      return "waiting";
    case "timeout":
    case "runtime_lost":
      return "stopped";
    case "failed":
    case "error":
      return "failed";
  }
}

export function icon(shape: keyof typeof SHAPES): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ class: "tt-icon", viewBox: "0 0 16 16", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[shape]);
  svg.append(path);
  return svg;
}

export function showStatus(section: HTMLElement, line: HTMLElement | null, points: string, status: Status): void {
  section.dataset["status"] = status;
  if (!line) return;
  const parts: (Node | string)[] = [points];
  if (status !== "todo") {
    const badge = element("span", { class: "tt-badge" }, icon(status === "passed" ? "passed" : "failed"), STATUS[status]);
    parts.push(" ", badge);
  }
  line.replaceChildren(...parts);
}

/** Of its natural size: what is written in 14 pixels is then as high as 8.4. */
const LEAST_SCALE = 0.6;
const STILL_DRAWN = "A figure that is being drawn";

/** Fills an `<output data-result>` as a run goes on. */
export class ResultView {
  readonly #output: HTMLElement;
  readonly #goTo: ((line: number) => void) | null;
  readonly #checks = element("div", { class: "tt-checks" });
  readonly #summary = element("p", { class: "tt-summary" });
  readonly #figures = element("div", { class: "tt-figures" });
  /** Seen already; read out aloud it would only drown the results. */
  readonly #stdout = element("pre", { "data-role": "stdout", "aria-live": "off", "aria-label": "Printed output", tabindex: "0" });
  /** Figures that grow, and the words for what each shows by now. */
  readonly #live = new Map<string, { readonly image: HTMLImageElement; alt: string }>();
  #seen: CheckResult[] = [];

  constructor(output: HTMLElement, goTo: ((line: number) => void) | null) {
    this.#output = output;
    this.#goTo = goTo;
  }

  get seen(): readonly CheckResult[] {
    return this.#seen;
  }

  get stdout(): string {
    return this.#stdout.textContent;
  }

  begin(words: string): void {
    this.#seen = [];
    this.#stdout.textContent = "";
    this.#figures.replaceChildren();
    this.#live.clear();
    this.#checks.replaceChildren();
    this.#summary.replaceChildren(...prose(words));
    delete this.#output.dataset["outcome"];
    this.#output.setAttribute("aria-busy", "true");
    this.#output.replaceChildren(this.#summary, this.#checks);
  }

  hear(event: Event): void {
    switch (event.kind) {
      case "stdout":
        this.#stdout.append(event.text);
        this.#output.append(this.#stdout);
        return;
      case "figure":
        this.#draw(event);
        return;
      case "checked":
        this.#seen.push(event.check);
        this.#checks.append(this.#checkElement(event.check, false));
        return;
      case "progress":
        return; // shown by the milestone that trains
    }
  }

  /** As an image, whatever is in it: scripts do not run there, and nothing is loaded from elsewhere. */
  #draw({ mime, base64, alt, live }: Figure): void {
    const source = `data:${mime};base64,${base64}`;
    const growing = live === null ? undefined : this.#live.get(live);
    if (growing) {
      growing.image.src = source;
      growing.alt = alt; // told at the end: read out at each change it would drown everything else
      return;
    }
    const image = element("img", { src: source, alt: live === null ? alt : STILL_DRAWN });
    if (live !== null) this.#live.set(live, { image, alt });
    const frame = element("div", { class: "tt-frame" }, image);
    // Told when the picture has come, and when the window becomes another.
    if (mime === "image/svg+xml") new ResizeObserver(() => keepReadable(frame, image)).observe(frame);
    this.#figures.append(frame);
    this.#output.append(this.#figures);
  }

  end(report: Report, summary: string): void {
    for (const { image, alt } of this.#live.values()) image.alt = alt;
    this.#seen = [...report.checks];
    const opened = report.checks.find((check) => check.outcome !== "passed");
    this.#checks.replaceChildren(...report.checks.map((check) => this.#checkElement(check, check === opened)));
    this.#summary.replaceChildren(
      icon(shapeOf(report.outcome)),
      element("span", {}, ...prose(summary)),
    );
    this.#output.dataset["outcome"] = report.outcome;
    if (this.#stdout.textContent === "" && report.stdout !== "") this.hear({ kind: "stdout", text: report.stdout });
    if (report.traceback !== "") {
      this.#output.append(
        element("details", { class: "tt-traceback" }, element("summary", {}, "Where it happened"), element("pre", {}, report.traceback)),
      );
    }
    this.#output.removeAttribute("aria-busy");
  }

  #checkElement(check: CheckResult, open: boolean): HTMLElement {
    const head = [
      icon(shapeOf(check.outcome)),
      element("span", { class: "tt-outcome" }, WORDS[check.outcome]),
      element("span", { class: "tt-claim" }, ...prose(check.claim)),
    ];
    const box = element("div", { class: "tt-check", "data-check": check.name, "data-outcome": check.outcome });
    if (check.message === "" && check.hint === "") {
      box.append(element("p", { class: "tt-check-head" }, ...head));
      return box;
    }
    const body = element("div", { class: "tt-check-body" });
    if (check.message !== "") body.append(element("p", { class: "tt-message" }, ...prose(check.message)));
    if (check.hint !== "") body.append(element("p", { class: "tt-check-hint" }, ...prose(check.hint)));
    const { line } = check;
    const goTo = this.#goTo;
    if (line !== null && goTo) body.append(button(`Go to line ${line}`, "line", () => goTo(line)));
    box.append(element("details", { open }, element("summary", { class: "tt-check-head" }, ...head), body));
    return box;
  }
}

/** A drawing shrinks on a small screen as long as its words can be read, and then it scrolls. */
function keepReadable(frame: HTMLElement, image: HTMLImageElement): void {
  frame.style.setProperty("--tt-least", `${Math.round(LEAST_SCALE * image.naturalWidth)}px`);
  const scrolls = frame.scrollWidth > frame.clientWidth;
  for (const [name, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": "Figure, wider than the page" })) {
    if (scrolls) frame.setAttribute(name, value);
    else frame.removeAttribute(name);
  }
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** "3 of 4 checks pass." */
export function countChecks(report: Report): string {
  const passed = report.checks.filter((check) => check.outcome === "passed").length;
  const total = report.checks.length;
  if (report.outcome === "not_written") return "Not written yet: the checks wait for your code.";
  if (report.outcome === "runtime_lost" || report.outcome === "timeout") return `${WORDS[report.outcome]}.`;
  // These two stand for all checks: the text could not be read, or the request not be met.
  if (report.checks.some(({ name }) => name === "reads" || name === "request")) return "The checks could not be run.";
  return total === 1 ? `The check ${passed === 1 ? "passes" : "does not pass yet"}.` : `${passed} of ${total} checks pass.`;
}
