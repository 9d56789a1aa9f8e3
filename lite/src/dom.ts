// Building and finding elements. Text goes in as text nodes: nothing here can make markup out of a string.

type Attributes = Readonly<Record<string, string | boolean>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A button like those of the page: the theme styles them by their having an action. */
export function button(label: string, action: string, press: () => void): HTMLButtonElement {
  const node = element("button", { type: "button", "data-action": action }, label);
  node.addEventListener("click", press);
  return node;
}

/** Text in which `backticks` mark code, as claims and messages are written. */
export function prose(source: string): Node[] {
  return source.split(/`([^`\n]+)`/).map((part, index) => (index % 2 ? element("code", {}, part) : document.createTextNode(part)));
}

export function role(host: ParentNode, name: string): HTMLElement | null {
  return host.querySelector<HTMLElement>(`[data-role="${name}"]`);
}

export function action(host: ParentNode, name: string): HTMLButtonElement | null {
  return host.querySelector<HTMLButtonElement>(`button[data-action="${name}"]`);
}

export function onPress(host: ParentNode, name: string, press: () => void): void {
  action(host, name)?.addEventListener("click", press);
}

/** The live region of a box; results arrive piece by piece, so only what is new is to be read out. */
export function resultOf(host: ParentNode): HTMLElement {
  const output = host.querySelector<HTMLElement>("output[data-result]");
  if (!output) throw new Error("a box of this page has no <output data-result>");
  output.setAttribute("aria-live", "polite");
  output.setAttribute("aria-atomic", "false");
  return output;
}

export function download(blob: Blob, name: string): void {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  // Revoked late: some browsers start the download only after the click's task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Bring every part of the page that matches to life. */
export function connect<T>(selector: string, make: (section: HTMLElement) => T): T[] {
  return [...document.querySelectorAll<HTMLElement>(selector)].map(make);
}
