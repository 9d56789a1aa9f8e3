// For the Python of a notebook, which runs in a worker of JupyterLite: what passed, and what a check came to.
// `tinytorch/workshop/pages.py` imports this file; JSON goes in and out, so that no object is shared with Python.

import { fields, oneOf, parseJson, text } from "../parse.ts";
import { OUTCOMES, type Outcome } from "../protocol.ts";
import { judge } from "./answer.ts";
import { openShared, type Shared } from "./open.ts";

const files = new URL("../../../files/", import.meta.url).href;

let opening: Promise<Shared> | undefined;

function shared(): Promise<Shared> {
  opening ??= openShared(files).then((opened) => {
    opened.workspace.onErased(() => (opening = undefined));
    return opened;
  });
  opening.catch(() => {
    opening = undefined;
  });
  return opening;
}

/** The answers that the reader's tinytorch is made of; or why they cannot be had. */
export async function answers(): Promise<string> {
  try {
    const { workspace } = await shared();
    if (workspace.saving.kind === "unsaved") return JSON.stringify({ refused: workspace.saving.reason });
    await workspace.refresh();
    return JSON.stringify({ answers: workspace.answers() });
  } catch (error) {
    return JSON.stringify({ refused: error instanceof Error ? error.message : String(error) });
  }
}

interface Judged {
  readonly name: string;
  readonly stub: string;
  readonly stub_hash: string;
  readonly text: string;
  readonly outcome: Outcome;
}

const judgement = fields<Judged>({ name: text, stub: text, stub_hash: text, text, outcome: oneOf(...OUTCOMES) });

/** A cell was checked. Nobody waits for it, so nothing is thrown. */
export async function judged(source: string): Promise<void> {
  try {
    const { text, outcome, ...facts } = parseJson(judgement, source, "judged");
    const { workspace } = await shared();
    // IPython ends a cell with a line end, where it has none.
    const written = workspace.get(facts.name)?.text === text ? text : text.replace(/\n$/, "");
    await judge(workspace, facts, written, outcome);
  } catch (error) {
    console.warn(`tinytorch: ${error instanceof Error ? error.message : String(error)}`);
  }
}
