// Where a page keeps what was written, and what it does when it is left. Pages and notebooks do the same.

import type { Workspace } from "./workspace.ts";

/** Where storage is forbidden, looking at `indexedDB` is enough to be thrown at. */
export function databases(): IDBFactory | undefined {
  try {
    return globalThis.indexedDB;
  } catch {
    return undefined;
  }
}

/** To the other tabs of this book. */
export function channelOf(book: string): BroadcastChannel | null {
  return "BroadcastChannel" in globalThis ? new BroadcastChannel(book) : null;
}

export function saveOnLeaving(workspace: Workspace): void {
  window.addEventListener("pagehide", () => workspace.leave());
  // A page that comes back from the browser's memory, or a tab that slept, may have missed what another tab did.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) void workspace.refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") workspace.leave();
    else void workspace.refresh();
  });
}
