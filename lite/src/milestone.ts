// A milestone: a program of the book that trains on the reader's own tinytorch, and gates that judge what came of it.

import { element, onPress, resultOf, role } from "./dom.ts";
import { allYours, owned, rememberMilestone, type Owned } from "./ownership.ts";
import type { Job, Reply, Report } from "./protocol.ts";
import { RunBox, type Session } from "./session.ts";
import { keepTrained } from "./trained.ts";
import { icon, plural } from "./view.ts";

/** Seconds without a finished epoch. Training says something after each, and a slow device takes long for one. */
const LIMIT = 300;

export class Milestone {
  readonly name: string;
  readonly #year: string;
  readonly #section: HTMLElement;
  readonly #session: Session;
  readonly #run: RunBox;
  /** The modules that the program stands on. */
  readonly #modules: readonly number[];

  constructor(section: HTMLElement, session: Session) {
    this.#year = section.dataset["milestone"] ?? "";
    this.name = `milestone_${this.#year}`;
    this.#section = section;
    this.#session = session;
    this.#modules = lines(section).map((line) => Number(line.dataset["module"]));
    this.#run = new RunBox({ section, session, name: this.name, limit: LIMIT });
    onPress(section, "run", () => void this.run());
    const show = (): void => void this.#showWhose();
    show();
    session.workspace.onChange(show);
    session.workspace.aside.onChange(show);
  }

  /** What runs is what is there when it begins, whatever is written meanwhile. */
  async run(): Promise<Report> {
    const output = resultOf(this.#section);
    delete output.dataset["whose"];
    let job: Job;
    try {
      job = await this.#job();
    } catch (error) {
      return this.#run.refuse(error instanceof Error ? error.message : String(error), describe);
    }
    const modules = await owned(this.#session).catch(() => []);
    const yours = allYours(modules, this.#modules);
    let kept = Promise.resolve();
    const report = await this.#run.run(
      job,
      (report) => `${describe(report)} ${whoseCode(modules, this.#modules)}`,
      (report, reply) => {
        if (yours) output.dataset["whose"] = "mine";
        kept = this.#keep(report, reply, yours);
      },
    );
    await kept;
    return report;
  }

  async #keep(report: Report, reply: Reply | null, yours: boolean): Promise<void> {
    const { workspace } = this.#session;
    const model = reply?.kind === "milestone" ? reply.model : null;
    if (model !== null) await keepTrained(workspace, this.#year, model);
    if (report.outcome === "passed") await rememberMilestone(workspace, Number(this.#year), yours);
  }

  async #job(): Promise<Job> {
    const { workspace, chapters } = this.#session;
    const answers = workspace.answers();
    const facts = await chapters.milestone(this.#year);
    return {
      request: { kind: "milestone", year: facts.year, source: facts.source, answers },
      chapters: await chapters.having(Object.keys(answers)),
      packages: facts.needs,
    };
  }

  /** Beside each module: how much of what will run there is the reader's. */
  async #showWhose(): Promise<void> {
    const modules = await owned(this.#session).catch(() => null);
    const status = role(this.#section, "status");
    if (!modules) return; // the list cannot be had; what the page says holds for whoever has written nothing
    for (const line of lines(this.#section)) {
      const one = modules.find(({ module }) => module === Number(line.dataset["module"]));
      const words = role(line, "whose");
      if (!one || !words) continue;
      line.dataset["whose"] = isMine(one) ? "mine" : one.used === "mine" && one.mine > 0 ? "mixed" : "book";
      words.replaceChildren(...(isMine(one) ? [icon("passed")] : []), inWords(one));
    }
    const yours = allYours(modules, this.#modules);
    this.#section.dataset["whose"] = yours ? "mine" : "mixed";
    status?.replaceChildren(...(yours ? [element("span", { class: "tt-badge" }, icon("passed"), "Every exercise yours")] : []));
  }
}

const lines = (section: HTMLElement): HTMLElement[] => [...section.querySelectorAll<HTMLElement>("[data-module]")];

const isMine = ({ mine, total, used }: Owned): boolean => used === "mine" && mine === total;

function inWords({ mine, total, used }: Owned): string {
  if (used === "book") return `the book’s: you have set this module aside (${mine} of ${total} passed)`;
  if (mine === total) return `yours, all ${total}`;
  if (mine === 0) return `the book’s (yours: 0 of ${total})`;
  return `yours: ${mine} of ${total}, the book’s in the gaps`;
}

function whoseCode(modules: readonly Owned[], numbers: readonly number[]): string {
  const here = modules.filter(({ module }) => numbers.includes(module));
  const mine = here.filter(isMine).length;
  if (here.length > 0 && mine === numbers.length) return "Every exercise of every module in it is your code.";
  if (here.every(({ mine, used }) => mine === 0 || used === "book")) return "It ran on the book’s code.";
  return `It ran on your tinytorch: ${mine} of ${numbers.length} modules all yours, the book’s code in the gaps.`;
}

/** Every check is a gate. The first is that training comes to its end; without it there are no others. */
function describe(report: Report): string {
  const gates = report.checks;
  const passed = gates.filter(({ outcome }) => outcome === "passed").length;
  const seconds = `${report.seconds < 0.95 ? report.seconds.toFixed(2) : report.seconds.toFixed(1)} s`;
  switch (report.outcome) {
    case "passed":
      return `All ${passed} gates are passed, in ${seconds}.`;
    case "timeout":
      return "Stopped.";
    case "runtime_lost":
      return "No result.";
    case "failed":
    case "error":
    case "not_written":
      return gates.length === 1 ? "It did not train to its end: there is nothing to judge." : `${passed} of ${plural(gates.length, "gate")} passed.`;
  }
}
