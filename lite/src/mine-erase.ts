// Erase everything: asked twice, with an export offered before, and a page that is as new afterwards.

import { action, button, element, onPress, resultOf, role } from "./dom.ts";
import { saveCopy } from "./doors.ts";
import { eraseEverything, placesOf } from "./erase.ts";
import type { Session } from "./session.ts";
import { count } from "./standing.ts";

/** In the address of the page that is loaded afterwards. */
const ERASED = "#erased";

export function connectErase(section: HTMLElement, session: Session): void {
  const output = resultOf(section);
  const actions = role(section, "actions");
  if (actions) actions.hidden = false;
  const question = element("div", { class: "tt-erase-question", role: "group", "aria-labelledby": "erase-question", hidden: true });
  output.before(question);
  const say = (words: string): HTMLElement => {
    const said = element("p", { tabindex: "-1" }, words);
    output.replaceChildren(said);
    return said;
  };

  const ask = (): void => {
    output.replaceChildren();
    const heading = element("p", { id: "erase-question", tabindex: "-1" }, element("strong", {}, "Erase everything that this book keeps in this browser?"));
    question.replaceChildren(
      heading,
      element("p", {}, "These are removed, and nobody can bring them back:"),
      element("ul", {}, ...removed(session).map((item) => element("li", {}, item))),
      element("p", {}, "What you have downloaded stays, and so does your choice of light or dark. Other tabs of this book are loaded anew."),
      element(
        "div",
        { class: "tt-actions" },
        button("Export as ZIP first", "export-first", () => void exportFirst()),
        button("Erase everything now", "erase-now", () => void erase()),
        button("Keep everything", "keep", close),
      ),
    );
    question.hidden = false;
    heading.focus();
  };
  const close = (): void => {
    question.hidden = true;
    question.replaceChildren();
    action(section, "erase")?.focus();
  };
  const exportFirst = async (): Promise<void> => {
    say("Packing …");
    try {
      const { name } = await saveCopy(session);
      say(`${name} is in your downloads. Nothing is erased yet.`);
    } catch (error) {
      say(`The export failed: ${error instanceof Error ? error.message : String(error)} Nothing is erased.`);
    }
  };
  const erase = async (): Promise<void> => {
    say("Erasing …");
    try {
      await eraseEverything(placesOf(session.workspace, session.config), () => {
        say("Another tab of this book holds your answers. Close it, and they are erased at once.");
      });
    } catch (error) {
      say(`Not everything could be erased: ${error instanceof Error ? error.message : String(error)}.`);
      return;
    }
    // A new page, which knows nothing.
    history.replaceState(null, "", ERASED);
    location.reload();
  };
  onPress(section, "erase", ask);
  question.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") close();
  });

  if (location.hash === ERASED) {
    history.replaceState(null, "", location.pathname + location.search);
    const said = say("Everything is erased. This page is as new.");
    section.scrollIntoView({ block: "center" });
    said.focus({ preventScroll: true });
  }
}

/** With numbers, so that nobody erases more than they know of. */
function removed({ workspace }: Session): string[] {
  const answers = workspace.all().length;
  const replies = workspace.questions().length;
  return [
    `${count(answers, "answer")} with all their versions${replies > 0 ? `, and ${count(replies, "reply", "replies")} to questions` : ""}`,
    "which milestones you have passed, which modules you have set aside, and the counts of checks and time",
    "notebooks that you have changed in JupyterLite",
    "the copy of the book and of Python for times without a network, and the notes of what was run where",
  ];
}
