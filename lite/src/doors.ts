// The ways out of the browser and back in: a ZIP that Python makes and reads, and, where Python cannot be had,
// the records as plain JSON. Nothing that a learner wrote is ever locked in.

import { fields, list, number, parseJson, text } from "./parse.ts";
import { answerRecord, type AnswerRecord, type Job, type Reply } from "./protocol.ts";
import type { Result } from "./runner.ts";
import type { Session } from "./session.ts";

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
interface AnswersFile {
  readonly format: number;
  readonly book: string;
  readonly records: readonly AnswerRecord[];
}

const FORMAT = 1;
const answersFile = fields<AnswersFile>({ format: number, book: text, records: list(answerRecord) });

export async function exportWorkspace(session: Session): Promise<Exported> {
  await session.workspace.flush();
  const records = session.workspace.all();
  const reply = await ask(session, "export", { kind: "export", records }, records);
  if (reply.kind === "archive") {
    return { blob: new Blob([bytesOf(reply.base64)], { type: "application/zip" }), name: reply.name, instead: null };
  }
  const file: AnswersFile = { format: FORMAT, book: session.config.book, records };
  const blob = new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: "application/json" });
  return { blob, name: "tinytorch-answers.json", instead: reasonIn(reply) };
}

export async function importWorkspace(session: Session, blob: Blob): Promise<Imported> {
  if (blob.size > IMPORT_LIMIT) {
    const size = (blob.size / 1e6).toFixed(0);
    throw new ImportRefused(`This file has ${size} MB; a workspace has at most ${IMPORT_LIMIT / 1e6}. Nothing was changed.`);
  }
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const { records, notes } = bytes[0] === 0x7b /* { */ ? readJson(session, bytes) : await readZip(session, bytes);
  const { workspace } = session;
  const changed = records.filter((record) => workspace.get(record.exercise)?.text !== record.text);
  const before = changed.map(({ exercise }) => workspace.get(exercise) ?? { exercise });
  await workspace.replace(records);
  return {
    count: records.length,
    replaced: before.filter((record) => "text" in record).length,
    notes,
    undo: () => workspace.replace(before),
  };
}

export async function packageSource(session: Session, path: string): Promise<string> {
  const { workspace } = session;
  const answers = workspace.answers();
  const passed = workspace.all().filter(({ exercise }) => exercise in answers);
  const reply = await ask(session, `source:${path}`, { kind: "source", path, answers }, passed);
  if (reply.kind !== "source") throw new Error(reasonIn(reply));
  return reply.text;
}

function readJson(session: Session, bytes: Uint8Array): { records: readonly AnswerRecord[]; notes: readonly string[] } {
  let file: AnswersFile;
  try {
    file = parseJson(answersFile, new TextDecoder().decode(bytes), "the file");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImportRefused(`This is not a file of answers (${reason}). Nothing was changed.`);
  }
  if (file.format !== FORMAT) {
    throw new ImportRefused("This file comes from another version of the book. Nothing was changed.");
  }
  if (file.book !== session.config.book) {
    throw new ImportRefused(`These answers belong to another book, "${file.book}". Nothing was changed.`);
  }
  const odd = file.records.find(({ exercise }) => !/^[a-z][a-z0-9_]{0,79}$/.test(exercise));
  if (odd) throw new ImportRefused(`"${odd.exercise.slice(0, 80)}" is no exercise's name. Nothing was changed.`);
  return { records: file.records, notes: [] };
}

async function readZip(
  session: Session,
  bytes: Uint8Array,
): Promise<{ records: readonly AnswerRecord[]; notes: readonly string[] }> {
  const reply = await ask(session, "import", { kind: "import", base64: base64Of(bytes) }, null);
  if (reply.kind !== "records") throw new ImportRefused(`${reasonIn(reply)} Nothing was changed.`);
  return reply;
}

/** Ask Python, with the chapters of these answers opened first; with all chapters where they are not known yet. */
async function ask(
  session: Session,
  key: string,
  request: Job["request"],
  records: readonly AnswerRecord[] | null,
): Promise<Reply> {
  let chapters: readonly string[];
  try {
    chapters = records
      ? await session.chapters.having(records.map(({ exercise }) => exercise))
      : (await session.chapters.index()).map(({ name }) => name);
  } catch (error) {
    return { kind: "refused", reason: error instanceof Error ? error.message : String(error) };
  }
  const { result } = session.runner.run({ key, job: { request, chapters, packages: [] }, limit: LIMIT, yields: false });
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

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  // In pieces, for a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
