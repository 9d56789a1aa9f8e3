// A quiet word, now and then after a pass, that a copy outside of this browser would do no harm.

import { isDue, notExported } from "./care.ts";
import { button, element } from "./dom.ts";
import { saveCopy } from "./doors.ts";
import type { Session } from "./session.ts";
import { plural } from "./view.ts";

/** Below `place`, in the flow of the page, if it is time. */
export function remind(session: Session, place: HTMLElement): void {
  const { workspace } = session;
  const passed = workspace.passed();
  if (!isDue(workspace.care.memory, passed, Date.now())) return;
  const count = notExported(workspace.care.memory, passed);
  const words = element("p", {}, `${plural(count, "passed answer")} ${count === 1 ? "is" : "are"} in this browser only. A copy in your downloads is safe from a lost or cleared browser.`);
  const save = button("Export as ZIP", "save-copy", () => {
    words.textContent = "Packing …";
    void saveCopy(session).then(({ name }) => {
      words.textContent = `${name} is in your downloads.`;
      save.remove();
    });
  });
  const box = element("aside", { class: "tt-reminder", "data-role": "reminder", "aria-label": "Reminder" }, words, save);
  box.append(button("Not now", "dismiss", () => box.remove()));
  document.querySelector('[data-role="reminder"]')?.remove();
  place.after(box);
  void workspace.care.reminded();
}
