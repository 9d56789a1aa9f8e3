// Marks in the lists of exercises and chapters: those of the page, of the sidebar and of the curriculum's map.

import type { IndexEntry } from "./chapters.ts";
import { element } from "./dom.ts";
import type { Status, Workspace } from "./workspace.ts";

const WORDS: Readonly<Record<Status, string>> = { todo: "", failing: "not passing yet", passed: "passed" };

export function markLinks(workspace: Workspace, chapters: readonly IndexEntry[]): void {
  const links = [...document.querySelectorAll<HTMLElement>("[data-exercise-link]")];
  const counts = [...document.querySelectorAll<HTMLElement>("[data-chapter-link]")];

  const markExercise = (link: HTMLElement): void => {
    const status = workspace.status(link.dataset["exerciseLink"] ?? "");
    link.dataset["status"] = status;
    note(link, "tt-hidden", WORDS[status] && ` (${WORDS[status]})`);
  };
  const markChapter = (link: HTMLElement): void => {
    const chapter = chapters.find(({ name }) => name === link.dataset["chapterLink"]);
    if (!chapter || chapter.exercises.length === 0) return;
    const total = chapter.exercises.length;
    const passed = chapter.exercises.filter(({ name }) => workspace.status(name) === "passed").length;
    link.dataset["status"] = passed === total ? "passed" : "todo";
    note(link, "tt-count", `${passed}/${total}`, `${passed} of ${total} exercises passed`);
  };

  links.forEach(markExercise);
  counts.forEach(markChapter);
  workspace.onChange(({ exercise }) => {
    for (const link of links) if (link.dataset["exerciseLink"] === exercise) markExercise(link);
    counts.forEach(markChapter);
  });
}

/** Text after the link's own, made once and then changed. */
function note(link: HTMLElement, kind: string, text: string, spoken?: string): void {
  let place = link.querySelector<HTMLElement>(`:scope > .${kind}`);
  if (!place) {
    if (text === "") return;
    place = element("span", { class: kind });
    link.append(place);
  }
  if (spoken === undefined) {
    place.textContent = text;
  } else {
    place.replaceChildren(
      element("span", { "aria-hidden": "true" }, text),
      element("span", { class: "tt-hidden" }, ` (${spoken})`),
    );
  }
}
