// A notebook opens the same store as the book's pages. JupyterLite's page does, and so does the worker of its Python.

import { Chapters } from "../chapters.ts";
import { channelOf, databases } from "../keeping.ts";
import { fields, parseJson, text } from "../parse.ts";
import { Workspace } from "../workspace.ts";

export interface Shared {
  readonly workspace: Workspace;
  readonly chapters: Chapters;
}

const bookFile = fields<{ readonly book: string }>({ book: text });

/** `files` is the address of what JupyterLite lists: the notebooks, and the chapters' JSON beside them. */
export async function openShared(files: string): Promise<Shared> {
  const response = await fetch(`${files}chapters/book.json`);
  if (!response.ok) throw new Error(`Could not download chapters/book.json (${response.status}).`);
  const { book } = parseJson(bookFile, await response.text(), "chapters/book.json");
  const chapters = new Chapters(files);
  const workspace = await Workspace.open({
    book,
    factory: databases(),
    channel: channelOf(book),
    moduleOf: (exercise) => chapters.moduleOf(exercise),
  });
  // Which answers are set aside must be known before anything runs on them.
  if (workspace.aside.modules.length > 0) await chapters.index().catch(() => []);
  return { workspace, chapters };
}
