// A question on the page: takes the reader's answer, says what is right or wrong about it, and keeps it.

import { element, onPress, prose, resultOf, role } from "./dom.ts";
import { judge, type Question } from "./question.ts";
import type { Session } from "./session.ts";
import { icon } from "./view.ts";

export function connectQuestion(section: HTMLElement, session: Session, asked: Question): void {
  const form = section.querySelector("form");
  if (!form || asked.kind === "open") return;
  const output = resultOf(section);
  const actions = role(section, "actions");
  if (actions) actions.hidden = false;

  const given = (): string => {
    const value = new FormData(form).get(asked.name);
    return typeof value === "string" ? value : "";
  };
  const show = (value: string): void => {
    const verdict = judge(asked, value);
    output.dataset["outcome"] = verdict.kind;
    const mark = verdict.kind === "right" ? icon("passed") : verdict.kind === "wrong" ? icon("failed") : "";
    const word = verdict.kind === "right" ? "Right. " : verdict.kind === "wrong" ? "Not quite. " : "";
    const lines = [element("p", { class: "tt-verdict" }, mark, element("strong", {}, word), ...prose(verdict.words))];
    if (verdict.kind === "right" && asked.explanation !== "" && asked.explanation !== verdict.words) {
      lines.push(element("p", {}, ...prose(asked.explanation)));
    }
    output.replaceChildren(...lines);
  };
  const answer = (): void => {
    const value = given();
    show(value);
    if (judge(asked, value).kind !== "unclear") void session.workspace.answerQuestion(asked.name, value);
  };

  const before = session.workspace.question(asked.name);
  if (before !== undefined) {
    for (const input of form.querySelectorAll("input")) {
      if (input.type === "radio") input.checked = input.value === before;
      else input.value = before;
    }
    show(before);
  }
  // Enter in the field submits the form: that is the same as the button.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer();
  });
  onPress(section, "answer", answer);
}
