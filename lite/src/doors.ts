// The ways out of the browser and back in: a ZIP, a wheel or a notebook, which Python makes and reads, and, where
// Python cannot be had, the records as plain JSON. Nothing that a learner wrote is ever locked in.

import { fromBase64, toBase64 } from "./base64.ts";
import { download } from "./dom.ts";
import { fields, list, number, optional, parseJson, text } from "./parse.ts";
import {
  answerRecord,
  questionRecord,
  versionRecord,
  type Answers,
  type AnswerRecord,
  type Job,
  type Reply,
  type VersionRecord,
  type Work,
} from "./protocol.ts";
import type { Result } from "./runner.ts";
import type { Session } from "./session.ts";
import { unique } from "./unique.ts";
import { inOrder, type Version } from "./versions.ts";

export const IMPORT_LIMIT = 20_000_000;
const LIMIT = 60;

export interface Exported {
  readonly blob: Blob;
  readonly name: string;
  /** Why this is not the ZIP, if it is not. */
  readonly instead: string | null;
}

export interface Imported {
  readonly count: number;
  readonly replaced: number;
  readonly notes: readonly string[];
  /** Puts back what was here before. */
  readonly undo: () => Promise<void>;
}

/** What was brought in cannot be used; the message is for the learner, and nothing has changed. */
export class ImportRefused extends Error {
  override readonly name = "ImportRefused";
}

/** What Python calls workspace.json: the same file is in every ZIP. */
interface WorkFile extends Work {
  readonly format: number;
  readonly book: string;
}

/** In the first format there were answers alone; in the third a ZIP has folders of answers. */
const FORMAT = 3;
const workFile = fields<WorkFile>({
  format: number,
  book: text,
  records: list(answerRecord),
  questions: optional(list(questionRecord), []),
  versions: optional(list(versionRecord), []),
});

/** Of an archive's bytes, so many are for versions: with the answers they stay below what an import accepts. */
const VERSION_BYTES = 8_000_000;

/** What can go out: everything as a project, the package that it makes, or a chapter's notebook. */
export type Form = { readonly kind: "zip" } | { readonly kind: "wheel" } | { readonly kind: "notebook"; readonly chapter: string };

const ZIP: Form = { kind: "zip" };
const MIME: Readonly<Record<Form["kind"], string>> = {
  zip: "application/zip",
  wheel: "application/octet-stream", // a browser that knew it for a ZIP might give it that name
  notebook: "application/x-ipynb+json",
};

export async function exportWorkspace(session: Session, form: Form = ZIP): Promise<Exported> {
  const { workspace } = session;
  await workspace.flush();
  const records = workspace.all();
  // In an order that does not depend on how they came here: the same work makes the same file.
  const questions = workspace.questions().sort((a, b) => (a.question < b.question ? -1 : 1));
  const work: Work = { records, questions, versions: fitting(await workspace.history.all()) };
  const reply = await (form.kind === "notebook" ? askForNotebook(session, form.chapter, records) : askForArchive(session, form.kind, work));
  if (reply.kind === "archive") {
    return { blob: new Blob([fromBase64(reply.base64)], { type: MIME[form.kind] }), name: reply.name, instead: null };
  }
  if (form.kind !== "zip") throw new Error(`It could not be made: ${reasonIn(reply)} Nothing was exported.`);
  const file: WorkFile = { format: FORMAT, book: session.config.book, ...work };
  const blob = new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: "application/json" });
  return { blob, name: "tinytorch-answers.json", instead: reasonIn(reply) };
}

/** With the datasets that its checks read; without them where they cannot be had, for what was written comes first. */
async function askForArchive(session: Session, form: "zip" | "wheel", work: Work): Promise<Reply> {
  const request = { kind: form === "zip" ? "export" : "wheel", ...work } as const;
  const names = work.records.map(({ exercise }) => exercise);
  const needs = await session.chapters.having(names).then((chapters) => session.chapters.needsOfChecks(chapters)).catch(() => []);
  const reply = await ask(session, request, names, needs);
  return reply.kind === "archive" || needs.length === 0 ? reply : ask(session, request, names);
}

