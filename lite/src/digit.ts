// A sheet to draw a digit on, and what the reader's own trained network makes of it.

import { asMnist, SIDE } from "./as-mnist.ts";
import { element, onPress, resultOf, role } from "./dom.ts";
import { Drawing } from "./drawing.ts";
import { dictionary, parseJson, text } from "./parse.ts";
import { showProgress } from "./progress.ts";
import type { Job } from "./protocol.ts";
import type { Result } from "./runner.ts";
import type { Session } from "./session.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { readTrained, watchTrained, type Trained } from "./trained.ts";

/** Seconds: it is one forward pass, on code that somebody may be writing. */
const LIMIT = 20;

export class DigitCanvas {
  readonly #year: string;
  readonly #session: Session;
  readonly #output: HTMLElement;
  readonly #progress: HTMLElement | null;
  readonly #standing: HTMLElement | null;
  readonly #drawing: Drawing;
  readonly #examples: Readonly<Record<string, string>>;
  /** Counts the readings: only the newest is shown. */
  #asked = 0;

  constructor(section: HTMLElement, session: Session) {
    const canvas = section.querySelector<HTMLCanvasElement>("canvas[data-role=paper]");
    const pen = role(section, "pen");
    if (!canvas || !pen) throw new Error("the sheet to draw on has no canvas");
    this.#year = section.dataset["digitCanvas"] ?? "";
    this.#session = session;
    this.#output = resultOf(section);
    this.#progress = role(section, "progress");
    this.#standing = role(section, "standing");
    this.#examples = parseJson(dictionary(text), section.querySelector("script")?.textContent ?? "{}", "examples");
    const where = role(section, "where");
    this.#drawing = new Drawing({
      canvas,
      pen,
      onChange: () => this.#forget(),
      say: (words) => {
        if (where) where.textContent = words;
      },
    });
    for (const part of [section.querySelector<HTMLElement>("[data-needs-program]"), role(section, "actions")]) if (part) part.hidden = false;
    onPress(section, "read", () => void this.read());
    onPress(section, "clear", () => this.#drawing.clear());
    const chosen = section.querySelector("select");
    onPress(section, "example", () => this.#take(chosen?.value ?? ""));
    watchTrained(session.workspace, this.#year, () => void this.#showStanding());
    void this.#showStanding();
  }

  /** Have the drawing read by the network that was trained last. */
  async read(): Promise<void> {
    this.#forget();
    const asked = this.#asked;
    const pixels = asMnist(this.#drawing.ink);
    if (!pixels) {
      this.#say("Nothing is drawn yet. Draw a digit first.");
      return;
    }
    this.#output.setAttribute("aria-busy", "true");
    const trained = await readTrained(this.#session.workspace, this.#year);
    if (asked !== this.#asked) return;
    if (!trained) {
      this.#output.removeAttribute("aria-busy");
      this.#say("There is no trained network on this device. Train it first: press Run in the box above, then read again.");
      return;
    }
    this.#say("Waiting for Python …");
    let result: Result;
    try {
      result = await this.#ask(await this.#job(trained, pixels));
    } catch (error) {
      result = { kind: "unavailable", reason: error instanceof Error ? error.message : String(error) };
    }
    showProgress(this.#progress, null);
    if (asked !== this.#asked) return;
    this.#output.removeAttribute("aria-busy");
    if (result.kind === "reply" && result.reply.kind === "digit") this.#show(result.reply.scores, pixels);
    else this.#say(whyNot(result));
  }

  async #job(trained: Trained, pixels: Uint8Array): Promise<Job> {
    const { workspace, chapters } = this.#session;
    const answers = workspace.answers();
    const { year, source, needs } = await chapters.milestone(this.#year);
    return {
      request: { kind: "digit", year, source, answers, model: trained.model, pixels: toBase64(pixels) },
      chapters: await chapters.having(Object.keys(answers)),
      packages: needs,
    };
  }

  #ask(job: Job): Promise<Result> {
    const unwatch = this.#session.watchPhase((phase) => {
      showProgress(this.#progress, phase.kind === "starting" ? phase.progress : null);
    });
    // It waits for a training that goes on, and does not stop it.
    const { result } = this.#session.runner.run({
      key: "digit",
      job,
      limit: LIMIT,
      yields: false,
      onProgress: (progress) => showProgress(this.#progress, progress),
      onBegun: () => showProgress(this.#progress, null),
    });
    return result.finally(unwatch);
  }

  #take(digit: string): void {
    const pixels = this.#examples[digit];
    if (pixels === undefined) return;
    this.#drawing.put(fromBase64(pixels), SIDE);
    void this.read();
  }

  /** What was read of another drawing does not stand beside this one. */
  #forget(): void {
    this.#asked += 1;
    this.#output.removeAttribute("aria-busy");
    this.#output.replaceChildren();
    delete this.#output.dataset["digit"];
  }

  #say(words: string): void {
    delete this.#output.dataset["digit"];
    this.#output.replaceChildren(element("p", { class: "tt-summary" }, words));
  }

  #show(scores: readonly number[], pixels: Uint8Array): void {
    const best = scores.indexOf(Math.max(...scores));
    const seen = element("canvas", { width: String(SIDE), height: String(SIDE), role: "img", "aria-label": "The drawing in 28 by 28 pixels" });
    drawPixels(seen, pixels);
    const bars = scores.map((score, digit) => {
      const bar = element("span", { class: "tt-bar", "aria-hidden": "true" });
      bar.style.setProperty("--tt-share", String(score));
      const line = element("li", {}, element("span", { class: "tt-digit" }, String(digit)), bar, percent(score));
      line.toggleAttribute("data-best", digit === best);
      return line;
    });
    this.#output.dataset["digit"] = String(best);
    this.#output.replaceChildren(
      element("p", { class: "tt-summary" }, `Your network reads a ${best}, with a probability of ${percent(scores[best] ?? 0)}.`),
      // Ten more numbers are there to be looked up, not to be read out after each stroke.
      element(
        "div",
        { class: "tt-reading", "aria-live": "off" },
        element("figure", {}, seen, element("figcaption", {}, "What the network sees")),
        element("ol", { class: "tt-scores", "aria-label": "Probability of each digit" }, ...bars),
      ),
    );
  }

  async #showStanding(): Promise<void> {
    const trained = await readTrained(this.#session.workspace, this.#year);
    this.#standing?.replaceChildren(
      trained
        ? `It reads with the network that you trained on ${new Date(trained.when).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}; its weights are kept on this device.`
        : "No network is trained on this device yet: press Run in the box above first.",
    );
    if (this.#standing) this.#standing.dataset["trained"] = trained ? "yes" : "no";
  }
}

function whyNot(result: Result): string {
  switch (result.kind) {
    case "reply":
      return result.reply.kind === "refused" ? result.reply.reason : `Unexpected answer: ${result.reply.kind}.`;
    case "stopped":
      return "Your network took too long to read it, and was stopped.";
    case "lost":
      return `Python stopped working while your network read it (${result.reason}).`;
    case "unavailable":
      return result.reason;
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

function drawPixels(canvas: HTMLCanvasElement, pixels: Uint8Array): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(SIDE, SIDE);
  // Ink is dark here as on the sheet; the network knows only the number.
  pixels.forEach((value, at) => image.data.set([255 - value, 255 - value, 255 - value, 255], 4 * at));
  context.putImageData(image, 0, 0);
}
