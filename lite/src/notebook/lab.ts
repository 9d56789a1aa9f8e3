// JupyterLite's page: for it a notebook of the book is one more tab in which the answers of the workspace are open.

import { saveOnLeaving } from "../keeping.ts";
import { Link, type BookExercise, type TextCell } from "./link.ts";
import type { CellModel, Context, NotebookPanel, WidgetClass } from "./jupyter.ts";
import { openShared, type Shared } from "./open.ts";
import { Strip } from "./strip.ts";

const files = new URL("../../../files/", import.meta.url).href;

let opening: Promise<Shared> | undefined;

/** One workspace for all notebooks of this page, opened with the first. */
function shared(): Promise<Shared> {
  opening ??= openShared(files).then((opened) => {
    saveOnLeaving(opened.workspace);
    opened.workspace.onErased(() => location.reload()); // as the book's pages do: the cells hold what is to be gone
    return opened;
  });
  opening.catch(() => {
    opening = undefined;
  });
  return opening;
}

export function connectNotebook(panel: NotebookPanel, context: Context, Widget: WidgetClass): void {
  const strip = new Strip(() => panel.contentHeader.fit());
  panel.contentHeader.addWidget(new Widget({ node: strip.node }));
  watchPython(panel, strip);
  share(context, strip).catch((error: unknown) => {
    strip.refuse(error instanceof Error ? error.message : String(error));
  });
}

function watchPython({ sessionContext }: NotebookPanel, strip: Strip): void {
  const look = (): void => {
    const { hasNoKernel, kernelDisplayStatus: status } = sessionContext;
    strip.python(!hasNoKernel && (status === "idle" || status === "busy") ? "ready" : "starting");
  };
  sessionContext.statusChanged.connect(look);
  sessionContext.connectionStatusChanged.connect(look);
  sessionContext.kernelChanged.connect(look);
  look();
}

async function share({ ready, model }: Context, strip: Strip): Promise<void> {
  const [{ workspace, chapters }] = await Promise.all([shared(), ready]);
  const known = new Map<string, Promise<BookExercise | null>>();
  const find = async (exercise: string): Promise<BookExercise | null> => {
    const [name] = await chapters.having([exercise]);
    return name === undefined ? null : (await chapters.chapter(name)).exercises.find((one) => one.name === exercise) ?? null;
  };
  const link = new Link({
    workspace,
    facts: (exercise) => {
      const found = known.get(exercise) ?? find(exercise);
      known.set(exercise, found);
      found.catch(() => known.delete(exercise));
      return found;
    },
    tell: (exercise, news) => strip.news(exercise, news),
  });
  const cells = new WeakMap<CellModel, TextCell>();
  const look = async (): Promise<void> => {
    const code = [...model.cells].filter(({ type }) => type === "code");
    await link.have(code.map((cell) => textOf(cells, cell)));
    strip.answers(link.size, workspace.saving);
  };
  model.cells.changed.connect(() => void look());
  await look();
  workspace.onSaving((saving) => strip.answers(link.size, saving));
  // The browser is asked to keep the storage once there is something worth keeping; a worker cannot ask.
  workspace.onChange(({ exercise }) => {
    if (workspace.status(exercise) === "passed") void workspace.care.passed();
  });
}

/** Of one cell always the same object, by which the link knows it. */
function textOf(cells: WeakMap<CellModel, TextCell>, model: CellModel): TextCell {
  const { sharedModel } = model;
  const cell: TextCell = cells.get(model) ?? {
    get source() {
      return sharedModel.getSource();
    },
    set source(source) {
      sharedModel.setSource(source);
    },
    onChange: (listen) => {
      sharedModel.changed.connect((_, { sourceChange }) => {
        if (sourceChange !== undefined) listen();
      });
    },
  };
  cells.set(model, cell);
  return cell;
}