/** The notebook that JupyterLite has, too, with the answers put into it. */
async function askForNotebook(session: Session, chapter: string, records: readonly AnswerRecord[]): Promise<Reply> {
  const { root } = session.config;
  const path = `lite/files/${chapter}.ipynb`;
  const response = await fetch(root + path).catch(() => null);
  if (!response?.ok) return { kind: "refused", reason: `${path} could not be downloaded.` };
  const notebook = await response.text();
  return ask(session, { kind: "notebook", chapter, notebook, site: root, records, questions: [], versions: [] }, []);
}

/** Export into the reader's downloads, and remember that this was done. */
export async function saveCopy(session: Session, form: Form = ZIP): Promise<Exported> {
  const passed = session.workspace.passed();
  const exported = await exportWorkspace(session, form);
  download(exported.blob, exported.name);
  if (form.kind !== "notebook") await session.workspace.care.exported(passed); // of which it is only a part
  return exported;
}

export async function importWorkspace(session: Session, blob: Blob): Promise<Imported> {
  if (blob.size > IMPORT_LIMIT) {
    const size = (blob.size / 1e6).toFixed(0);
    const words = `This file has ${size} MB; a workspace has at most ${IMPORT_LIMIT / 1e6}. In a notebook, clear the outputs first.`;
    throw new ImportRefused(`${words} Nothing was changed.`);
  }
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const json = bytes[0] === 0x7b /* { */ ? new TextDecoder().decode(bytes) : null;
  // What needs no Python works without it: the answers alone, as they go out where there is none.
  const { notes, ...work } = json !== null && !isNotebook(json) ? readJson(session, json) : await readByPython(session, bytes);
  return { ...(await takeIn(session, work)), notes };
}

/** Exercise by exercise: what was here and differs becomes a version, and an answer that passed stays one that did. */
async function takeIn(session: Session, work: Work): Promise<Omit<Imported, "notes">> {
  const { workspace } = session;
  const { history } = workspace;
  const incoming = work.records.flatMap((record) => {
    const here = workspace.get(record.exercise);
    if (!here) return [record];
    // A text that nobody has written on takes no place of one that somebody has.
    const text = record.text === record.stub && here.text !== here.stub ? here : record;
    const next = { ...text, passed: record.passed ?? here.passed, failed: text.failed ?? here.failed };
    return FIELDS.some((field) => next[field] !== here[field]) ? [next] : [];
  });
  const replaced = incoming.filter(({ exercise, text }) => (workspace.get(exercise)?.text ?? text) !== text).length;
  const before = incoming.map(({ exercise }) => workspace.get(exercise) ?? { exercise });
  const overtaken = incoming.flatMap(({ exercise, passed }): VersionRecord[] => {
    const here = workspace.get(exercise);
    if (!here?.passed || here.passed === passed || here.passed === here.text) return [];
    return [{ exercise, text: here.passed, happened: "import", outcome: "passed", saved: here.updated }];
  });
  const known = new Set((await history.all()).map(keyOf));
  const versions = [...overtaken, ...work.versions.filter((version) => !known.has(keyOf(version)))];

  const replies = new Map(workspace.questions().map((one) => [one.question, one]));
  const answered = work.questions.filter(({ question, answer }) => replies.get(question)?.answer !== answer);

  const added = await workspace.takeIn(incoming, { versions, questions: answered }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImportRefused(`It could not be stored: ${reason}. Nothing was changed.`);
  });
  return {
    count: work.records.length,
    replaced,
    undo: async () => {
      const questions = answered.flatMap(({ question }) => replies.get(question) ?? []);
      const unasked = answered.map(({ question }) => question).filter((question) => !replies.has(question));
      await workspace.takeIn(before, { versions: [], questions, gone: { versions: added, questions: unasked } }, "undo");
    },
  };
}

const FIELDS = ["text", "stub", "stub_hash", "passed", "failed"] as const;

const keyOf = ({ exercise, text, happened, saved }: VersionRecord): string => JSON.stringify([exercise, text, happened, saved]);

