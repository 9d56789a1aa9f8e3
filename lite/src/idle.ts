/** Resolves when the page has nothing to do, or after a while; in `otherwise` milliseconds where a browser (Safari) cannot tell. */
export function idle(otherwise: number): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: 5_000 });
    else setTimeout(resolve, otherwise);
  });
}
