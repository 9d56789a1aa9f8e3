// What a question is, and whether an answer to it is right: a choice or a number, judged without Python.

import { byKind, fields, list, number, oneOf, text, yesNo, type Parser } from "./parse.ts";

interface Choice {
  readonly text: string;
  readonly correct: boolean;
  readonly why: string;
}

export type Question =
  | { readonly kind: "choice"; readonly name: string; readonly choices: readonly Choice[]; readonly explanation: string }
  | {
      readonly kind: "number";
      readonly name: string;
      readonly answer: number;
      readonly unit: string;
      /** A fraction of the answer. */
      readonly tolerance: number;
      readonly explanation: string;
    }
  | { readonly kind: "open"; readonly name: string; readonly explanation: string };

export const question: Parser<Question> = byKind<Question>({
  choice: fields({
    kind: oneOf("choice"),
    name: text,
    choices: list(fields<Choice>({ text, correct: yesNo, why: text })),
    explanation: text,
  }),
  number: fields({ kind: oneOf("number"), name: text, answer: number, unit: text, tolerance: number, explanation: text }),
  open: fields({ kind: oneOf("open"), name: text, explanation: text }),
});

export type Verdict =
  | { readonly kind: "right" | "wrong"; readonly words: string }
  /** Nothing that could be judged was given. */
  | { readonly kind: "unclear"; readonly words: string };

export function judge(question: Question, given: string): Verdict {
  switch (question.kind) {
    case "choice": {
      const choice = given === "" ? undefined : question.choices[Number(given)];
      if (!choice) return { kind: "unclear", words: "Choose one first." };
      return { kind: choice.correct ? "right" : "wrong", words: choice.why };
    }
    case "number": {
      const value = readNumber(given);
      if (value === null) return { kind: "unclear", words: "Write a number, such as 1500, 1.5e3 or 12.5." };
      // Half a unit of a float's last digits is forgiven even where no tolerance is given.
      const slack = Math.max(question.tolerance, 1e-9) * Math.abs(question.answer);
      if (Math.abs(value - question.answer) <= slack) return { kind: "right", words: question.explanation };
      const side = value > question.answer ? "too large" : "too small";
      return { kind: "wrong", words: `${given.trim()} is ${side}. ${ratio(value, question.answer)}`.trim() };
    }
    case "open":
      return { kind: "unclear", words: "" };
  }
}

/** Numbers as people write them: "1 500", "1,500" and "1_500" are 1500; a lone comma before other than three digits is a point. */
export function readNumber(given: string): number | null {
  let plain = given.trim().replaceAll(/[\s_'’]/g, "");
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain)) plain = plain.replaceAll(",", "");
  else plain = plain.replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : null;
}

function ratio(value: number, answer: number): string {
  const factor = value / answer;
  for (const [unit, words] of [[1000, "1000"], [1024, "1024"], [8, "8: bits or bytes?"], [4, "4: bytes of one number?"]] as const) {
    if (Math.abs(factor / unit - 1) < 0.01 || Math.abs(factor * unit - 1) < 0.01) return `It is off by a factor of ${words}`;
  }
  return "";
}
