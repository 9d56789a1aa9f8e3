// The page that stands for one that is not kept: lists what can be read, and tries again when the network is back.

import { pathBelow } from "./build-list.ts";
import { cacheStorage } from "./cache-storage.ts";
import { element } from "./dom.ts";
import { Kept } from "./kept.ts";

export async function listReadable(list: HTMLElement, root: string): Promise<void> {
  const again = document.querySelector<HTMLAnchorElement>('[data-role="again"]');
  if (again) again.href = location.href;
  const storage = cacheStorage();
  if (!storage) return;
  const kept = new Kept(storage, root);
  // At its own address this page has nothing to wait for. A browser says `online` for any network, so the host is asked.
  if (pathBelow(root, location.href) !== "offline.html") {
    window.addEventListener("online", () => {
      kept.newestAtHost().then(() => location.reload(), () => undefined);
    });
  }
  const here = await kept.addresses();
  const found = new Map<string, string>();
  for (const build of await kept.builds()) {
    for (const { path, title } of build.pages) {
      if (path === "search.html" || found.has(path)) continue;
      if (build.files.some((file) => file.path === path && here.has(file.address))) found.set(path, title);
    }
  }
  const links = [...found].map(([path, title]) => element("li", {}, element("a", { href: root + path }, title)));
  list.replaceChildren(...(links.length > 0 ? links : [element("li", {}, "Nothing yet: pages are kept when you read them.")]));
}
