// What follows a check: the result comes into view where the screen is small, and the way on after a pass.

import { element, prose } from "./dom.ts";
import type { Session } from "./session.ts";

/** Nobody is taken away from where they have gone meanwhile, and the focus stays where it is. */
export function bringIntoView(section: HTMLElement, output: HTMLElement): void {
  const box = section.getBoundingClientRect();
  const result = output.getBoundingClientRect();
  const bottom = window.innerHeight;
  const looking = box.top < bottom && box.bottom > 0;
  const seen = result.top >= 0 && Math.min(result.bottom, result.top + 96) <= bottom;
  if (!looking || seen) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const block = result.height > bottom / 2 ? "start" : "nearest";
  output.scrollIntoView({ behavior: calm ? "auto" : "smooth", block });
}

/** A link to the exercise, or the checks on the whole, that comes next on this page; after the last, to the next chapter. */
export async function nextLink(section: HTMLElement, session: Session, chapter: string): Promise<HTMLElement | null> {
  return nextHere(section) ?? (await nextChapter(session, chapter));
}

async function nextChapter({ chapters, config }: Session, name: string): Promise<HTMLElement | null> {
  const next = await chapters.after(name).catch(() => undefined);
  if (!next) return null;
  const number = String(next.module).padStart(2, "0");
  return linkTo(config.root + next.page, "Next chapter: ", `${number} ${next.title}`);
}

function nextHere(section: HTMLElement): HTMLElement | null {
  const boxes = [...document.querySelectorAll<HTMLElement>("section[data-exercise], section[data-integration]")];
  const next = boxes[boxes.indexOf(section) + 1];
  const title = next?.querySelector(".tt-title")?.textContent.replace(/\s+/g, " ").trim();
  if (!next?.id || !title) return null;
  return linkTo(`#${next.id}`, "Next: ", title);
}

function linkTo(href: string, kind: string, title: string): HTMLElement {
  return element("p", { class: "tt-next", "data-role": "next" }, element("a", { href }, kind, ...prose(title)));
}
