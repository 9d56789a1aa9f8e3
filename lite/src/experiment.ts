// Experiments and integration checks: code of the book that runs on the learner's own tinytorch.

import { nextLink } from "./aftercheck.ts";
import type { Replayable } from "./aftermath.ts";
import type { Experiment as Facts } from "./chapters.ts";
import { action, button, element, onPress, resultOf, role } from "./dom.ts";
import { saySetAside } from "./ownership.ts";
import type { Answers, Job, Report } from "./protocol.ts";
import { RunBox, type Session } from "./session.ts";
import { countChecks, plural } from "./view.ts";

const LIMIT = 60;

export class Experiment implements Replayable {
  readonly name: string;
  readonly #section: HTMLElement;
  readonly #session: Session;
  readonly #chapter: string;
  readonly #packages: readonly string[];
  readonly #run: RunBox;
  readonly #notice = element("div", { class: "tt-notice", "data-role": "notice" });
  #seconds: number | null = null;

  constructor(section: HTMLElement, session: Session, chapter: string, facts: Facts | null, needs: readonly string[]) {
    this.name = section.dataset["experiment"] ?? "";
    this.#section = section;
    this.#session = session;
    this.#chapter = chapter;
    this.#packages = [...needs, ...(facts?.needs ?? [])];
    this.#run = new RunBox({ section, session, name: this.name, limit: LIMIT });
    role(section, "actions")?.after(this.#notice);
    onPress(section, "run", () => void this.run());
    session.aftermath.add(this);
  }

  get seconds(): number | null {
    return this.#seconds;
  }

  async run(): Promise<Report> {
    this.#notice.replaceChildren();
    return this.#run.run(await this.#job(), this.#describe(), (report) => {
      this.#seconds = report.outcome === "passed" ? report.seconds : null;
    });
  }

  async replay(): Promise<boolean> {
    return this.#run.replay(await this.#job(), this.#describe());
  }

  /** On whose code it ran is the first line that Python prints; what was set aside is said with the end of the run. */
  #describe(): (report: Report) => string {
    const aside = saySetAside(this.#session.workspace.aside.modules);
    return (report) => {
      const ended = report.outcome === "passed" ? `Ran in ${seconds(report)}.` : "It did not run to its end.";
      return `${ended} ${aside}`.trim();
    };
  }

  offer(): void {
    this.#notice.replaceChildren(
      element("p", {}, "Python was replaced after this had run."),
      button("Run again", "again", () => {
        action(this.#section, "run")?.focus(); // this button is about to go, and would take the keyboard's place along
        void this.run();
      }),
    );
  }

  async #job(): Promise<Job> {
    const answers = this.#session.workspace.answers();
    return {
      request: { kind: "run", experiment: this.name, answers },
      chapters: await chaptersOf(this.#session, this.#chapter, answers),
      packages: this.#packages,
    };
  }
}

export class Integration {
  readonly name: string;
  readonly #session: Session;
  readonly #section: HTMLElement;
  readonly #packages: readonly string[];
  readonly #run: RunBox;
  #next: HTMLElement | null = null;

  constructor(section: HTMLElement, session: Session, needs: readonly string[]) {
    this.name = section.dataset["integration"] ?? "";
    this.#section = section;
    this.#session = session;
    this.#packages = needs;
    this.#run = new RunBox({ section, session, name: this.name, limit: LIMIT });
    onPress(section, "run", () => void this.run());
  }

  async run(): Promise<Report> {
    this.#next?.remove();
    const { workspace } = this.#session;
    const answers = workspace.answers();
    const aside = saySetAside(workspace.aside.modules);
    const report = await this.#run.run(
      {
        request: { kind: "integrate", chapter: this.name, answers },
        chapters: await chaptersOf(this.#session, this.name, answers),
        packages: this.#packages,
      },
      (report) => `${countChecks(report)} Checked ${onWhat(answers, aside !== "")}. ${aside}`.trim(),
    );
    if (report.outcome === "passed") await this.#goOn();
    return report;
  }

  /** With the whole working together the chapter is done. */
  async #goOn(): Promise<void> {
    const next = await nextLink(this.#section, this.#session, this.name);
    this.#next?.remove();
    this.#next = next;
    if (next) resultOf(this.#section).after(next);
  }
}

/** The chapter itself, and those whose answers take part. Python knows an exercise only from its chapter. */
async function chaptersOf(session: Session, chapter: string, answers: Answers): Promise<string[]> {
  const others = await session.chapters.having(Object.keys(answers)).catch(() => []);
  return [chapter, ...others.filter((other) => other !== chapter)];
}

/** Says which code is the learner's and which is the book's. */
function onWhat(answers: Answers, aside: boolean): string {
  const count = Object.keys(answers).length;
  if (count === 0 && aside) return "on the book's code";
  if (count === 0) return "on the book's code, for no exercise of yours has passed yet";
  return `on your tinytorch: ${plural(count, "answer")} of yours, the book's code in the gaps`;
}

function seconds(report: Report): string {
  return `${report.seconds < 0.95 ? report.seconds.toFixed(2) : report.seconds.toFixed(1)} s`;
}
