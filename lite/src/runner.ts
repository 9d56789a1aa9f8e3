// The page's side of the Python worker: starts it on intent, gives it one job at a time, watches it, stops it,
// and replaces it when it is dead. Every job ends in a Result; none is left waiting for a worker that is gone.

import { never, type Event, type FromWorker, type Job, type Progress, type Reply, type Started, type ToWorker } from "./protocol.ts";
import { Queue } from "./queue.ts";

export interface WorkerLike {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: { readonly data: FromWorker }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  onmessageerror: (() => void) | null;
}

/** `replaced` says that the worker did not survive: what it knew is gone with it. */
export type Result =
  | { readonly kind: "reply"; readonly reply: Reply; readonly replaced: boolean }
  | { readonly kind: "stopped"; readonly by: StoppedBy; readonly seconds: number; readonly replaced: boolean }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "unavailable"; readonly reason: string };

export type StoppedBy = "learner" | "watchdog" | "another";

/** Where the runtime is, for whoever shows progress. */
export type Phase =
  | { readonly kind: "off" }
  | { readonly kind: "starting"; readonly progress: Progress }
  | { readonly kind: "ready" };

export interface Ask {
  /** Names what is asked for; a job that still waits is dropped when the same is asked again. */
  readonly key: string;
  readonly job: Job;
  /** Seconds without a finished check after which the learner's code is stopped. */
  readonly limit: number;
  /** True for learner's code: it may be stopped for something newer. */
  readonly yields: boolean;
  /** True for what the page wishes by itself: everything that the learner asks for goes first. */
  readonly background?: boolean;
  /** Packages or datasets that it needs are being loaded. */
  readonly onProgress?: (progress: Progress) => void;
  readonly onBegun?: () => void;
  readonly onEvent?: (event: Event) => void;
}

export interface Run {
  readonly result: Promise<Result>;
  stop(): void;
}

interface Task extends Ask {
  readonly id: number;
  readonly settle: (result: Result) => void;
  begun: number | null;
  heard: boolean;
}

type State =
  | { readonly kind: "off" }
  | { readonly kind: "starting"; readonly worker: WorkerLike }
  | { readonly kind: "idle"; readonly worker: WorkerLike }
  | { readonly kind: "running"; readonly worker: WorkerLike; readonly task: Task }
  | { readonly kind: "stopping"; readonly worker: WorkerLike; readonly task: Task; readonly by: StoppedBy };

export interface RunnerOptions {
  /** Makes a worker that has been told to load Python. */
  readonly spawn: () => WorkerLike;
  /** What the worker reads to learn that it should stop; null where there is no shared memory. */
  readonly interrupt: Uint8Array | null;
  readonly onPhase: (phase: Phase) => void;
  /** The learner wishes something to be run. */
  readonly onAsked?: () => void;
  readonly onStarted?: (started: Started) => void;
  /** Python could not be started, and the next attempt had better not use what this one did. */
  readonly onGiveUp?: () => void;
}

/** How long an interrupted worker has to answer: from Stop to "Stopped" it must take less than a second. */
export const GRACE = 400;
/** How long a run may go on once another one is wanted. */
export const PATIENCE = 1000;
/** How long an idle worker may take to hear of a job; code that an earlier run left behind may keep it busy for ever. */
export const HEARING = 10_000;
/** How long a worker that loads something may say nothing. Each piece of a download is a word. */
export const SILENCE = 60_000;

const UNHEARD = `nothing was heard of it for ${SILENCE / 1000} s`;
const STARTING: Progress = { step: "Loading Python", loaded: 0, total: 0 };

