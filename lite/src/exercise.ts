// One exercise: its text in the workspace, its checks in the worker, its status in the page.

import { CodeBox } from "./codebox.ts";
import type { Exercise as Facts } from "./chapters.ts";
import { button, element, onPress, role } from "./dom.ts";
import type { AnswerRecord, Report } from "./protocol.ts";
import { RunBox, type Session } from "./session.ts";
import { countChecks, showStatus } from "./view.ts";
import type { Status } from "./workspace.ts";

const CHECK_LIMIT = 10;

export class Exercise {
  readonly name: string;
  readonly points: number;
  readonly chapter: string;
  readonly #section: HTMLElement;
  readonly #session: Session;
  /** From the chapter's JSON; null where that could not be had, and then the rendered stub serves. */
  readonly #facts: Facts | null;
  readonly #box: CodeBox;
  readonly #run: RunBox;
  readonly #object: string;
  readonly #pointsText: string;
  readonly #notice = element("div", { class: "tt-notice", "data-role": "notice", role: "status" });

  constructor(section: HTMLElement, session: Session, chapter: string, facts: Facts | null) {
    this.name = section.dataset["exercise"] ?? "";
    this.chapter = chapter;
    this.#section = section;
    this.#session = session;
    this.#facts = facts;
    this.#pointsText = role(section, "status")?.textContent.trim() ?? "";
    this.points = facts?.points ?? Number.parseInt(this.#pointsText, 10);
    this.#object = facts?.object.split(":")[1] ?? this.name;

    this.#box = new CodeBox({
      section,
      label: `Your code for ${this.#object}`,
      onChange: (text) => this.#typed(text),
      onFocus: () => this.#warm(),
      onSubmit: () => void this.check(),
    });
    this.#run = new RunBox({
      section,
      session,
      name: this.name,
      limit: CHECK_LIMIT,
      goTo: (line) => void this.#box.focus(line),
    });
    role(section, "actions")?.after(this.#notice);
    onPress(section, "check", () => void this.check());
    onPress(section, "reset", () => this.#reset());
    onPress(section, "hint", () => this.#openHint());
    onPress(section, "solution", () => open(role(section, "solution")));
    this.#connect();
  }

  get code(): string {
    return this.#box.text;
  }

  set code(text: string) {
    this.#box.set(text);
  }

  get status(): Status {
    return this.#session.workspace.status(this.name);
  }

  async check(): Promise<Report> {
    const text = this.code;
    this.#box.clearMark();
    const job = {
      request: { kind: "check", exercise: this.name, text },
      chapters: [this.chapter],
      packages: [],
    } as const;
    return this.#run.run(job, (report) => this.#summary(report), (report) => this.#judged(text, report));
  }

  #connect(): void {
    const { workspace } = this.#session;
    const record = workspace.get(this.name) ?? this.#renamed();
    if (record) {
      this.#box.set(record.text, true);
      this.#compareStub(record);
    }
    this.#showStatus();
    workspace.onChange(({ exercise, origin }) => {
      if (exercise !== this.name) return;
      if (origin === "elsewhere") this.#box.set(workspace.get(this.name)?.text ?? this.#stub, true);
      this.#showStatus();
    });
    workspace.guard(this.name, (incoming) => {
      if (!this.#box.focused) return true;
      this.#showOther("Another tab has changed this answer. Both texts are kept.", incoming.text, "Use the other text");
      return false;
    });
    workspace.onSaving((saving) => {
      if (saving.kind === "unsaved") this.#box.saved.textContent = `Not saved: ${saving.reason}.`;
      else if (workspace.get(this.name)) this.#box.saved.textContent = "Saved in this browser";
    });
  }

  /** As the page shows it: without the line end of the file that it was cut from. */
  get #stub(): string {
    return (this.#facts?.stub ?? this.#box.stub).replace(/\n$/, "");
  }

  /** The record as it is, or a new one that starts from the book's stub. */
  #record(): AnswerRecord {
    return (
      this.#session.workspace.get(this.name) ?? {
        exercise: this.name,
        text: this.code,
        stub: this.#stub,
        stub_hash: this.#facts?.stub_hash ?? "",
        passed: null,
        failed: null,
        updated: now(),
      }
    );
  }

  #write(change: Partial<AnswerRecord>): void {
    this.#session.workspace.write({ ...this.#record(), ...change, updated: now() });
  }

  /** An answer that was kept under the name that this exercise had in an earlier book. */
  #renamed(): AnswerRecord | undefined {
    for (const former of this.#facts?.formerly ?? []) {
      const record = this.#session.workspace.get(former);
      if (!record) continue;
      this.#session.workspace.write({ ...record, exercise: this.name });
      return this.#session.workspace.get(this.name);
    }
    return undefined;
  }

  #typed(text: string): void {
    this.#write({ text });
  }

  #judged(text: string, report: Report): void {
    const first = report.checks.find((check) => check.outcome !== "passed" && check.line !== null);
    if (first?.line != null && text === this.code) this.#box.mark(first.line, first.message);
    switch (report.outcome) {
      case "passed":
        this.#write({ passed: text });
        return;
      case "failed":
      case "error":
      case "timeout":
        this.#write({ failed: text });
        return;
      case "not_written":
      case "runtime_lost":
        return; // nothing was judged
    }
  }

  #summary(report: Report): string {
    if (report.outcome !== "passed") return countChecks(report);
    const count = report.checks.length;
    const all = count === 1 ? "The check passes" : `All ${count} checks pass`;
    return `${all}. \`${this.#object}\` is now part of your tinytorch.`;
  }

  #warm(): void {
    // Who asked the browser to save data gets Python when they press Check, not before.
    const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
    if (!connection?.saveData) this.#run.warm();
  }

  #showStatus(): void {
    showStatus(this.#section, role(this.#section, "status"), this.#pointsText, this.status);
  }

  #reset(): void {
    if (this.code === this.#stub) {
      this.#say("This is the book's text already.");
      return;
    }
    this.#run.clear();
    this.#replace(this.#stub, "Back to the book's text.");
  }

  #openHint(): void {
    const hints = [...this.#section.querySelectorAll<HTMLElement>('[data-role="hint"]')];
    const next = hints.find((hint) => !hint.hasAttribute("open"));
    if (next) open(next);
    else this.#say(hints.length > 0 ? "All hints are open." : "There are no hints here.");
  }

  /** The book's stub has changed since the learner began: say so, show it, touch nothing. */
  #compareStub(record: AnswerRecord): void {
    const facts = this.#facts;
    if (!facts || record.stub_hash === "" || record.stub_hash === facts.stub_hash) return;
    if (record.text === record.stub) {
      this.#box.set(this.#stub, true);
      this.#write({ text: this.#stub, stub: this.#stub, stub_hash: facts.stub_hash });
      return;
    }
    this.#showOther(
      "The book's text for this exercise has changed since you began. Your answer is kept.",
      this.#stub,
      "Use the new text",
      button("Keep mine", "keep", () => {
        this.#write({ stub: this.#stub, stub_hash: facts.stub_hash });
        this.#say("");
      }),
    );
  }

  #showOther(words: string, other: string, use: string, ...more: readonly Node[]): void {
    const take = button(use, "replace", () => {
      this.#replace(other, "Replaced.");
      this.#write({ stub: this.#stub, stub_hash: this.#facts?.stub_hash ?? "" });
    });
    this.#say(
      words,
      element("details", {}, element("summary", {}, "Show the other text"), element("pre", {}, element("code", {}, other))),
      take,
      ...more,
    );
  }

  /** Nothing is asked before a text is replaced, because it can be had back. */
  #replace(text: string, words: string): void {
    const before = this.code;
    const undo = button("Undo", "undo", () => {
      this.code = before;
      this.#say("Your text is back.");
      void this.#box.focus();
    });
    this.code = text;
    this.#say(words, undo);
  }

  #say(words: string, ...more: readonly Node[]): void {
    if (words === "") this.#notice.replaceChildren();
    else this.#notice.replaceChildren(element("p", {}, words), ...more);
  }
}

function open(details: HTMLElement | null): void {
  if (!details) return;
  details.setAttribute("open", "");
  // The summary takes the focus: what was opened is the next thing to be read.
  details.querySelector("summary")?.focus();
}

function now(): string {
  return new Date().toISOString();
}
