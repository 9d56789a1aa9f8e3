// A file of the package to be read: the editor's listing without its writing, with the lines of each exercise marked.

import { pythonLanguage } from "@codemirror/lang-python";
import { syntaxHighlighting } from "@codemirror/language";
import { EditorState, RangeSetBuilder } from "@codemirror/state";
import { Decoration, EditorView, highlightSpecialChars, lineNumbers, type DecorationSet } from "@codemirror/view";

import { highlighting } from "./editor.ts";
import type { Region } from "./protocol.ts";

export interface CodeViewOptions {
  readonly text: string;
  readonly label: string;
  readonly regions: readonly Region[];
}

const MINE = { class: "tt-line-mine" };
const BOOK = { class: "tt-line-book" };

export class CodeView {
  readonly #view: EditorView;

  constructor({ text, label, regions }: CodeViewOptions) {
    const state = EditorState.create({ doc: text });
    this.#view = new EditorView({
      state: EditorState.create({
        doc: state.doc,
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          lineNumbers(),
          highlightSpecialChars(),
          pythonLanguage,
          syntaxHighlighting(highlighting),
          EditorView.decorations.of(marks(state, regions)),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", translate: "no" }),
        ],
      }),
    });
  }

  get dom(): HTMLElement {
    return this.#view.dom;
  }

  /** Bring a line to the top of the listing and put the keyboard there. */
  goTo(line: number): void {
    const { from } = this.#view.state.doc.line(Math.min(Math.max(line, 1), this.#view.state.doc.lines));
    this.#view.dispatch({ effects: EditorView.scrollIntoView(from, { y: "start", yMargin: 24 }) });
    this.#view.contentDOM.focus({ preventScroll: true });
  }
}

function marks(state: EditorState, regions: readonly Region[]): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { first, last, mine } of regions) {
    const line = Decoration.line(mine ? MINE : BOOK);
    for (let number = first; number <= Math.min(last, state.doc.lines); number += 1) {
      const { from } = state.doc.line(number);
      builder.add(from, from, line);
    }
  }
  return builder.finish();
}
