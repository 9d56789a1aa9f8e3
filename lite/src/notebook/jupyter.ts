// The parts of JupyterLab that our extension touches. Its own types would bring its whole source along.

export interface Signal<Sender, Args> {
  connect(slot: (sender: Sender, args: Args) => void): boolean;
}

export interface CellModel {
  readonly type: string;
  readonly sharedModel: {
    getSource(): string;
    setSource(source: string): void;
    readonly changed: Signal<unknown, { readonly sourceChange?: unknown }>;
  };
}

export interface CellList extends Iterable<CellModel> {
  readonly changed: Signal<CellList, unknown>;
}

export interface Widget {
  readonly node: HTMLElement;
}

export interface SessionContext {
  /** "connecting", "starting", "idle", "busy", … */
  readonly kernelDisplayStatus: string;
  readonly hasNoKernel: boolean;
  readonly statusChanged: Signal<unknown, unknown>;
  readonly kernelChanged: Signal<unknown, unknown>;
  readonly connectionStatusChanged: Signal<unknown, unknown>;
}

export interface NotebookPanel {
  readonly sessionContext: SessionContext;
  /** Between the toolbar and the cells. */
  readonly contentHeader: { addWidget(widget: Widget): void; fit(): void };
  readonly disposed: Signal<unknown, unknown>;
}

export interface Context {
  readonly ready: Promise<void>;
  readonly model: { readonly cells: CellList };
}

export interface JupyterLab {
  readonly docRegistry: {
    addWidgetExtension(widget: "Notebook", extension: { createNew(panel: NotebookPanel, context: Context): void }): unknown;
  };
}

/** What JupyterLab's pages share with their extensions: by package, by version. */
export type ShareScope = Readonly<Record<string, Readonly<Record<string, { get(): Promise<() => unknown> }>> | undefined>>;

export type WidgetClass = new (options: { node: HTMLElement }) => Widget;
