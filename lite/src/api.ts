// window.tinytorch, for tests, teachers and other pages. book/developers documents it.

import type { Report } from "./protocol.ts";
import type { Status } from "./workspace.ts";

export interface ExerciseSummary {
  readonly name: string;
  readonly status: Status;
  readonly points: number;
  readonly chapter: string;
}

/** What a page can do once its boxes are connected. */
export interface PageApi {
  exercises(): readonly ExerciseSummary[];
  getCode(name: string): string;
  setCode(name: string, text: string): void;
  check(name: string): Promise<Report>;
  run(name: string): Promise<Report>;
  exportWorkspace(): Promise<Blob>;
  importWorkspace(blob: Blob): Promise<{ readonly count: number; readonly replaced: number; readonly notes: readonly string[] }>;
  packageSource(path: string): Promise<string>;
}

/** The same with `ready`, which resolves when answers are restored and the page can be used. */
export interface TinyTorch extends PageApi {
  ready(): Promise<void>;
}

declare global {
  interface Window {
    tinytorch?: TinyTorch;
  }
}

/** The functions that answer at once need a page that is ready; the others make it ready and wait. */
export function makeApi(connect: () => Promise<PageApi>): TinyTorch {
  let connected: Promise<PageApi> | null = null;
  let loaded: PageApi | null = null;
  const page = async (): Promise<PageApi> => {
    loaded = await (connected ??= connect());
    return loaded;
  };
  const now = (): PageApi => {
    if (!loaded) throw new Error("The page is still being prepared: await tinytorch.ready() first.");
    return loaded;
  };
  return {
    ready: async () => {
      await page();
    },
    exercises: () => now().exercises(),
    getCode: (name) => now().getCode(name),
    setCode: (name, text) => now().setCode(name, text),
    check: async (name) => (await page()).check(name),
    run: async (name) => (await page()).run(name),
    exportWorkspace: async () => (await page()).exportWorkspace(),
    importWorkspace: async (blob) => (await page()).importWorkspace(blob),
    packageSource: async (path) => (await page()).packageSource(path),
  };
}
