// The first sign that Python may be wanted is a pointer over a box that runs code, or the focus in it. The modules
// that the worker will import come into the browser's cache then; nothing is run.

import { element } from "./dom.ts";

export function preloadOnIntent(boxes: readonly HTMLElement[], modules: readonly string[]): void {
  let wanted = false;
  const preload = (): void => {
    if (wanted || savesData()) return;
    wanted = true;
    document.head.append(...modules.map((href) => element("link", { rel: "modulepreload", href })));
  };
  for (const box of boxes) {
    box.addEventListener("pointerenter", preload, { once: true });
    box.addEventListener("focusin", preload, { once: true });
  }
}

/** Whoever asked the browser to save data gets Python when they press a button, and not before. */
export function savesData(): boolean {
  return (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;
}
