// What JupyterLite loads at its start: a Module Federation container with one plugin in it. The rest is loaded with the
// first notebook, so that nothing waits for it.

import type { Context, JupyterLab, NotebookPanel, ShareScope, WidgetClass } from "./jupyter.ts";

declare const LAB: string;

declare global {
  interface Window {
    _JUPYTERLAB?: Record<string, unknown>;
  }
}

const NAME = "tinytorch-workspace";
const here = (document.currentScript as HTMLScriptElement).src;
let scope: ShareScope = {};

const plugin = {
  id: `${NAME}:plugin`,
  description: "The exercises of notebooks and of the book's pages share their answers.",
  autoStart: true,
  activate({ docRegistry }: JupyterLab): void {
    docRegistry.addWidgetExtension("Notebook", {
      createNew: (panel, context) => {
        connect(panel, context).catch((error: unknown) => console.warn("tinytorch: the answers are not shared", error));
      },
    });
  },
};

async function connect(panel: NotebookPanel, context: Context): Promise<void> {
  const [{ connectNotebook }, { Widget }] = await Promise.all([
    import(new URL(LAB, here).href) as Promise<typeof import("./lab.ts")>,
    sharedModule("@lumino/widgets") as Promise<{ readonly Widget: WidgetClass }>,
  ]);
  connectNotebook(panel, context, Widget);
}

/** The one copy that everybody in this page uses. */
async function sharedModule(name: string): Promise<unknown> {
  const [version] = Object.values(scope[name] ?? {});
  if (!version) throw new Error(`JupyterLite does not share ${name}`);
  return (await version.get())();
}

(window._JUPYTERLAB ??= {})[NAME] = {
  init: (shared: ShareScope) => {
    scope = shared;
  },
  get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
};
