// Reports that Python cannot write itself, because it was stopped, died or never started. Same schema.

import { OUT_OF_MEMORY, type CheckResult, type Outcome, type Report } from "./protocol.ts";
import type { Result } from "./runner.ts";

export interface Unfinished {
  readonly exercise: string;
  /** What had been seen before the end. */
  readonly checks: readonly CheckResult[];
  readonly stdout: string;
}

interface Synthetic {
  readonly name: string;
  readonly claim: string;
  readonly outcome: Outcome;
  readonly message: string;
  readonly hint: string;
  readonly seconds: number;
}

const TOO_DEEP =
  "Does a function call itself without end? An operator does, if it is written with itself: a + b inside __add__. " +
  "Thousands of brackets or lists, each inside the other, are too deep as well.";

const TOO_MUCH =
  "A page has 1.0 GB in all. What grows here: a string, a list, an array? A shape of (100000, 100000) has ten " +
  "thousand million elements.";

/** The Report of a run, whatever became of it. */
export function reportOf(result: Result, seen: Unfinished): Report {
  switch (result.kind) {
    case "reply":
      if (result.reply.kind === "report" || result.reply.kind === "milestone") return result.reply.report;
      return withCheck(seen, {
        name: "request",
        claim: "It can be run",
        outcome: "error",
        message: result.reply.kind === "refused" ? result.reply.reason : `Unexpected answer: ${result.reply.kind}.`,
        hint: "",
        seconds: 0,
      });
    case "stopped":
      return withCheck(seen, {
        name: "finishes",
        claim: "Your code finishes",
        outcome: "timeout",
        ...stopped(result.by, result.seconds),
        seconds: result.seconds,
      });
    case "lost":
      return withCheck(seen, {
        name: "runtime",
        claim: "Python survives your code",
        outcome: "runtime_lost",
        message: `Python stopped working while it ran your code (${result.reason}).`,
        hint: hintFor(result.reason),
        seconds: 0,
      });
    case "unavailable":
      return withCheck(seen, {
        name: "runtime",
        claim: "Python can be started",
        outcome: "runtime_lost",
        message: result.reason,
        hint: "",
        seconds: 0,
      });
  }
}

function hintFor(reason: string): string {
  if (reason === OUT_OF_MEMORY) return TOO_MUCH;
  return /stack|recursion/.test(reason) ? TOO_DEEP : "";
}

function stopped(by: "learner" | "watchdog" | "another", seconds: number): { message: string; hint: string } {
  const time = `${Math.max(1, Math.round(seconds))} s`;
  switch (by) {
    case "watchdog":
      return { message: `Your code ran for ${time} without finishing.`, hint: "Is there a loop that never ends?" };
    case "learner":
      return { message: `You stopped this run after ${time}.`, hint: "" };
    case "another":
      return { message: "Stopped, because another run was asked for.", hint: "Run this one again when you like." };
  }
}

function withCheck(seen: Unfinished, synthetic: Synthetic): Report {
  return {
    exercise: seen.exercise,
    outcome: synthetic.outcome,
    checks: [...seen.checks, { ...synthetic, line: null }],
    stdout: seen.stdout,
    traceback: "",
    seconds: synthetic.seconds,
  };
}
