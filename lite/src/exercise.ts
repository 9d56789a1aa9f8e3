// One exercise: its text in the workspace, its checks in the worker, its status in the page.

import { bringIntoView, nextLink } from "./aftercheck.ts";
import { CodeBox } from "./codebox.ts";
import type { Exercise as Facts } from "./chapters.ts";
import { button, onPress, resultOf, role } from "./dom.ts";
import { comparison, Notice } from "./notice.ts";
import type { AnswerRecord, Outcome, Report } from "./protocol.ts";
import { remind } from "./reminder.ts";
import { savesData } from "./spawn.ts";
import { RunBox, type Session } from "./session.ts";
import { VersionsView } from "./versionsview.ts";
import { countChecks, showStatus } from "./view.ts";
import type { News, Status } from "./workspace.ts";

const CHECK_LIMIT = 10;

export class Exercise {
  readonly name: string;
  readonly points: number;
  readonly chapter: string;
  readonly #section: HTMLElement;
  readonly #session: Session;
  /** From the chapter's JSON; null where that could not be had, and then the rendered stub serves. */
  readonly #facts: Facts | null;
  readonly #needs: readonly string[];
  readonly #box: CodeBox;
  readonly #run: RunBox;
  readonly #object: string;
  readonly #pointsText: string;
  readonly #notice = new Notice();
  readonly #output: HTMLElement;
  #next: HTMLElement | null = null;
  /** What was here before another tab's text came in its place, as long as nothing was typed since. */
  #before: string | null = null;
  /** The text that Undo would take back. */
  #replacement: string | null = null;

