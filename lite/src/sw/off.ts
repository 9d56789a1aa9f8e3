// sw.js of a build with `offline: false`: takes the place of the service worker that an earlier build left in the
// browser, removes what that one kept, and then itself. Pages that are open stay as they are.

import { isOurs } from "../kept.ts";

const scope = self as unknown as ServiceWorkerGlobalScope;

scope.addEventListener("install", () => void scope.skipWaiting());

scope.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave(): Promise<void> {
  const root = scope.registration.scope;
  const ours = (await scope.caches.keys()).filter((name) => isOurs(name, root));
  await Promise.all(ours.map((name) => scope.caches.delete(name)));
  await scope.registration.unregister();
}
