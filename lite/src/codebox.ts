// The place of one learner's text in the page. It holds the text from the start and becomes an editor when it
// comes near the viewport, so that a long chapter opens fast and getCode and setCode work everywhere.

import { element, role } from "./dom.ts";
import type { Editor } from "./editor.ts";

export interface CodeBoxOptions {
  readonly section: HTMLElement;
  readonly label: string;
  /** Called for what the learner or the page changes, not for what comes from another tab. */
  readonly onChange: (text: string) => void;
  readonly onFocus: () => void;
  readonly onSubmit: () => void;
}

const LEAVE = "Tab indents. To leave the editor press Esc, then Tab. Ctrl+Enter checks.";
const LEAVE_MAC = "Tab indents. To leave the editor press Esc, then Tab. ⌘ Enter checks.";

export class CodeBox {
  /** Shows in the line under the editor: whether the text is saved. */
  readonly saved = element("span", { class: "tt-saved", "data-role": "saved", role: "status" });
  /** The text that the page was rendered with, whatever the learner has made of it. */
  readonly stub: string;
  readonly #options: CodeBoxOptions;
  readonly #host: HTMLElement;
  readonly #wrong: HTMLElement;
  #text: string;
  #editor: Editor | null = null;
  #mounting: Promise<void> | null = null;
  #line: number | null = null;
  #quiet = false;

  constructor(options: CodeBoxOptions) {
    this.#options = options;
    const host = role(options.section, "editor");
    if (!host) throw new Error("an exercise has no editor");
    this.#host = host;
    this.stub = host.querySelector("code")?.textContent ?? host.textContent;
    this.#text = this.stub;
    const help = element("span", { id: `${options.section.id}-leave`, class: "tt-leave" }, navigator.platform.startsWith("Mac") ? LEAVE_MAC : LEAVE);
    this.#wrong = element("span", { id: `${options.section.id}-wrong`, class: "tt-hidden" });
    host.after(element("p", { class: "tt-underline" }, help, this.#wrong, this.saved));
    this.#mountWhenNear();
    this.#mountWhenReached();
  }

  get text(): string {
    return this.#text;
  }

  get focused(): boolean {
    return this.#editor?.focused ?? false;
  }

  /** Put in another text; `quietly` when it is not a change of the learner's that has to be saved. */
  set(text: string, quietly = false): void {
    if (text === this.#text) return;
    this.#quiet = quietly;
    if (this.#editor) {
      this.#editor.replace(text);
    } else {
      this.#changed(text);
      this.#showUnmounted();
    }
    this.#quiet = false;
  }

  mark(line: number, message: string): void {
    this.#line = line;
    this.#wrong.textContent = `Line ${line}: ${message}`;
    this.#editor?.mark(line);
  }

  clearMark(): void {
    this.#line = null;
    this.#wrong.textContent = "";
    this.#editor?.mark(null);
  }

  async focus(line: number | null = null): Promise<void> {
    await this.#mount();
    this.#editor?.focus(line);
  }

  #changed(text: string): void {
    this.#text = text;
    this.#line = null;
    this.#wrong.textContent = "";
    if (!this.#quiet) this.#options.onChange(text);
  }

  #showUnmounted(): void {
    const code = this.#host.querySelector("code");
    if (code) code.textContent = this.#text;
  }

  #mountWhenNear(): void {
    const near = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        near.disconnect();
        void this.#mount();
      },
      { rootMargin: "800px" },
    );
    near.observe(this.#host);
  }

  /** The listing is a stop of the Tab key, or the keyboard would skip an editor that is not there yet. */
  #mountWhenReached(): void {
    const listing = this.#host.querySelector("pre");
    if (!listing) return;
    listing.tabIndex = 0;
    listing.setAttribute("aria-label", this.#options.label);
    listing.addEventListener("focus", () => void this.#mount(), { once: true });
  }

  #mount(): Promise<void> {
    this.#mounting ??= this.#makeEditor().catch(() => {
      this.#mounting = null;
      this.saved.textContent = "The editor could not be loaded. Reload the page to try again; your text is kept.";
    });
    return this.#mounting;
  }

  async #makeEditor(): Promise<void> {
    const { Editor } = await import("./editor.ts");
    this.#editor = new Editor({
      text: this.#text,
      label: this.#options.label,
      describedBy: `${this.#options.section.id}-leave ${this.#wrong.id}`,
      onChange: (text) => this.#changed(text),
      onFocus: this.#options.onFocus,
      onSubmit: this.#options.onSubmit,
    });
    // The focus goes along with the listing that had it; who has moved on meanwhile is left where they are.
    const hadFocus = this.#host.contains(document.activeElement);
    this.#host.replaceChildren(this.#editor.dom);
    if (hadFocus) this.#editor.focus(null);
    if (this.#line !== null) this.#editor.mark(this.#line);
  }
}