  constructor(section: HTMLElement, session: Session, chapter: string, facts: Facts | null, needs: readonly string[]) {
    this.name = section.dataset["exercise"] ?? "";
    this.chapter = chapter;
    this.#section = section;
    this.#session = session;
    this.#facts = facts;
    this.#needs = [...needs, ...(facts?.needs ?? [])];
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
    this.#output = resultOf(section);
    const versions = new VersionsView({
      section,
      history: session.workspace.history,
      names: [this.name, ...(facts?.formerly ?? [])],
      object: this.#object,
      now: () => this.code,
      restore: ({ text }, when) => this.#replace(text, "restore", `The version of ${when} is back.`),
    });
    role(section, "actions")?.after(this.#notice.host, versions.host);
    onPress(section, "check", () => void this.check());
    onPress(section, "reset", () => this.#reset());
    onPress(section, "hint", () => this.#openHint());
    onPress(section, "solution", () => open(role(section, "solution")));
    for (const kind of ["keydown", "pointerdown"]) {
      section.addEventListener(kind, () => session.workspace.effort.used(this.name), { passive: true });
    }
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
    this.#next?.remove();
    this.#next = null;
    // Whoever has gone on from a text that took another's place has no use for its Undo; the version is kept.
    if (this.#replacement !== null && this.#replacement !== text) this.#notice.say("");
    const job = {
      request: { kind: "check", exercise: this.name, text },
      chapters: [this.chapter],
      packages: this.#needs,
    } as const;
    const report = await this.#run.run(job, (report) => this.#summary(report), (report) => this.#judged(text, report));
    bringIntoView(this.#section, this.#output);
    return report;
  }

  #connect(): void {
    const { workspace } = this.#session;
    const record = workspace.get(this.name) ?? this.#renamed();
    if (record) {
      this.#box.set(record.text, true);
      this.#compareStub(record);
    }
    this.#showStatus();
    workspace.onChange(({ exercise, origin, news }) => {
      if (exercise !== this.name) return;
      if (origin === "elsewhere") this.#box.set(workspace.get(this.name)?.text ?? this.#stub, true);
      if (news) void this.#tell(news);
      this.#showStatus();
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
    const { workspace } = this.#session;
    workspace.history.typed(this.name, this.#stub, workspace.get(this.name)?.text ?? this.#stub, text);
    this.#before = null;
    this.#write({ text });
  }

  #judged(text: string, report: Report): void {
    const first = report.checks.find((check) => check.outcome !== "passed" && check.line !== null);
    // What is not written yet is no mistake, and its line is not marked as one.
    if (first?.line != null && first.outcome !== "not_written" && text === this.code) this.#box.mark(first.line, first.message);
    this.#keep("checked", text, report.outcome);
    if (report.outcome !== "runtime_lost") this.#session.workspace.effort.checked(this.name);
    switch (report.outcome) {
      case "passed":
        this.#write({ passed: text });
        void this.#passed(text);
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

  /** The way on, and what can be done that this is not lost. */
  async #passed(text: string): Promise<void> {
    const next = await nextLink(this.#section, this.#session, this.chapter);
    if (next && this.#next === null && this.status === "passed" && text === this.code) {
      this.#next = next;
      this.#output.after(next);
    }
    await this.#session.workspace.care.passed();
    remind(this.#session, this.#next ?? this.#output);
  }

  /** A version of a text that is not the book's own. */
  #keep(happened: string, text = this.code, outcome: Outcome | null = null): void {
    if (text === this.#stub || text === this.#record().stub) return;
    void this.#session.workspace.history.keep({ exercise: this.name, text, happened, outcome });
  }

  #summary(report: Report): string {
    if (report.outcome !== "passed") return countChecks(report);
    const count = report.checks.length;
    const all = count === 1 ? "The check passes" : `All ${count} checks pass`;
    return `${all}. \`${this.#object}\` is now part of your tinytorch.`;
  }

  #warm(): void {
    if (!savesData()) this.#run.warm();
  }

  #showStatus(): void {
    showStatus(this.#section, role(this.#section, "status"), this.#pointsText, this.status);
  }

  #reset(): void {
    if (this.code === this.#stub) {
      this.#notice.say("This is the book's text already.");
      return;
    }
    this.#run.clear();
    this.#replace(this.#stub, "reset", "Back to the book's text.");
  }

  #openHint(): void {
    const hints = [...this.#section.querySelectorAll<HTMLElement>('[data-role="hint"]')];
    const next = hints.find((hint) => !hint.hasAttribute("open"));
    if (next) open(next);
    else this.#notice.say(hints.length > 0 ? "All hints are open." : "There are no hints here.");
  }

  /** The book's stub has changed since the learner began: say so, show all three texts, touch nothing. */
  #compareStub(record: AnswerRecord): void {
    const facts = this.#facts;
    if (!facts || record.stub_hash === "" || record.stub_hash === facts.stub_hash) return;
    const edition = { stub: this.#stub, stub_hash: facts.stub_hash };
    if (record.text === record.stub || record.text === this.#stub) {
      this.#box.set(this.#stub, true);
      this.#write({ text: this.#stub, ...edition });
      return;
    }
    const use = (text: string, words: string): void => {
      this.#replace(text, "stub", words, () => {
        this.#write({ stub: record.stub, stub_hash: record.stub_hash });
        this.#compareStub(this.#record());
      });
      this.#write(edition);
    };
    const keep = button("Keep mine", "keep", () => {
      this.#write(edition);
      this.#notice.say("");
    });
    void this.#offer("The book's text for this exercise has changed since you began. Your answer is kept.", {
      views: [
        comparison("What the book changed", record.stub, this.#stub),
        comparison("What you wrote", record.stub, record.text),
      ],
      base: record.stub,
      other: this.#stub,
      useOther: button("Use the new text", "replace", () => use(this.#stub, "You have the book's new text.")),
      useMerged: (text) => button("Use the merged text", "merge", () => use(text, "You have both changes in one text.")),
      keep,
    });
  }

  /** Another tab has changed this answer. */
  async #tell(news: News): Promise<void> {
    if (news.kind === "taken") {
      // That tab goes on typing: what counts is the text that was here at first.
      const before = (this.#before ??= news.before);
      const back = button("Use the text from before", "replace", () => this.#replace(before, "tab", "The text from before is back."));
      this.#notice.say(
        "This answer was changed in another tab. You see the text from there.",
        comparison("What was changed", before, this.code),
        ...(before === this.#stub ? [] : [back]),
      );
      return;
    }
    const { base, theirs } = news;
    await this.#offer("This answer was changed here and in another tab. Your text stays; the other one is kept under Versions.", {
      views: [comparison("From your text to the other", this.code, theirs)],
      base,
      other: theirs,
      useOther: button("Use the other text", "replace", () => this.#replace(theirs, "tab", "You have the text from the other tab.")),
      useMerged: (text) => button("Use the merged text", "merge", () => this.#replace(text, "tab", "You have both changes in one text.")),
      keep: button("Keep mine", "keep", () => this.#notice.say("")),
    });
  }

  /** A choice between texts, with the merged one among them where both changes fit together. */
  async #offer(words: string, choice: Choice): Promise<void> {
    const { views, base, other, useOther, useMerged, keep } = choice;
    const mine = this.code;
    this.#notice.say(words, ...views, useOther, keep);
    const { merged } = await import("./compare.ts").catch(() => ({ merged: () => null }));
    const text = merged(mine, base, other);
    // The choice may be made by now, or the text another.
    if (text === null || !useOther.isConnected || mine !== this.code) return;
    this.#notice.say(words, ...views, comparison("Both changes in one text", mine, text), useOther, useMerged(text), keep);
  }

  /** Nothing is asked before a text is replaced, because it can be had back: at once, or later under Versions. */
  #replace(text: string, happened: string, words: string, undone?: () => void): void {
    const before = this.code;
    this.#keep(happened);
    const undo = button("Undo", "undo", () => {
      this.#keep("undo");
      this.code = before;
      this.#replacement = null;
      this.#notice.say("Your text is back.");
      undone?.();
      void this.#box.focus();
    });
    this.code = text;
    this.#replacement = text;
    this.#notice.say(words, undo);
  }
}

interface Choice {
  readonly views: readonly HTMLElement[];
  /** What both texts come from. */
  readonly base: string;
  readonly other: string;
  readonly useOther: HTMLElement;
  readonly useMerged: (text: string) => HTMLElement;
  readonly keep: HTMLElement;
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
