/** A formula that is wider than its column scrolls, and then the keyboard must reach it; all others need no stop. */
export function reachWideFormulas(): void {
  const observer = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  for (const formula of document.querySelectorAll("div.math")) observer.observe(formula);
}
