// The line above a notebook's cells: whether Python is there, and what happens with the answers.

import { element, prose } from "../dom.ts";
import type { News, Saving } from "../workspace.ts";

const STYLE = `
.tt-strip { overflow: hidden; font-size: var(--jp-ui-font-size1); line-height: 1.5;
  color: var(--jp-ui-font-color1); background: var(--jp-layout-color1); border-bottom: 1px solid var(--jp-border-color2); }
.tt-strip [role="status"] { padding: 4px 12px; }
.tt-strip p { margin: 0; }
`;

export type Python = "starting" | "ready";

export class Strip {
  readonly node: HTMLElement;
  readonly #python = element("p");
  readonly #answers = element("p");
  readonly #news = element("p");

  /** JupyterLab gives each part of its page the height that it asks for in its style; `fit` has it look again. */
  constructor(fit: () => void) {
    const status = element("div", { role: "status" }, this.#python, this.#answers, this.#news);
    new ResizeObserver(() => {
      this.node.style.minHeight = `${Math.ceil(status.offsetHeight) + 1}px`;
      fit();
    }).observe(status);
    this.node = element("div", { class: "tt-strip", "data-answers": "opening" }, element("style", {}, STYLE), status);
    this.python("starting");
    say(this.#answers, "Your answers are being looked up.");
  }

  python(state: Python): void {
    if (this.node.dataset["python"] === state) return;
    this.node.dataset["python"] = state;
    say(this.#python, state === "starting" ? "Python is starting. Run the cells once this line is gone: what is run before may be forgotten." : "");
  }

  /** The answers of so many cells are linked, and stored as `saving` says. */
  answers(cells: number, saving: Saving): void {
    if (saving.kind === "unsaved") this.refuse(saving.reason);
    else {
      this.node.dataset["answers"] = "shared";
      say(this.#answers, cells === 0 ? "" : "The answers in this notebook and those in the book's pages are the same: what you write in one is in the other.");
    }
  }

  refuse(reason: string): void {
    this.node.dataset["answers"] = "apart";
    say(this.#answers, `The answers of the book's pages cannot be shared here: ${reason}. This notebook keeps its own.`);
  }

  news(exercise: string, { kind }: News): void {
    say(
      this.#news,
      kind === "taken"
        ? `\`${exercise}\` was changed in another tab. You see the text from there.`
        : `\`${exercise}\` was changed here and in another tab. Your text stays; the other one is under Versions, in the book's page.`,
    );
  }
}

/** What is there already is not said again: another tab may be typed in at this moment. */
function say(line: HTMLElement, words: string): void {
  if (line.dataset["words"] === words) return;
  line.dataset["words"] = words;
  line.hidden = words === "";
  line.replaceChildren(...prose(words));
}
