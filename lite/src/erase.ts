// Removes everything that this book keeps in this browser. Other books on the same host keep theirs.

import { cacheStorage } from "./cache-storage.ts";
import type { Config } from "./config.ts";
import { isOurs, Kept } from "./kept.ts";
import { keysFrom } from "./local-keys.ts";
import { dropSnapshots } from "./snapshot.ts";
import { eraseDatabase } from "./store.ts";
import type { Workspace } from "./workspace.ts";

export interface Places {
  readonly workspace: Pick<Workspace, "erase">;
  readonly config: Pick<Config, "book" | "root" | "site">;
  readonly databases: IDBFactory | undefined;
  readonly notes: Storage | undefined;
  readonly caches: CacheStorage | null;
}

/** `blocked` is called if another tab has to be closed first; the promise is kept once everything is gone. */
export async function eraseEverything(places: Places, blocked: () => void): Promise<void> {
  const { workspace, config, databases, notes, caches } = places;
  // The answers first: if anything else cannot be removed, it holds nothing that the reader wrote.
  await workspace.erase(blocked);
  const notebooks = `JupyterLite Storage - ${new URL("lite/", config.root).pathname}`;
  if (databases) await eraseDatabase(databases, notebooks, blocked).catch(() => undefined);
  if (notes) for (const key of keysFrom(notes, `${config.book}:`)) notes.removeItem(key);
  if (!caches) return;
  await dropSnapshots(new URL("snapshot", config.root).href);
  if (await hasNetwork(caches, config)) {
    const ours = (await caches.keys()).filter((name) => isOurs(name, config.root));
    await Promise.all(ours.map((name) => caches.delete(name)));
  }
}

/** Without one the copy of the book stays, or there would be no page to go on with. It holds nothing of the reader's. */
async function hasNetwork(caches: CacheStorage, { root, site }: Places["config"]): Promise<boolean> {
  if (site === null) return false;
  return new Kept(caches, root).newestAtHost().then((newest) => newest !== null, () => false);
}

/** Looking at these may throw where a browser forbids storage. */
export function placesOf(workspace: Workspace, config: Config): Places {
  const allowed = <T>(look: () => T): T | undefined => {
    try {
      return look();
    } catch {
      return undefined;
    }
  };
  return {
    workspace,
    config,
    databases: allowed(() => globalThis.indexedDB),
    notes: allowed(() => globalThis.localStorage),
    caches: cacheStorage(),
  };
}