export class Runner {
  readonly #options: RunnerOptions;
  readonly #interrupt: Uint8Array | null;
  #state: State = { kind: "off" };
  readonly #queue = new Queue<Task>();
  #lastId = 0;
  /** Workers lost in a row; after two the next one waits until it is asked for. */
  #losses = 0;
  /** What the present worker has answered, and whether it has said that it should be replaced. */
  #answered = 0;
  #spent = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#interrupt = options.interrupt;
  }

  get busy(): boolean {
    return this.#state.kind !== "off" && this.#state.kind !== "idle";
  }

  /** Begin to load Python, if that has not happened yet. */
  start(): void {
    if (this.#state.kind !== "off") return;
    // An interrupt that the last worker did not live to hear is not meant for this one.
    if (this.#interrupt) this.#interrupt[0] = 0;
    const worker = this.#options.spawn();
    this.#answered = 0;
    this.#spent = false;
    this.#state = { kind: "starting", worker };
    this.#options.onPhase({ kind: "starting", progress: STARTING });
    // A worker that was replaced may still have messages under way: only the present one is listened to.
    const ifPresent = (handle: () => void): void => {
      if (this.#state.kind !== "off" && this.#state.worker === worker) handle();
    };
    worker.onmessage = ({ data }) =>
      ifPresent(() => {
        this.#hear(data);
        this.#expectWord();
      });
    worker.onerror = ({ message }) => ifPresent(() => this.#lose(message ?? "the worker could not be loaded"));
    worker.onmessageerror = () => ifPresent(() => this.#lose("a message could not be read"));
    this.#expectWord();
  }

  run(ask: Ask): Run {
    if (ask.yields && !ask.background) this.#options.onAsked?.();
    const { promise, settle } = pending<Result>();
    const task: Task = { ...ask, id: ++this.#lastId, settle, begun: null, heard: false };
    for (const older of this.#queue.having(ask.key)) this.#drop(older, "another");
    this.#queue.add(task);
    this.start();
    this.#next();
    this.#hurry();
    return { result: promise, stop: () => this.#stop(task) };
  }

  #stop(task: Task): void {
    const state = this.#state;
    if (state.kind === "running" && state.task === task) {
      this.#halt("learner");
    } else if (this.#drop(task, "learner")) {
      // Nobody waits for this start any more, and it may be one that never ends.
      if (state.kind === "starting" && this.#queue.size === 0) this.#discard(state.worker);
    }
  }

  #drop(task: Task, by: StoppedBy): boolean {
    const waited = this.#queue.remove(task);
    if (waited) task.settle(stopped(task, by, false));
    return waited;
  }

  #next(): void {
    if (this.#state.kind !== "idle") return;
    const task = this.#queue.next();
    if (!task) return;
    const { worker } = this.#state;
    if (this.#interrupt) this.#interrupt[0] = 0;
    this.#state = { kind: "running", worker, task };
    worker.postMessage({ kind: "job", id: task.id, job: task.job });
    this.#expectWord();
    this.#hurry();
  }

  /** When the learner waits, code that runs gets a moment to finish and is then stopped. */
  #hurry(): void {
    const state = this.#state;
    if (state.kind !== "running" || !state.task.yields) return;
    if (!this.#queue.some((task) => task.yields && !task.background)) return;
    if (state.task.background) {
      // It is short. Without shared memory to wait for its end costs less than to start another Python.
      if (this.#interrupt && state.task.begun !== null) this.#halt("another");
      return;
    }
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => this.#halt("another"), PATIENCE);
  }

  /** A worker that loads something must be heard of; one that runs learner's code has its watchdog. */
  #expectWord(): void {
    clearTimeout(this.#silence);
    const state = this.#state;
    if (state.kind === "starting") {
      this.#silence = setTimeout(() => this.#lose(UNHEARD), SILENCE);
    } else if (state.kind === "running" && state.task.begun === null) {
      const { worker, task } = state;
      this.#silence = task.heard
        ? setTimeout(() => this.#abandon(worker, task), SILENCE)
        : setTimeout(() => this.#break("it did not hear of this run"), HEARING);
    }
  }

  #abandon(worker: WorkerLike, task: Task): void {
    this.#discard(worker);
    task.settle({ kind: "unavailable", reason: `What this needs could not be loaded: ${UNHEARD}. Press the button to try again.` });
    if (this.#queue.size > 0) this.start();
  }

  #watch(task: Task): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#halt("watchdog"), task.limit * 1000);
  }

  /** Interrupt what runs; without shared memory, or without an answer, by taking the worker away. */
  #halt(by: StoppedBy): void {
    const state = this.#state;
    if (state.kind !== "running") return;
    this.#quiet();
    this.#state = { ...state, kind: "stopping", by };
    if (this.#interrupt && state.task.begun !== null) {
      this.#interrupt[0] = 2; // SIGINT: a KeyboardInterrupt in Python
      this.#grace = setTimeout(() => this.#replace(), GRACE);
    } else {
      this.#replace();
    }
  }

  #replace(): void {
    if (this.#state.kind !== "stopping") return;
    const { worker, task, by } = this.#state;
    this.#discard(worker);
    task.settle(stopped(task, by, true));
    this.start();
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "progress":
        if (this.#state.kind === "starting") this.#options.onPhase({ kind: "starting", progress: message.progress });
        else if (this.#state.kind === "running") this.#state.task.onProgress?.(message.progress);
        return;
      case "started":
        this.#options.onStarted?.(message);
        return;
      case "ready":
        if (this.#state.kind !== "starting") return;
        this.#state = { kind: "idle", worker: this.#state.worker };
        this.#options.onPhase({ kind: "ready" });
        this.#next();
        return;
      case "unavailable":
        this.#giveUp(message.reason);
        return;
      case "heard":
        this.#withTask(message.id, (task) => {
          task.heard = true;
        });
        return;
      case "begun":
        this.#withTask(message.id, (task) => {
          task.begun = performance.now();
          this.#watch(task);
          task.onBegun?.();
          if (task.background) this.#hurry();
        });
        return;
      case "event":
        this.#withTask(message.id, (task) => {
          // Only a finished check or epoch counts as progress: a loop that prints without end must be stopped too.
          if (message.event.kind === "checked" || message.event.kind === "progress") this.#watch(task);
          task.onEvent?.(message.event);
        });
        return;
      case "reply":
        this.#finish(message.id, message.reply);
        return;
      case "interrupted":
        this.#finish(message.id, null);
        return;
      case "spent":
        this.#spent = true;
        return;
      case "broken":
        this.#break(message.reason);
        return;
      case "lost":
        this.#lose(message.reason);
        return;
      case "recorded":
        return; // said by the workers that make snapshots, which have no runner
      default:
        never(message);
    }
  }

  #withTask(id: number, use: (task: Task) => void): void {
    if (this.#state.kind === "running" && this.#state.task.id === id) use(this.#state.task);
  }

  #finish(id: number, reply: Reply | null): void {
    const state = this.#state;
    if ((state.kind !== "running" && state.kind !== "stopping") || state.task.id !== id) return;
    this.#quiet();
    this.#losses = 0;
    this.#answered += 1;
    this.#state = { kind: "idle", worker: state.worker };
    const replaced = this.#spent;
    if (replaced) this.#discard(state.worker);
    const by = state.kind === "stopping" ? state.by : "learner";
    // A reply that comes after the interrupt tells of the interrupt, unless the run had just ended well.
    const counts = reply !== null && (state.kind === "running" || (reply.kind === "report" && reply.report.outcome === "passed"));
    if (counts) state.task.settle({ kind: "reply", reply, replaced });
    else if (state.task.background && by === "another") this.#again(state.task);
    else state.task.settle(stopped(state.task, by, replaced));
    if (replaced) this.start();
    else this.#next();
  }

  /** If it had answered others before, one of them may have broken it: then this one is not to suffer for that. */
  #break(reason: string): void {
    const state = this.#state;
    if (state.kind !== "running" || this.#answered === 0) {
      this.#lose(reason);
      return;
    }
    this.#discard(state.worker);
    this.#again(state.task);
    this.start();
  }

  #again(task: Task): void {
    task.begun = null;
    task.heard = false;
    this.#queue.putBack(task);
  }

  /** The worker died. Whoever waits for an answer hears so; whoever waits in the queue gets a new worker. */
  #lose(reason: string): void {
    const state = this.#state;
    if (state.kind === "off") return;
    if (state.kind === "starting") {
      this.#giveUp(`Python could not be started (${reason}). Reload the page to try again.`);
      return;
    }
    this.#discard(state.worker);
    this.#losses += 1;
    if (state.kind === "running") state.task.settle({ kind: "lost", reason });
    if (state.kind === "stopping") state.task.settle(stopped(state.task, state.by, true));
    if (this.#queue.size > 0 || this.#losses < 2) this.start();
  }

  #giveUp(reason: string): void {
    if (this.#state.kind !== "starting") return;
    this.#discard(this.#state.worker);
    this.#options.onGiveUp?.();
    for (const task of this.#queue.empty()) task.settle({ kind: "unavailable", reason });
  }

  #discard(worker: WorkerLike): void {
    this.#quiet();
    worker.onmessage = worker.onerror = worker.onmessageerror = null;
    worker.terminate();
    this.#state = { kind: "off" };
    this.#options.onPhase({ kind: "off" });
  }

  #quiet(): void {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#grace);
    clearTimeout(this.#silence);
  }
}

function stopped(task: Task, by: StoppedBy, replaced: boolean): Result {
  return { kind: "stopped", by, seconds: task.begun === null ? 0 : (performance.now() - task.begun) / 1000, replaced };
}

function pending<T>(): { promise: Promise<T>; settle: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
