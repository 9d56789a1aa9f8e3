// The first sign that Python may be wanted is a pointer over a box that runs code, or the focus in it. The modules
// that the worker will import come into the browser's cache then; nothing is run.

import { element } from "./dom.ts";
import { savesData } from "./spawn.ts";

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
