// Connects everything on a page: opens the workspace, finds the boxes, and offers what window.tinytorch offers.

import { Aftermath } from "./aftermath.ts";
import type { PageApi } from "./api.ts";
import { warnWhenUnsaved } from "./banner.ts";
import { Chapters, type Chapter } from "./chapters.ts";
import type { Config } from "./config.ts";
import { connect } from "./dom.ts";
import { exportWorkspace, importWorkspace, packageSource } from "./doors.ts";
import { Exercise } from "./exercise.ts";
import { Experiment, Integration } from "./experiment.ts";
import { channelOf, databases, saveOnLeaving } from "./keeping.ts";
import { connectPanel } from "./panel.ts";
import { connectQuestion } from "./quiz.ts";
import { preloadOnIntent } from "./preload.ts";
import { openPython, workerModules } from "./python.ts";
import type { Phase } from "./runner.ts";
import type { Session } from "./session.ts";
import { markLinks } from "./sidebar.ts";
import { Workspace } from "./workspace.ts";

const MILESTONES = "[data-milestone], [data-digit-canvas]";

/** Connects once the page is `read`; what comes from elsewhere is asked for before. */
export async function connectPage(config: Config, read: Promise<void>): Promise<PageApi> {
  const chapters = new Chapters(config.content);
  const [session, chapter] = await Promise.all([
    openSession(config, chapters),
    config.chapter === null ? null : loadChapter(chapters, config.chapter),
    read,
  ]);
  const name = config.chapter ?? "";
  const needs = chapter?.needs ?? [];

  const exercises = connect("[data-exercise]", (section) => {
    const facts = chapter?.exercises.find((one) => one.name === section.dataset["exercise"]) ?? null;
    return new Exercise(section, session, name, facts, needs);
  });
  const experiments = connect("[data-experiment]", (section) => {
    const facts = chapter?.experiments.find((one) => one.name === section.dataset["experiment"]) ?? null;
    return new Experiment(section, session, name, facts, needs);
  });
  const integrations = connect("[data-integration]", (section) => {
    return new Integration(section, session, [...needs, ...(chapter?.integration_needs ?? [])]);
  });
  connect("[data-question]", (section) => {
    const asked = chapter?.questions.find((one) => one.name === section.dataset["question"]);
    if (asked) connectQuestion(section, session, asked);
  });
  connect("[data-workspace]", (section) => connectPanel(section, session));
  const milestones = document.querySelector(MILESTONES) ? (await import("./milestones.ts")).connectMilestones(session) : [];
  if (document.querySelector("[data-mine]")) await (await import("./mine.ts")).connectMine(session);
  if (exercises.length > 0 || document.querySelector("[data-workspace]")) warnWhenUnsaved(session);
  preloadOnIntent(connect("[data-exercise], [data-experiment], [data-integration], [data-milestone]", (box) => box), workerModules(config));
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
    run: async (wanted) => find([...experiments, ...integrations, ...milestones], wanted, "experiment").run(),
    exportWorkspace: async () => (await exportWorkspace(session)).blob,
    importWorkspace: async (blob) => {
      const { count, replaced, notes } = await importWorkspace(session, blob);
      return { count, replaced, notes };
    },
    packageSource: (path) => packageSource(session, path),
  };
}

async function openSession(config: Config, chapters: Chapters): Promise<Session> {
  let phase: Phase = { kind: "off" };
  const watchers = new Set<(phase: Phase) => void>();
  const runner = openPython(config, (now) => {
    phase = now;
    for (const watcher of watchers) watcher(now);
  });
  const workspace = await Workspace.open({
    book: config.book,
    factory: databases(),
    channel: channelOf(config.book),
    moduleOf: (exercise) => chapters.moduleOf(exercise),
  });
  workspace.onErased(() => location.reload()); // and is then as new
  // Which answers are set aside must be known before anything runs on them.
  if (workspace.aside.modules.length > 0) await chapters.index().catch(() => []);
  return {
    config,
    runner,
    workspace,
    chapters,
    aftermath: new Aftermath(),
    watchPhase: (listen) => {
      watchers.add(listen);
      listen(phase);
      return () => watchers.delete(listen);
    },
  };
}

/** Without the chapter's JSON a page still reads, writes and saves; a Check says what could not be downloaded. */
async function loadChapter(chapters: Chapters, name: string): Promise<Chapter | null> {
  try {
    return await chapters.chapter(name);
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

function find<T extends { readonly name: string }>(boxes: readonly T[], wanted: string, kind: string): T {
  const found = boxes.find(({ name }) => name === wanted);
  if (!found) throw new Error(`This page has no ${kind} ${JSON.stringify(wanted)}. It has: ${boxes.map(({ name }) => name).join(", ")}.`);
  return found;
}
