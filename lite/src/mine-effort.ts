// Checks and time of each exercise, as this browser has counted them; switched off and erased here.

import { action, element, onPress, resultOf, role } from "./dom.ts";
import { duration, type Spent } from "./effort.ts";
import type { Session } from "./session.ts";
import { count } from "./standing.ts";

const PRIVATE = "What is counted never leaves this device: no export has it, and nobody is sent it.";

export async function connectEffort(section: HTMLElement, session: Session): Promise<void> {
  const { effort } = session.workspace;
  await effort.flush();
  const output = resultOf(section);
  const actions = role(section, "actions");
  if (actions) actions.hidden = false;
  const say = (words: string): void => output.replaceChildren(element("p", {}, words));

  const show = async (): Promise<void> => {
    const index = await session.chapters.index().catch(() => []);
    const { counting, exercises } = effort;
    const all = Object.values(exercises);
    const words = role(section, "words");
    const sum = total(all);
    const counted =
      all.length === 0
        ? "Nothing is counted yet."
        : `${count(sum.checks, "check")} in ${count(all.length, "exercise")}, and ${duration(sum.seconds)} of work.`;
    if (words) words.textContent = `${counting ? "" : "Counting is switched off. "}${counted} ${PRIVATE}`;
    const known = index.flatMap((entry) => {
      const rows = entry.exercises.flatMap(({ name, title }) => {
        const spent = exercises[name];
        return spent ? [{ title, spent }] : [];
      });
      return rows.length > 0 ? [{ title: `${String(entry.module).padStart(2, "0")} ${entry.title}`, rows }] : [];
    });
    role(section, "table")?.replaceChildren(...(known.length > 0 ? [table(known)] : []));
    const button = action(section, "counting");
    if (button) button.textContent = counting ? "Stop counting" : "Count again";
    action(section, "forget")?.setAttribute("aria-disabled", String(all.length === 0));
  };

  onPress(section, "counting", () => {
    const counting = !effort.counting;
    void effort.setCounting(counting).then(() => say(counting ? "Counting goes on." : "Nothing more is counted. What was counted is kept until you erase it."));
  });
  onPress(section, "forget", () => {
    if (Object.keys(effort.exercises).length === 0) return;
    void effort.forget().then(() => say("The counts are erased. Your answers are as they were."));
  });
  effort.onChange(() => void show());
  await show();
}

interface Group {
  readonly title: string;
  readonly rows: readonly { readonly title: string; readonly spent: Spent }[];
}

function table(groups: readonly Group[]): HTMLElement {
  const head = element(
    "tr",
    {},
    ...["Exercise", "Checks", "Time"].map((title) => element("th", { scope: "col" }, title)),
  );
  const bodies = groups.map(({ title, rows }) => {
    const sum = total(rows.map(({ spent }) => spent));
    return element(
      "tbody",
      {},
      element("tr", {}, element("th", { scope: "rowgroup" }, title), ...cells(sum)),
      ...rows.map(({ title, spent }) => element("tr", {}, element("th", { scope: "row" }, plain(title)), ...cells(spent))),
    );
  });
  return element("table", {}, element("caption", { class: "tt-hidden" }, "Checks and time of each exercise"), element("thead", {}, head), ...bodies);
}

const cells = ({ checks, seconds }: Spent): HTMLElement[] => [element("td", {}, String(checks)), element("td", {}, duration(seconds))];

const plain = (title: string): string => title.replaceAll("`", "");

function total(all: readonly Spent[]): Spent {
  return all.reduce((sum, one) => ({ checks: sum.checks + one.checks, seconds: sum.seconds + one.seconds }), { checks: 0, seconds: 0 });
}
