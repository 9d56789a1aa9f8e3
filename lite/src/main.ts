// On every page, and small: the rest is imported only where there is something to bring to life, or on request.

import { makeApi } from "./api.ts";
import { readConfig, type Config } from "./config.ts";
import { startEarly } from "./early.ts";
import { reachWideFormulas } from "./formulas.ts";

const LIVE = ["exercise", "experiment", "integration", "question", "workspace", "milestone", "exercise-link", "chapter-link"]
  .map((name) => `[data-${name}]`)
  .join();

/** After everything that a reader waits for. */
async function connectOffline(config: Config): Promise<void> {
  const list = document.querySelector<HTMLElement>("[data-readable]");
  if (list) await (await import("./offline-page.ts")).listReadable(list, config.root);
  if (config.site === null) return;
  const { beOffline, fillInTheBackground } = await import("./offline.ts");
  const offline = await beOffline(config);
  const panel = document.querySelector<HTMLElement>("section[data-offline]");
  if (panel) (await import("./offline-panel.ts")).connectOfflinePanel(panel, offline);
  if (offline) await fillInTheBackground(offline);
}

/** This program does not wait for the page to be read, so that what it needs comes meanwhile. */
async function pageIsRead(): Promise<void> {
  if (document.readyState !== "loading") return;
  await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

const config = readConfig();
if (config) {
  startEarly(config);
  const read = pageIsRead();
  const tinytorch = makeApi(async () => (await import("./page.ts")).connectPage(config, read));
  window.tinytorch = tinytorch;
  if (config.chapter !== null) void tinytorch.ready();
  void read.then(() => {
    reachWideFormulas();
    if (document.querySelector(LIVE)) void tinytorch.ready();
    void connectOffline(config);
  });
}
