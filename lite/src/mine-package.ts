// The reader's package, file by file. Python is started only when a file is opened, because it puts the files together.

import { button, download, element, resultOf, role } from "./dom.ts";
import { packageFile, type Source } from "./doors.ts";
import { showProgress } from "./progress.ts";
import type { Region } from "./protocol.ts";
import type { Session } from "./session.ts";
import { count } from "./standing.ts";

export function connectPackage(section: HTMLElement, session: Session): void {
  new PackageBrowser(section, session);
}

class PackageBrowser {
  readonly #section: HTMLElement;
  readonly #session: Session;
  readonly #output: HTMLElement;
  readonly #files: readonly HTMLElement[];
  #asked = 0;
  #open: HTMLElement | null = null;

  constructor(section: HTMLElement, session: Session) {
    this.#section = section;
    this.#session = session;
    this.#output = resultOf(section);
    this.#files = [...section.querySelectorAll<HTMLElement>("[data-path]")];
    for (const file of this.#files) this.#makeButton(file);
    this.#count();
    const again = (): void => {
      this.#count();
      // What is open was put together from other answers.
      if (this.#open) void this.#show(this.#open, false);
    };
    session.workspace.onChange(() => again());
    session.workspace.aside.onChange(again);
  }

  #makeButton(file: HTMLElement): void {
    const name = file.querySelector("code");
    const place = role(file, "path");
    if (!name || !place) return;
    const open = element("button", { type: "button", "data-action": "open-file", "aria-expanded": "false" }, name);
    open.addEventListener("click", () => {
      if (this.#open === file) this.#close();
      else void this.#show(file, true);
    });
    place.replaceChildren(open);
  }

  /** How much of each file is the reader's; the same numbers as on the map, and as honest about what is set aside. */
  #count(): void {
    const answers = this.#session.workspace.answers();
    for (const file of this.#files) {
      const names = exercisesOf(file);
      const mine = names.filter((name) => name in answers).length;
      const place = role(file, "count");
      if (place && names.length > 0) place.textContent = mine === 0 ? count(names.length, "exercise") : `${mine} of ${count(names.length, "exercise")} yours`;
      file.dataset["mine"] = mine === 0 ? "none" : mine === names.length ? "all" : "some";
    }
    for (const folder of this.#section.querySelectorAll<HTMLElement>(".tt-tree > li")) {
      const files = [...folder.querySelectorAll<HTMLElement>("[data-path]")];
      const mine = files.filter((file) => file.dataset["mine"] !== "none").length;
      const place = role(folder, "folder");
      if (place) place.textContent = mine === 0 ? count(files.length, "file") : `${count(files.length, "file")}, ${mine} with code of yours`;
    }
  }

  async #show(file: HTMLElement, go: boolean): Promise<void> {
    const asked = (this.#asked += 1);
    const path = file.dataset["path"] ?? "";
    if (go) this.#say(`Putting ${path} together …`);
    const progress = role(this.#section, "progress");
    const unwatch = this.#session.watchPhase((phase) => showProgress(progress, phase.kind === "starting" ? phase.progress : null));
    try {
      const [source, { CodeView }] = await Promise.all([packageFile(this.#session, path, exercisesOf(file)), import("./codeview.ts")]);
      if (asked !== this.#asked) return; // another file was wanted meanwhile
      const view = new CodeView({ text: source.text, label: `${path}, to be read`, regions: source.regions });
      const place = this.#place(file);
      place.replaceChildren(...this.#header(source, (line) => view.goTo(line)), element("div", { class: "tt-editor" }, view.dom));
      place.hidden = false;
      this.#say(go ? `${path} is open.` : "");
      if (go) place.querySelector<HTMLElement>("h3")?.focus();
    } catch (error) {
      if (asked === this.#asked) this.#say(`${path} could not be opened: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      unwatch();
      showProgress(progress, null);
    }
  }

  /** The file's place in the page is below its line in the tree, where the keyboard goes on. */
  #place(file: HTMLElement): HTMLElement {
    const place = role(this.#section, "file");
    if (!place) throw new Error("the page has no place for a file");
    if (this.#open !== file) {
      this.#expanded(this.#open, false);
      this.#open = file;
      this.#expanded(file, true);
      file.append(place);
    }
    return place;
  }

  #close(): void {
    this.#asked += 1;
    const place = role(this.#section, "file");
    place?.replaceChildren();
    if (place) place.hidden = true;
    this.#expanded(this.#open, false);
    this.#open?.querySelector("button")?.focus();
    this.#open = null;
    this.#say("");
  }

  #expanded(file: HTMLElement | null, expanded: boolean): void {
    file?.querySelector('button[data-action="open-file"]')?.setAttribute("aria-expanded", String(expanded));
  }

  #header({ path, text, regions }: Source, goTo: (line: number) => void): Node[] {
    const said = element("span", { role: "status" });
    const copy = button("Copy", "copy", () => {
      void copyText(text).then((copied) => {
        said.textContent = copied ? "Copied." : "This browser does not let the page copy. Download the file instead.";
      });
    });
    const save = button("Download", "download", () => {
      download(new Blob([text], { type: "text/x-python" }), path.slice(path.lastIndexOf("/") + 1));
      said.textContent = "It is in your downloads.";
    });
    const close = button("Close", "close", () => this.#close());
    const title = element("h3", { tabindex: "-1" }, element("code", {}, path));
    const nodes: Node[] = [title, element("p", {}, summary(regions))];
    if (regions.length > 0) nodes.push(element("ul", { class: "tt-regions", "aria-label": "The exercises in this file" }, ...regions.map((one) => item(one, goTo))));
    nodes.push(element("div", { class: "tt-actions" }, copy, save, close, said));
    return nodes;
  }

  #say(words: string): void {
    this.#output.replaceChildren(...(words === "" ? [] : [element("p", {}, words)]));
  }
}

function exercisesOf(file: HTMLElement): string[] {
  return (file.dataset["exercises"] ?? "").split(" ").filter((name) => name !== "");
}

function summary(regions: readonly Region[]): string {
  if (regions.length === 0) return "This file has no exercise in it: all of it is the book's.";
  const mine = regions.filter((region) => region.mine);
  const lines = mine.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (mine.length === 0) return `All of it is the book's so far; ${count(regions.length, "exercise")} in it can become yours.`;
  return `${count(lines, "line")} are yours, in ${mine.length} of ${count(regions.length, "exercise")}; the rest is the book's.`;
}

function item({ object, first, last, mine }: Region, goTo: (line: number) => void): HTMLElement {
  const where = first === last ? `line ${first}` : `lines ${first} to ${last}`;
  const jump = button("", "line", () => goTo(first));
  jump.append(element("code", {}, object));
  return element("li", { "data-mine": mine ? "yours" : "book" }, jump, ` ${where}, ${mine ? "yours" : "the book's"}`);
}

/** Where the clipboard is out of reach, a download does as well. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
