// CodeMirror for one learner's text. Imported when the first editor comes near the viewport.

import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, RangeSet, StateEffect, StateField, type Extension } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  GutterMarker,
  gutterLineClass,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

export interface EditorOptions {
  readonly text: string;
  readonly label: string;
  /** Ids of the elements that describe the editor: how to leave it, and what is wrong in it. */
  readonly describedBy: string;
  readonly onChange: (text: string) => void;
  readonly onFocus: () => void;
  readonly onSubmit: () => void;
}

// Colours are CSS variables of the theme, so that light and dark need no script.
export const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.operatorKeyword, tags.moduleKeyword], color: "var(--tt-keyword)" },
  { tag: [tags.string, tags.docString, tags.special(tags.string)], color: "var(--tt-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--tt-number)" },
  { tag: tags.comment, color: "var(--tt-comment)", fontStyle: "italic" },
  { tag: [tags.definition(tags.function(tags.variableName)), tags.definition(tags.className)], color: "var(--tt-def)" },
]);

const setFailingLine = StateEffect.define<number | null>();
const lineMark = Decoration.line({ class: "tt-failing-line" });
const gutterMark = new (class extends GutterMarker {
  override elementClass = "tt-failing-gutter";
})();

const failingLine = StateField.define<{ readonly at: number } | null>({
  create: () => null,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setFailingLine)) continue;
      if (effect.value === null) return null;
      const number = Math.min(Math.max(effect.value, 1), transaction.state.doc.lines);
      return { at: transaction.state.doc.line(number).from };
    }
    // The mark speaks of the text that was checked, and any edit makes it another text.
    return transaction.docChanged ? null : value;
  },
  provide: (field) => [
    EditorView.decorations.from(field, (value) => (value ? Decoration.set(lineMark.range(value.at)) : Decoration.none)),
    gutterLineClass.from(field, (value): RangeSet<GutterMarker> => RangeSet.of(value ? [gutterMark.range(value.at)] : [])),
  ],
});

/** Tab indents, so the keyboard needs another way out: after Escape it moves on, until something is typed. */
const leaving: Extension = [
  keymap.of([
    {
      key: "Escape",
      run: (view) => {
        view.setTabFocusMode(true);
        return false;
      },
    },
  ]),
  EditorView.domEventHandlers({
    blur: (_, view) => {
      view.setTabFocusMode(false);
    },
  }),
];

export class Editor {
  readonly #view: EditorView;

  constructor(options: EditorOptions) {
    this.#view = new EditorView({
      state: EditorState.create({
        doc: options.text,
        extensions: [
          keymap.of([{ key: "Mod-Enter", run: () => (options.onSubmit(), true) }]),
          leaving,
          history(),
          lineNumbers(),
          highlightSpecialChars(),
          highlightActiveLine(),
          bracketMatching(),
          indentOnInput(),
          indentUnit.of("    "),
          pythonLanguage,
          syntaxHighlighting(highlighting),
          failingLine,
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.contentAttributes.of({
            "aria-label": options.label,
            "aria-describedby": options.describedBy,
            spellcheck: "false",
            autocorrect: "off",
            autocapitalize: "off",
            translate: "no",
            tabindex: "0",
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) {
              update.view.setTabFocusMode(false);
              options.onChange(update.state.doc.toString());
            }
            if (update.focusChanged && update.view.hasFocus) options.onFocus();
          }),
        ],
      }),
    });
  }

  get dom(): HTMLElement {
    return this.#view.dom;
  }

  get focused(): boolean {
    return this.#view.hasFocus;
  }

  /** One step of the editor's own history: Ctrl+Z brings back what was there. */
  replace(text: string): void {
    const { state } = this.#view;
    this.#view.dispatch({
      changes: { from: 0, to: state.doc.length, insert: text },
      annotations: isolateHistory.of("full"),
    });
  }

  mark(line: number | null): void {
    this.#view.dispatch({ effects: setFailingLine.of(line) });
  }

  focus(line: number | null): void {
    this.#view.focus();
    if (line === null) return;
    const { from } = this.#view.state.doc.line(Math.min(Math.max(line, 1), this.#view.state.doc.lines));
    this.#view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "nearest" }) });
  }
}
