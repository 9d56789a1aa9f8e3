// Experiments and integration checks: code of the book that runs on the learner's own tinytorch.

import type { Experiment as Facts } from "./chapters.ts";
import { onPress } from "./dom.ts";
import type { Answers, Report } from "./protocol.ts";
import { RunBox, type Session } from "./session.ts";
import { countChecks, plural } from "./view.ts";

const LIMIT = 60;

export class Experiment {
  readonly name: string;
  readonly #session: Session;
  readonly #chapter: string;
  readonly #packages: readonly string[];
  readonly #run: RunBox;

  constructor(section: HTMLElement, session: Session, chapter: string, facts: Facts | null) {
    this.name = section.dataset["experiment"] ?? "";
    this.#session = session;
    this.#chapter = chapter;
    this.#packages = facts?.needs ?? [];
    this.#run = new RunBox({ section, session, name: this.name, limit: LIMIT });
    onPress(section, "run", () => void this.run());
  }

  async run(): Promise<Report> {
    const answers = this.#session.workspace.answers();
    return this.#run.run(
      {
        request: { kind: "run", experiment: this.name, answers },
        chapters: await chaptersOf(this.#session, this.#chapter, answers),
        packages: this.#packages,
      },
      // On whose code it ran is the first line that Python prints.
      (report) => (report.outcome === "passed" ? `Ran in ${seconds(report)}.` : "It did not run to its end."),
    );
  }
}

export class Integration {
  readonly name: string;
  readonly #session: Session;
  readonly #run: RunBox;

  constructor(section: HTMLElement, session: Session) {
    this.name = section.dataset["integration"] ?? "";
    this.#session = session;
    this.#run = new RunBox({ section, session, name: this.name, limit: LIMIT });
    onPress(section, "run", () => void this.run());
  }

  async run(): Promise<Report> {
    const answers = this.#session.workspace.answers();
    return this.#run.run(
      {
        request: { kind: "integrate", chapter: this.name, answers },
        chapters: await chaptersOf(this.#session, this.name, answers),
        packages: [],
      },
      (report) => `${countChecks(report)} Checked ${onWhat(answers)}.`,
    );
  }
}

/** The chapter itself, and those whose answers take part. Python knows an exercise only from its chapter. */
async function chaptersOf(session: Session, chapter: string, answers: Answers): Promise<string[]> {
  const others = await session.chapters.having(Object.keys(answers)).catch(() => []);
  return [chapter, ...others.filter((other) => other !== chapter)];
}

/** Says which code is the learner's and which is the book's. */
function onWhat(answers: Answers): string {
  const count = Object.keys(answers).length;
  if (count === 0) return "on the book's code, for no exercise of yours has passed yet";
  return `on your tinytorch: ${plural(count, "answer")} of yours, the book's code in the gaps`;
}

function seconds(report: Report): string {
  return `${report.seconds < 0.95 ? report.seconds.toFixed(2) : report.seconds.toFixed(1)} s`;
}
