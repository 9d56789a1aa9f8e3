// The service worker, sw.js: answers requests for the book from what is kept on this device, so that it works
// without a network. Builds are data to it: this program changes only when it is written anew.
//
// It never answers for /lite/, where JupyterLite has a service worker of its own, nor for other origins.

import { pathBelow } from "../build-list.ts";
import { BRINGING, Kept } from "../kept.ts";
import { Files } from "./files.ts";
import { Pages } from "./pages.ts";
import { sweep } from "./sweep.ts";

const scope = self as unknown as ServiceWorkerGlobalScope;
const root = scope.registration.scope;
const kept = new Kept(scope.caches, root);
const files = new Files(kept);
const pages = new Pages(kept);

// A newer program takes over at once: it serves pages of every build, so no page has to be closed first.
scope.addEventListener("install", () => void scope.skipWaiting());

// The page of the very first visit was loaded without us. From now on it is ours too, so that its network can
// be cut in the middle of a chapter: its addresses carry their versions, so it cannot get another build's files.
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener("fetch", (event) => {
  const path = answerable(event.request);
  if (path === null) return;
  const later = (work: Promise<unknown>): void => event.waitUntil(work.catch(() => undefined));
  event.respondWith(event.request.mode === "navigate" ? pages.open(event.request, path, later) : files.answer(event.request, path, later));
});

scope.addEventListener("message", (event) => {
  if (event.data === "sweep") event.waitUntil(sweep(scope.clients, kept));
});

/** The path of a request that is ours to answer, below the root. */
function answerable(request: Request): string | null {
  if (request.method !== "GET" || request.headers.has(BRINGING)) return null;
  // Chromium keeps compiled WebAssembly with the copy in the browser's own cache. The worker that asks knows where else
  // to look.
  if (request.url.endsWith(".wasm")) return null;
  // A part of a file is the network's: what is kept is whole, and a part is never kept.
  if (request.headers.has("range")) return null;
  // The developer tools ask so; fetch throws for it in any other mode.
  if (request.cache === "only-if-cached" && request.mode !== "same-origin") return null;
  if (request.mode !== "navigate" && request.referrer.startsWith(`${root}lite/`)) return null;
  return pathBelow(root, request.url);
}
