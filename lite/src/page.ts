// Connects everything on a page: opens the workspace, finds the boxes, and offers what window.tinytorch offers.

import { Aftermath } from "./aftermath.ts";
import type { PageApi } from "./api.ts";
import { warnWhenUnsaved } from "./banner.ts";
import { Chapters, type Chapter } from "./chapters.ts";
import type { Config } from "./config.ts";
import { exportWorkspace, importWorkspace, packageSource } from "./doors.ts";
import { Exercise } from "./exercise.ts";
import { Experiment, Integration } from "./experiment.ts";
import { connectPanel } from "./panel.ts";
import { connectQuestion } from "./quiz.ts";
import type { Started } from "./protocol.ts";
import { Runner, type Phase, type WorkerLike } from "./runner.ts";
import { prepare, type RecordingWorker } from "./recorder.ts";
import { dropSnapshots, snapshotName } from "./snapshot.ts";
import type { Session } from "./session.ts";
import { markLinks } from "./sidebar.ts";
import { Workspace } from "./workspace.ts";

/** The worker's file, named by its content; the build puts it in. */
declare const WORKER: string;

export async function connectPage(config: Config): Promise<PageApi> {
  const session = await openSession(config);
  const chapter = config.chapter === null ? null : await loadChapter(session, config.chapter);
  const name = config.chapter ?? "";

  const exercises = connect("[data-exercise]", (section) => {
    const facts = chapter?.exercises.find((one) => one.name === section.dataset["exercise"]) ?? null;
    return new Exercise(section, session, name, facts);
  });
  const experiments = connect("[data-experiment]", (section) => {
    const facts = chapter?.experiments.find((one) => one.name === section.dataset["experiment"]) ?? null;
    return new Experiment(section, session, name, facts);
  });
  const integrations = connect("[data-integration]", (section) => new Integration(section, session));
  connect("[data-question]", (section) => {
    const asked = chapter?.questions.find((one) => one.name === section.dataset["question"]);
    if (asked) connectQuestion(section, session, asked);
  });
  connect("[data-workspace]", (section) => connectPanel(section, session));
  if (exercises.length > 0 || document.querySelector("[data-workspace]")) warnWhenUnsaved(session);
  void markAll(session);
  saveOnLeaving(session.workspace);

  const exercise = (wanted: string): Exercise => find(exercises, wanted, "exercise");
  return {
    exercises: () => exercises.map(({ name, status, points, chapter }) => ({ name, status, points, chapter })),
    getCode: (wanted) => exercise(wanted).code,
    setCode: (wanted, text) => {
      exercise(wanted).code = text;
    },
    check: async (wanted) => exercise(wanted).check(),
    run: async (wanted) => find([...experiments, ...integrations], wanted, "experiment").run(),
    exportWorkspace: async () => (await exportWorkspace(session)).blob,
    importWorkspace: async (blob) => {
      const { count, replaced, notes } = await importWorkspace(session, blob);
      return { count, replaced, notes };
    },
    packageSource: (path) => packageSource(session, path),
  };
}

async function openSession(config: Config): Promise<Session> {
  let phase: Phase = { kind: "off" };
  const watchers = new Set<(phase: Phase) => void>();
  const snapshot = config.snapshot ? snapshotName(config.root, config.runtime, WORKER) : null;
  const runner = new Runner({
    spawn: spawnWorker,
    root: config.content,
    runtime: config.runtime,
    snapshot,
    isolated: globalThis.crossOriginIsolated,
    onPhase: (now) => {
      phase = now;
      for (const watcher of watchers) watcher(now);
    },
    onStarted: (started) => afterStart(runner, config, snapshot, started),
    onGiveUp: () => snapshot !== null && void dropSnapshots(snapshot),
  });
  const workspace = await Workspace.open({
    book: config.book,
    factory: databases(),
    channel: "BroadcastChannel" in globalThis ? new BroadcastChannel(config.book) : null,
  });
  return {
    config,
    runner,
    workspace,
    chapters: new Chapters(config.content),
      aftermath: new Aftermath(),
    watchPhase: (listen) => {
      watchers.add(listen);
      listen(phase);
      return () => watchers.delete(listen);
    },
  };
}

/** Once Python is there: say where the time went, and prepare the next start. */
function afterStart(runner: Runner, config: Config, snapshot: string | null, started: Started): void {
  const page = document.documentElement.dataset;
  page["started"] = started.from;
  for (const { name, start, end } of started.spans) {
    performance.measure(`tinytorch:${name}`, { start: start - performance.timeOrigin, end: end - performance.timeOrigin });
  }
  if (prepared) return;
  prepared = true;
  void prepare({
    runner,
    spawn: spawnWorker,
    root: config.root,
    runtime: config.runtime,
    snapshot,
    told: (state) => {
      page["snapshot"] = state;
    },
  });
}

let prepared = false;

/**
 * A worker loaded from an address has no content security policy but what the host's headers say, and learner's code
 * can reach every way to the network. One made from a blob inherits this page's policy: our own origin, and no eval.
 */
function spawnWorker(): WorkerLike & RecordingWorker {
  const address = new URL(WORKER, import.meta.url);
  // One for all workers of this page: each would else leave its own behind.
  workerSource ??= URL.createObjectURL(new Blob([`import ${JSON.stringify(address.href)};`], { type: "text/javascript" }));
  return new Worker(workerSource, { type: "module", name: "tinytorch" }) as WorkerLike & RecordingWorker;
}

let workerSource: string | undefined;

/** Where storage is forbidden, looking at `indexedDB` is enough to be thrown at. */
function databases(): IDBFactory | undefined {
  try {
    return globalThis.indexedDB;
  } catch {
    return undefined;
  }
}

/** Without the chapter's JSON a page still reads, writes and saves; a Check says what could not be downloaded. */
async function loadChapter(session: Session, name: string): Promise<Chapter | null> {
  try {
    return await session.chapters.chapter(name);
  } catch (error) {
    console.warn(`tinytorch: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

async function markAll(session: Session): Promise<void> {
  if (!document.querySelector("[data-exercise-link], [data-chapter-link]")) return;
  const chapters = await session.chapters.index().catch(() => []);
  markLinks(session.workspace, chapters);
}

function saveOnLeaving(workspace: Workspace): void {
  window.addEventListener("pagehide", () => workspace.leave());
  // A page that comes back from the browser's memory, or a tab that slept, may have missed what another tab did.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) void workspace.refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") workspace.leave();
    else void workspace.refresh();
  });
}

function connect<T>(selector: string, make: (section: HTMLElement) => T): T[] {
  return [...document.querySelectorAll<HTMLElement>(selector)].map(make);
}

function find<T extends { readonly name: string }>(boxes: readonly T[], wanted: string, kind: string): T {
  const found = boxes.find(({ name }) => name === wanted);
  if (!found) throw new Error(`This page has no ${kind} ${JSON.stringify(wanted)}. It has: ${boxes.map(({ name }) => name).join(", ")}.`);
  return found;
}
