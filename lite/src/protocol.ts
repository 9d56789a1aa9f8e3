// What the page, its worker and `tinytorch.workshop.service` say to each other.
// The types are the contract; the parsers below hold Python to it.

import { byKind, fields, list, nullable, number, oneOf, parseJson, text, yesNo, type Parser } from "./parse.ts";
import type { Span } from "./spans.ts";

export const OUTCOMES = ["passed", "failed", "not_written", "error", "timeout", "runtime_lost"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface CheckResult {
  readonly name: string;
  readonly claim: string;
  readonly outcome: Outcome;
  readonly message: string;
  readonly hint: string;
  /** Counts lines of the learner's own text, from 1. */
  readonly line: number | null;
  readonly seconds: number;
}

export interface Report {
  readonly exercise: string;
  readonly outcome: Outcome;
  readonly checks: readonly CheckResult[];
  readonly stdout: string;
  readonly traceback: string;
  readonly seconds: number;
}

/** One answer as the workspace keeps it, under the exercise's name. */
export interface AnswerRecord {
  readonly exercise: string;
  readonly text: string;
  readonly stub: string;
  readonly stub_hash: string;
  /** The last text that passed, and the last that did not: the status is derived from them. */
  readonly passed: string | null;
  readonly failed: string | null;
  readonly updated: string;
}

/** A text that an exercise once had, and the moment at which it was kept. */
export interface VersionRecord {
  readonly exercise: string;
  readonly text: string;
  /** What happened then; versions.ts has the words for it. */
  readonly happened: string;
  /** Of the check, where it was a check that happened. */
  readonly outcome: Outcome | null;
  readonly saved: string;
}

/** A reply to one of the book's questions. */
export interface QuestionRecord {
  readonly question: string;
  readonly answer: string;
}

/** Everything that a learner has made: what goes out by an export and comes in by an import. */
export interface Work {
  readonly records: readonly AnswerRecord[];
  readonly questions: readonly QuestionRecord[];
  readonly versions: readonly VersionRecord[];
}

/** Lines of a file of the package that are an exercise, from the first to the last, counted from 1. */
export interface Region {
  /** Its name inside the module, such as "Tensor.__add__". */
  readonly object: string;
  readonly exercise: string;
  readonly first: number;
  readonly last: number;
  /** Whether the learner's text stands there; else it is the book's. */
  readonly mine: boolean;
}

/** The learner's passed texts, by exercise. */
export type Answers = Readonly<Record<string, string>>;

export type Request =
  | { readonly kind: "check"; readonly exercise: string; readonly text: string }
  | { readonly kind: "run"; readonly experiment: string; readonly answers: Answers }
  | { readonly kind: "integrate"; readonly chapter: string; readonly answers: Answers }
  | { readonly kind: "source"; readonly path: string; readonly answers: Answers }
  /** Train a milestone's program on the learner's package, and judge what came of it. */
  | { readonly kind: "milestone"; readonly year: number; readonly source: string; readonly answers: Answers }
  /** Let its trained network, as `model` of the reply, read a drawn digit: 28 x 28 bytes, 0 paper and 255 ink. */
  | {
      readonly kind: "digit";
      readonly year: number;
      readonly source: string;
      readonly answers: Answers;
      readonly model: string;
      readonly pixels: string;
    }
  /** Do now what the first check would have to do, and say which modules of Python's own it took. */
  | { readonly kind: "rehearse" }
  | ({ readonly kind: "export" } & Work)
  | ({ readonly kind: "wheel" } & Work)
  /** The chapter's notebook as the site serves it, and the site's address, from which it can bring the package. */
  | ({ readonly kind: "notebook"; readonly chapter: string; readonly notebook: string; readonly site: string } & Work)
  | { readonly kind: "import"; readonly base64: string };

/** Sent by the worker itself, before the first request that needs a chapter. */
export interface OpenRequest {
  readonly kind: "open";
  readonly chapter: unknown;
}

export type Reply =
  | { readonly kind: "opened"; readonly chapter: string }
  | { readonly kind: "report"; readonly report: Report }
  /** `model` is an archive of the trained weights in base64, or null if there are none to keep. */
  | { readonly kind: "milestone"; readonly report: Report; readonly model: string | null }
  /** Ten probabilities, of 0 to 9. */
  | { readonly kind: "digit"; readonly scores: readonly number[] }
  | { readonly kind: "rehearsed"; readonly libraries: readonly string[] }
  | { readonly kind: "source"; readonly path: string; readonly text: string; readonly regions: readonly Region[] }
  | { readonly kind: "archive"; readonly name: string; readonly base64: string }
  | ({ readonly kind: "records"; readonly notes: readonly string[] } & Work)
  | { readonly kind: "refused"; readonly reason: string };

export interface Figure {
  readonly kind: "figure";
  readonly mime: "image/png" | "image/svg+xml";
  readonly base64: string;
  readonly alt: string;
  /** Names a figure that grows while code runs: a newer one of that name takes its place. */
  readonly live: string | null;
}

/** How far a milestone's training is. */
export interface Trained {
  readonly kind: "progress";
  readonly done: number;
  readonly total: number;
  readonly words: string;
}

/** What Python says while it works. */
export type Event =
  | { readonly kind: "stdout"; readonly text: string }
  | Figure
  | Trained
  | { readonly kind: "checked"; readonly check: CheckResult };

/** A request and what must be there before Python can answer it. */
export interface Job {
  readonly request: Request;
  readonly chapters: readonly string[];
  readonly packages: readonly string[];
}

export interface Progress {
  readonly step: string;
  readonly loaded: number;
  readonly total: number;
}

export type ToWorker =
  | {
      readonly kind: "start";
      /** Absolute addresses: of the site, and of this build's lock and wheel. */
      readonly root: string;
      readonly runtime: string;
      readonly interrupt: SharedArrayBuffer | null;
      /** Where a snapshot of Python's memory may be kept, or null if none is to be used. */
      readonly snapshot: string | null;
    }
  /** Instead of "start", and nothing comes after it: make that snapshot, with these shared libraries in it. */
  | {
      readonly kind: "record";
      readonly root: string;
      readonly runtime: string;
      readonly snapshot: string;
      readonly libraries: readonly string[];
    }
  | { readonly kind: "job"; readonly id: number; readonly job: Job };

export interface Started {
  readonly kind: "started";
  readonly from: "snapshot" | "files";
  readonly spans: readonly Span[];
}

export type FromWorker =
  | { readonly kind: "progress"; readonly progress: Progress }
  /** Just before "ready": how it came to be, and where the time went. */
  | Started
  | { readonly kind: "ready" }
  /** The snapshot is kept. */
  | { readonly kind: "recorded" }
  /** It could not start: a file is missing, or the connection. Asking again is worth while. */
  | { readonly kind: "unavailable"; readonly reason: string }
  /** It has got the job, and sees to what is needed for it. */
  | { readonly kind: "heard"; readonly id: number }
  /** Everything needed is there and the learner's code starts now. */
  | { readonly kind: "begun"; readonly id: number }
  | { readonly kind: "event"; readonly id: number; readonly event: Event }
  | { readonly kind: "reply"; readonly id: number; readonly reply: Reply }
  | { readonly kind: "interrupted"; readonly id: number }
  /** Said before an answer: after it, somebody fresh should take this worker's place. */
  | { readonly kind: "spent" }
  /** Python lives, but what answers requests does not: this run has broken it, or one before. */
  | { readonly kind: "broken"; readonly reason: string }
  /** Python died: this worker answers nothing any more. */
  | { readonly kind: "lost"; readonly reason: string };

/** The reason of a death whose cause was a refused allocation. */
export const OUT_OF_MEMORY = "out of memory";

const outcome = oneOf<Outcome>(...OUTCOMES);

export const checkResult: Parser<CheckResult> = fields<CheckResult>({
  name: text,
  claim: text,
  outcome,
  message: text,
  hint: text,
  line: nullable(number),
  seconds: number,
});

export const report: Parser<Report> = fields<Report>({
  exercise: text,
  outcome,
  checks: list(checkResult),
  stdout: text,
  traceback: text,
  seconds: number,
});

export const answerRecord: Parser<AnswerRecord> = fields<AnswerRecord>({
  exercise: text,
  text,
  stub: text,
  stub_hash: text,
  passed: nullable(text),
  failed: nullable(text),
  updated: text,
});

export const versionRecord: Parser<VersionRecord> = fields<VersionRecord>({
  exercise: text,
  text,
  happened: text,
  outcome: nullable(outcome),
  saved: text,
});

export const questionRecord: Parser<QuestionRecord> = fields<QuestionRecord>({ question: text, answer: text });

const work = { records: list(answerRecord), questions: list(questionRecord), versions: list(versionRecord) };

const region = fields<Region>({ object: text, exercise: text, first: number, last: number, mine: yesNo });

const reply: Parser<Reply> = byKind<Reply>({
  opened: fields({ kind: oneOf("opened"), chapter: text }),
  report: fields({ kind: oneOf("report"), report }),
  milestone: fields({ kind: oneOf("milestone"), report, model: nullable(text) }),
  digit: fields({ kind: oneOf("digit"), scores: list(number) }),
  rehearsed: fields({ kind: oneOf("rehearsed"), libraries: list(text) }),
  source: fields({ kind: oneOf("source"), path: text, text, regions: list(region) }),
  archive: fields({ kind: oneOf("archive"), name: text, base64: text }),
  records: fields({ kind: oneOf("records"), ...work, notes: list(text) }),
  refused: fields({ kind: oneOf("refused"), reason: text }),
});

const event: Parser<Event> = byKind<Event>({
  stdout: fields({ kind: oneOf("stdout"), text }),
  figure: fields<Figure>({
    kind: oneOf("figure"),
    mime: oneOf("image/png", "image/svg+xml"),
    base64: text,
    alt: text,
    live: nullable(text),
  }),
  progress: fields<Trained>({ kind: oneOf("progress"), done: number, total: number, words: text }),
  checked: fields({ kind: oneOf("checked"), check: checkResult }),
});

export const parseReply = (source: string): Reply => parseJson(reply, source, "reply");
export const parseEvent = (source: string): Event => parseJson(event, source, "event");

/** For the default of a switch over a union: a new member is then an error when compiling. */
export function never(value: never): never {
  throw new Error(`unexpected: ${JSON.stringify(value)}`);
}
