// The workspace panel: how many answers are kept and where, and the doors out and in.

import { isPromised, notExported } from "./care.ts";
import { button, element, onPress, resultOf, role } from "./dom.ts";
import { importWorkspace, saveCopy, type Form } from "./doors.ts";
import { showProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { plural } from "./view.ts";
import { statusOf } from "./workspace.ts";

const PROMISED = "The browser has promised not to clear them by itself.";
const NOT_PROMISED = "The browser may clear them when the disk is full, so export them now and then.";

const CONTENTS: Readonly<Record<Form["kind"], string>> = {
  zip: "your answers and their versions, the package they make, and its checks.",
  wheel: "your package, for pip to install, and in it a copy of your answers and their versions.",
  notebook: "the chapter with your answers in it, for Jupyter and Colab.",
};
const NOTEBOOK = "notebook:";

function formOf(value: string): Form {
  if (value.startsWith(NOTEBOOK)) return { kind: "notebook", chapter: value.slice(NOTEBOOK.length) };
  return { kind: value === "wheel" ? "wheel" : "zip" };
}

/** Each written chapter can leave as a notebook; where it is not known which there are, none is offered. */
async function offerNotebooks(forms: HTMLSelectElement, session: Session): Promise<void> {
  const chapters = await session.chapters.index().catch(() => []);
  const options = chapters.map(({ name, title }) => element("option", { value: NOTEBOOK + name }, `Chapter ${name.slice(0, 2)}, ${title} (.ipynb)`));
  if (options.length > 0) forms.append(element("optgroup", { label: "One chapter, as a notebook" }, ...options));
}

export function connectPanel(section: HTMLElement, session: Session): void {
  const { workspace } = session;
  const output = resultOf(section);
  const saved = role(section, "saved");
  const file = section.querySelector<HTMLInputElement>('input[type="file"]');
  const progress = element("div", { "data-role": "progress", hidden: true });
  output.before(progress);
  const actions = role(section, "actions");
  if (actions) actions.hidden = false;

  const count = (): void => {
    if (!saved) return;
    const records = workspace.all();
    const passed = records.filter((record) => statusOf(record) === "passed").length;
    const { saving } = workspace;
    const where = saving.kind === "unsaved" ? `kept in this tab only (${saving.reason})` : "kept in this browser";
    if (records.length === 0 && saving.kind !== "unsaved") {
      saved.textContent = "No answers yet. What you write in an exercise is kept in this browser as you type.";
      return;
    }
    saved.textContent = [`${plural(records.length, "answer")} ${where}, ${passed} of them passed.`, ...promise, copy()].join(" ");
  };
  /** What is in a copy that the reader took, and what is not. */
  const copy = (): string => {
    const { memory } = workspace.care;
    const count = notExported(memory, workspace.passed());
    if (Object.keys(memory.exported).length === 0 || memory.since === null) return count > 0 ? "You have not exported them yet." : "";
    const when = new Intl.DateTimeFormat("en", { dateStyle: "long" }).format(new Date(memory.since));
    const newer = count > 0 ? `; ${plural(count, "passed answer")} ${count === 1 ? "is" : "are"} newer` : "";
    return `Your last export was on ${when}${newer}.`;
  };
  let promise: string[] = [];
  const askPromise = async (): Promise<void> => {
    const promised = await isPromised();
    promise = promised === null ? [] : [promised ? PROMISED : NOT_PROMISED];
    count();
  };
  workspace.onChange(count);
  workspace.onSaving(count);
  workspace.care.onChange(() => void askPromise());
  void askPromise();

  const say = (words: string, ...more: readonly (Node | string)[]): void => {
    output.replaceChildren(element("p", {}, words), ...more);
  };
  /** Python is loaded for this if it has to be, with the bar shown here. */
  const withProgress = async (work: () => Promise<void>): Promise<void> => {
    const unwatch = session.watchPhase((phase) => showProgress(progress, phase.kind === "starting" ? phase.progress : null));
    try {
      await work();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    } finally {
      unwatch();
      showProgress(progress, null);
    }
  };
  let turn = Promise.resolve();
  /** Whoever chooses a second file while the first is being read hears of both, one after the other. */
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn.then(() => withProgress(work));
  };

  const forms = section.querySelector<HTMLSelectElement>('select[data-role="form"]');
  if (forms) void offerNotebooks(forms, session);

  const exportAs = async (form: Form): Promise<void> => {
    say("Packing …");
    const { name, instead } = await saveCopy(session, form);
    count();
    if (instead === null) say(`${name} is in your downloads: ${CONTENTS[form.kind]}`);
    else say(`The ZIP could not be made: ${instead} So your answers alone are in your downloads, as ${name}. It can be imported here again.`);
  };

  const importFile = async (chosen: File): Promise<void> => {
    say(`Reading ${chosen.name} …`);
    const { count: read, replaced, notes, undo } = await importWorkspace(session, chosen);
    const others = replaced > 0 ? ` ${plural(replaced, "answer")} that differed ${replaced === 1 ? "was" : "were"} replaced.` : "";
    const list = notes.length > 0 ? [element("ul", {}, ...notes.map((note) => element("li", {}, note)))] : [];
    const back = button("Undo the import", "undo", () => {
      undo().then(
        () => say("The import is undone: everything is as it was before."),
        (error: unknown) => say(`It could not be undone: ${error instanceof Error ? error.message : String(error)}. Nothing was changed.`, back),
      );
    });
    say(`${plural(read, "answer")} read from ${chosen.name}.${others}`, ...list, back);
  };

  onPress(section, "export", () => inTurn(() => exportAs(formOf(forms?.value ?? "zip"))));
  onPress(section, "import", () => file?.click());
  if (!file) return;
  file.accept = ".zip,.whl,.ipynb,.json,application/zip,application/json";
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = ""; // the same file can be chosen again
    if (chosen) inTurn(() => importFile(chosen));
  });
}
