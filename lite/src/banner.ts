// A banner while nothing can be stored: the work goes on, but only this tab has it.

import { button, element } from "./dom.ts";
import { saveCopy } from "./doors.ts";
import type { Session } from "./session.ts";

export function warnWhenUnsaved(session: Session): void {
  const words = element("p");
  const save = button("Save a copy now", "save-copy", () => {
    void saveCopy(session);
  });
  const banner = element("div", { class: "tt-banner", role: "alert", "data-role": "storage" });
  (document.querySelector("main article") ?? document.querySelector("main") ?? document.body).prepend(banner);
  session.workspace.onSaving((saving) => {
    banner.hidden = saving.kind !== "unsaved";
    if (saving.kind !== "unsaved") {
      banner.replaceChildren();
      return;
    }
    const said = `Your work is not being saved: ${saving.reason}. You can go on, but it lives only in this tab. Export it before you close the tab.`;
    if (words.textContent !== said) words.textContent = said;
    if (!banner.contains(words)) banner.replaceChildren(words, save);
  });
}
