// What the parts of a page share: the runner, the workspace, the chapters; and the way a box runs a job.

import type { Aftermath } from "./aftermath.ts";
import type { Chapters } from "./chapters.ts";
import type { Config } from "./config.ts";
import { action, onPress, resultOf, role } from "./dom.ts";
import { showProgress, showSteps } from "./progress.ts";
import type { Event, Job, Reply, Report } from "./protocol.ts";
import { reportOf } from "./reports.ts";
import type { Phase, Result, Run, Runner } from "./runner.ts";
import { ResultView } from "./view.ts";
import type { Workspace } from "./workspace.ts";

export interface Session {
  readonly config: Config;
  readonly runner: Runner;
  readonly workspace: Workspace;
  readonly chapters: Chapters;
  readonly aftermath: Aftermath;
  /** Calls `listen` with the runtime's phase, now and when it changes; returns how to stop that. */
  readonly watchPhase: (listen: (phase: Phase) => void) => () => void;
}

/** Seconds that a replay may take: it took less than two before. */
const REPLAY_LIMIT = 10;

export interface BoxOptions {
  readonly section: HTMLElement;
  readonly session: Session;
  readonly name: string;
  readonly limit: number;
  readonly goTo?: (line: number) => void;
}

/** What else was answered than the Report; null where the run did not come to an answer. */
type Settled = (report: Report, reply: Reply | null) => void;

/** A section whose code can be run: buttons, progress and results. */
export class RunBox {
  readonly #options: BoxOptions;
  readonly #output: HTMLElement;
  readonly #progress: HTMLElement | null;
  #run: Run | null = null;
  #runs = 0;
  /** That Python was replaced by a run of this box which is not shown any more. */
  #untold = "";
  #unwatch: (() => void) | null = null;

  constructor(options: BoxOptions) {
    const { section } = options;
    this.#options = options;
    this.#output = resultOf(section);
    this.#progress = role(section, "progress");
    const actions = role(section, "actions");
    if (actions) actions.hidden = false;
    onPress(section, "stop", () => this.stop());
    this.#setBusy(false);
  }

  /** Begin to load Python, with progress shown here: the learner looks at this box. */
  warm(): void {
    this.#options.session.runner.start();
    this.#showPhase();
  }

  stop(): void {
    this.#run?.stop();
  }

  clear(): void {
    if (this.#run !== null) return;
    this.#output.replaceChildren();
    delete this.#output.dataset["outcome"];
  }

  /** Run and show; only the newest run of a box is shown. Never rejects for what the learner wrote. */
  async run(job: Job, summary: (report: Report) => string, settled?: Settled): Promise<Report> {
    const { session, name, limit, goTo } = this.#options;
    const view = new ResultView(this.#output, goTo ?? null);
    let loads = false;
    const run = session.runner.run({
      key: `${job.request.kind}:${name}`,
      job,
      limit,
      yields: true,
      onProgress: (progress) => {
        if (this.#run !== run) return;
        if (!loads) view.begin(`${progress.step} …`); // once, for it is read out
        loads = true;
        showProgress(this.#progress, progress);
      },
      onBegun: () => {
        if (this.#run !== run) return;
        showProgress(this.#progress, null);
        view.begin("Running …");
      },
      onEvent: (event) => {
        if (this.#run !== run) return;
        if (event.kind === "progress") showSteps(this.#progress, event);
        else view.hear(event);
      },
    });
    this.#run = run;
    this.#runs += 1;
    view.begin("Waiting for Python …");
    this.#output.setAttribute("aria-live", "polite");
    this.#setBusy(true);
    this.#showPhase();
    const result = await run.result;
    if (wasReplaced(result)) this.#untold = session.aftermath.begin(name);
    const report = reportOf(result, { exercise: name, checks: view.seen, stdout: view.stdout });
    if (this.#run !== run) return report;
    this.#run = null;
    showProgress(this.#progress, null);
    settled?.(report, result.kind === "reply" ? result.reply : null);
    view.end(report, `${summary(report)} ${this.#untold}`.trim());
    this.#untold = "";
    this.#setBusy(false);
    return report;
  }

  /** Say why it cannot be run, where that is known before Python is asked. */
  refuse(reason: string, summary: (report: Report) => string): Report {
    const { name, goTo } = this.#options;
    const view = new ResultView(this.#output, goTo ?? null);
    const refused: Result = { kind: "reply", reply: { kind: "refused", reason }, replaced: false };
    const report = reportOf(refused, { exercise: name, checks: [], stdout: "" });
    view.begin("");
    view.end(report, summary(report));
    return report;
  }

  /** Run behind the reader's back: what is shown changes once, at the end, and only for a result that is as good. */
  async replay(job: Job, summary: (report: Report) => string): Promise<boolean> {
    const { session, name, goTo } = this.#options;
    const runs = this.#runs;
    const events: Event[] = [];
    const { result } = session.runner.run({
      key: `replay:${name}`,
      job,
      limit: REPLAY_LIMIT,
      yields: true,
      background: true,
      onBegun: () => events.splice(0),
      onEvent: (event) => events.push(event),
    });
    const ended = await result;
    if (this.#runs !== runs) return true; // the learner has run it meanwhile
    const report = ended.kind === "reply" && ended.reply.kind === "report" ? ended.reply.report : null;
    if (report?.outcome !== "passed") return false;
    // Who reads there, or has the keyboard there, is not disturbed: the same result would take its place.
    if (this.#output.contains(document.activeElement)) return true;
    this.#output.setAttribute("aria-live", "off");
    const view = new ResultView(this.#output, goTo ?? null);
    view.begin("");
    for (const event of events) if (event.kind !== "progress") view.hear(event);
    view.end(report, summary(report));
    return true;
  }

  #showPhase(): void {
    this.#unwatch?.();
    this.#unwatch = this.#options.session.watchPhase((phase) => {
      showProgress(this.#progress, phase.kind === "starting" ? phase.progress : null);
      if (phase.kind === "starting") return;
      this.#unwatch?.();
      this.#unwatch = null;
    });
  }

  #setBusy(busy: boolean): void {
    const stop = action(this.#options.section, "stop");
    // A disabled button loses the focus, and with it the keyboard's place in the page: aria-disabled keeps it.
    stop?.setAttribute("aria-disabled", String(!busy));
    this.#options.section.toggleAttribute("data-busy", busy);
  }
}

function wasReplaced(result: Result): boolean {
  return result.kind === "lost" || ((result.kind === "stopped" || result.kind === "reply") && result.replaced);
}
