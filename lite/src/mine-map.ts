// The map of modules and milestones, with what has passed in each, and the switch "mine / the book's".

import { element, resultOf, role } from "./dom.ts";
import type { IndexEntry } from "./chapters.ts";
import { owned, passedMilestone, type Owned } from "./ownership.ts";
import type { Session } from "./session.ts";
import { count, milestoneStanding, standingOf, WORDS } from "./standing.ts";

export async function connectMap(section: HTMLElement, session: Session): Promise<void> {
  const { workspace } = session;
  const output = resultOf(section);
  let switches: Switches | null = null;
  let rounds = 0;

  const show = async (): Promise<void> => {
    const round = (rounds += 1);
    try {
      const [all, index] = await Promise.all([owned(session), session.chapters.index()]);
      if (round !== rounds) return; // something has changed meanwhile, and is shown already
      switches ??= new Switches(section, session, output);
      showAll(section, session, all, index);
      switches.show(all);
      await showMilestones(section, session, all);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const place = role(section, "overall");
      if (place) place.textContent = `How far you are cannot be shown: ${reason} Your answers are kept all the same.`;
    }
  };
  workspace.onChange(() => void show());
  workspace.aside.onChange(() => void show());
  workspace.notes.onChange((key) => {
    if (key.startsWith("milestone:")) void show();
  });
  await show();
}

function showAll(section: HTMLElement, session: Session, all: readonly Owned[], index: readonly IndexEntry[]): void {
  const passed = session.workspace.passed();
  const points = (entries: readonly IndexEntry[], which: (name: string) => boolean): number =>
    entries.flatMap(({ exercises }) => exercises.filter(({ name }) => which(name))).reduce((sum, one) => sum + one.points, 0);
  const isPassed = (name: string): boolean => name in passed;

  const mine = all.reduce((sum, one) => sum + one.mine, 0);
  const total = all.reduce((sum, one) => sum + one.total, 0);
  showOverall(section, mine, total, {
    points: `${points(index, isPassed)} of ${count(points(index, () => true), "point")}`,
    done: all.filter((one) => one.mine === one.total).length,
    chapters: all.length,
  });

  for (const entry of index) {
    const row = section.querySelector<HTMLElement>(`[data-mine-module="${entry.module}"]`);
    const one = all.find(({ module }) => module === entry.module);
    if (!row || !one) continue;
    row.dataset["progress"] = one.mine === 0 ? "none" : one.mine === one.total ? "all" : "some";
    const words = role(row, "count");
    const done = one.mine === one.total ? "all passed" : `${one.mine} of ${one.total} passed`;
    if (words) words.textContent = `${done}, ${points([entry], isPassed)} of ${count(points([entry], () => true), "point")}`;
    for (const { name } of entry.exercises) showExercise(row, name, session);
  }
}

function showOverall(
  section: HTMLElement,
  mine: number,
  total: number,
  more: { readonly points: string; readonly done: number; readonly chapters: number },
): void {
  const place = role(section, "overall");
  if (!place) return;
  const planned = Number(place.dataset["planned"]);
  const bar = element("progress", { "aria-label": "Exercises passed", max: String(total), value: String(mine) });
  const head = element("strong", {}, `${mine} of ${count(total, "exercise")} passed`);
  const rest =
    `, ${more.points}. ${more.done} of ${more.chapters} written chapters are done` +
    (planned > 0 ? `; ${count(planned, "more module")} ${planned === 1 ? "is" : "are"} planned and not counted.` : ".");
  place.replaceChildren(head, rest, bar);
}

function showExercise(row: HTMLElement, name: string, session: Session): void {
  const item = row.querySelector<HTMLElement>(`[data-mine-exercise="${name}"]`);
  if (!item) return;
  const standing = standingOf(session.workspace.get(name));
  item.dataset["standing"] = standing;
  let words = role(item, "standing");
  if (!words) {
    words = element("span", { class: "tt-standing", "data-role": "standing" });
    item.append(" ", words);
  }
  words.textContent = WORDS[standing];
}

async function showMilestones(section: HTMLElement, session: Session, all: readonly Owned[]): Promise<void> {
  for (const row of section.querySelectorAll<HTMLElement>("[data-mine-milestone]")) {
    const year = Number(row.dataset["mineMilestone"]);
    const modules = (row.dataset["modules"] ?? "").split(" ").map(Number);
    const passed = await passedMilestone(session.workspace, year);
    const words = role(row, "standing");
    if (words) words.textContent = milestoneStanding(modules, all, passed, row.classList.contains("is-written"));
    row.dataset["progress"] = passed ? "all" : "none";
  }
}

/** One for each module of which something has passed: whether the reader's code is used, or the book's. */
class Switches {
  readonly #made = new Map<number, { readonly row: HTMLElement; readonly input: HTMLInputElement; readonly words: HTMLElement }>();
  readonly #section: HTMLElement;
  readonly #session: Session;
  readonly #output: HTMLElement;

  constructor(section: HTMLElement, session: Session, output: HTMLElement) {
    this.#section = section;
    this.#session = session;
    this.#output = output;
  }

  show(all: readonly Owned[]): void {
    for (const one of all) {
      const place = this.#section.querySelector<HTMLElement>(`[data-mine-module="${one.module}"]`);
      if (!place || (one.mine === 0 && one.used === "mine" && !this.#made.has(one.module))) continue;
      const { row, input, words } = this.#of(one, place);
      row.hidden = one.mine === 0 && one.used === "mine";
      input.checked = one.used === "mine";
      words.textContent = one.used === "mine" ? "" : "Set aside: your answers are kept, and the book's code is used.";
      place.dataset["used"] = one.used;
    }
  }

  #of(one: Owned, place: HTMLElement): { readonly row: HTMLElement; readonly input: HTMLInputElement; readonly words: HTMLElement } {
    const known = this.#made.get(one.module);
    if (known) return known;
    const number = String(one.module).padStart(2, "0");
    const input = element("input", { type: "checkbox", role: "switch" });
    const label = element("label", {}, input, "Use my code", element("span", { class: "tt-hidden" }, ` for module ${number} ${one.title}`));
    const words = element("span", { "data-role": "aside" });
    const row = element("p", { class: "tt-switch" }, label, " ", words);
    input.addEventListener("change", () => void this.#set(one, input.checked));
    place.querySelector("details")?.before(row);
    const made = { row, input, words };
    this.#made.set(one.module, made);
    return made;
  }

  async #set({ module }: Owned, mine: boolean): Promise<void> {
    const { aside } = this.#session.workspace;
    await aside.set(module, !mine);
    const number = String(module).padStart(2, "0");
    this.#output.replaceChildren(
      element(
        "p",
        { class: "tt-hidden" },
        mine
          ? `Your code for module ${number} is used again.`
          : `Module ${number} is set aside: experiments, integration checks and milestones run on the book's code.`,
      ),
    );
  }
}