/** The newest first, as many as an archive has room for, and without what is only the database's. */
function fitting(versions: readonly Version[]): VersionRecord[] {
  let room = VERSION_BYTES;
  const newest = inOrder(versions).reverse();
  const taken = newest.flatMap(({ exercise, text, happened, outcome, saved }): VersionRecord[] => {
    // Python writes other than plain letters as \uXXXX, and lays the records out over lines.
    room -= 250 + text.length + 5 * (text.match(/[^ -~]/g)?.length ?? 0);
    return room > 0 ? [{ exercise, text, happened, outcome, saved }] : [];
  });
  return taken.reverse();
}

export type Source = Extract<Reply, { readonly kind: "source" }>;

export async function packageSource(session: Session, path: string): Promise<string> {
  const answers = session.workspace.answers();
  return (await sourceOf(session, path, answers, Object.keys(answers))).text;
}

/** The same, with the lines of these exercises, which are all that the file has. */
export async function packageFile(session: Session, path: string, exercises: readonly string[]): Promise<Source> {
  const all = session.workspace.answers();
  // Answers of other files change nothing in this one.
  const answers = Object.fromEntries(exercises.flatMap((name) => (name in all ? [[name, all[name] ?? ""]] : [])));
  return sourceOf(session, path, answers, exercises);
}

async function sourceOf(session: Session, path: string, answers: Answers, exercises: readonly string[]): Promise<Source> {
  const reply = await ask(session, { kind: "source", path, answers }, exercises);
  if (reply.kind !== "source") throw new Error(reasonIn(reply));
  return reply;
}

type Read = Work & { readonly notes: readonly string[] };

function isNotebook(source: string): boolean {
  try {
    const value: unknown = JSON.parse(source);
    return typeof value === "object" && value !== null && "nbformat" in value && !("book" in value);
  } catch {
    return false;
  }
}

function readJson(session: Session, source: string): Read {
  let file: WorkFile;
  try {
    file = parseJson(workFile, source, "the file");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImportRefused(`This is not a file of answers (${reason}). Nothing was changed.`);
  }
  if (file.format < 1 || file.format > FORMAT) {
    throw new ImportRefused("This file comes from another version of the book. Nothing was changed.");
  }
  if (file.book !== session.config.book) {
    throw new ImportRefused(`These answers belong to another book, "${file.book}". Nothing was changed.`);
  }
  const odd = [...file.records, ...file.versions].find(({ exercise }) => !NAME.test(exercise));
  if (odd) throw new ImportRefused(`"${odd.exercise.slice(0, 80)}" is no exercise's name. Nothing was changed.`);
  const undated = file.versions.find(({ saved }) => Number.isNaN(Date.parse(saved)));
  if (undated) throw new ImportRefused(`"${undated.saved.slice(0, 40)}" is not a date. Nothing was changed.`);
  const { records, questions, versions } = file;
  return { records, questions, versions, notes: [] };
}

const NAME = /^[a-z][a-z0-9_]{0,79}$/;

async function readByPython(session: Session, bytes: Uint8Array): Promise<Read> {
  const reply = await ask(session, { kind: "import", base64: toBase64(bytes) }, null);
  if (reply.kind !== "records") throw new ImportRefused(`${reasonIn(reply)} Nothing was changed.`);
  return reply;
}

/**
 * Ask Python, with the chapters of these exercises opened first; with all chapters where they are not known yet. Who asks
 * again while Python loads is answered twice: the other one may be another file.
 */
async function ask(
  session: Session,
  request: Job["request"],
  exercises: readonly string[] | null,
  packages: readonly string[] = [],
): Promise<Reply> {
  let chapters: readonly string[];
  try {
    chapters = exercises
      ? await session.chapters.having(exercises)
      : (await session.chapters.index()).map(({ name }) => name);
  } catch (error) {
    return { kind: "refused", reason: error instanceof Error ? error.message : String(error) };
  }
  const { result } = session.runner.run({ key: unique(), job: { request, chapters, packages }, limit: LIMIT, yields: false });
  return replyOf(await result);
}

function replyOf(result: Result): Reply {
  switch (result.kind) {
    case "reply":
      return result.reply;
    case "stopped":
      return { kind: "refused", reason: "It took too long and was stopped." };
    case "lost":
    case "unavailable":
      return { kind: "refused", reason: result.reason };
  }
}

function reasonIn(reply: Reply): string {
  return reply.kind === "refused" ? reply.reason : `Unexpected answer: ${reply.kind}.`;
}
