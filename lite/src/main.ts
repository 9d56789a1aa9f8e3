// On every page, and small: the rest is imported only where there is something to bring to life, or on request.

import { makeApi } from "./api.ts";
import { readConfig, type Config } from "./config.ts";

const LIVE = ["exercise", "experiment", "integration", "question", "workspace", "exercise-link", "chapter-link"]
  .map((name) => `[data-${name}]`)
  .join();

/** After everything that a reader waits for. */
async function connectOffline(config: Config): Promise<void> {
  const list = document.querySelector<HTMLElement>("[data-readable]");
  if (list) await (await import("./offline-page.ts")).listReadable(list, config.root);
  if (config.site === null) return;
  const { beOffline, fillInTheBackground } = await import("./offline.ts");
  const offline = await beOffline(config);
  const panel = document.querySelector<HTMLElement>("[data-offline]");
  if (panel) (await import("./offline-panel.ts")).connectOfflinePanel(panel, offline);
  if (offline) await fillInTheBackground(offline);
}

const config = readConfig();
if (config) {
  window.tinytorch = makeApi(async () => (await import("./page.ts")).connectPage(config));
  if (document.querySelector(LIVE)) void window.tinytorch.ready();
  void connectOffline(config);
}
