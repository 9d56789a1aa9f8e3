// On every page, and small: the rest is imported only where there is something to bring to life, or on request.

import { makeApi } from "./api.ts";
import { readConfig } from "./config.ts";

const LIVE = ["exercise", "experiment", "integration", "question", "workspace", "exercise-link", "chapter-link"]
  .map((name) => `[data-${name}]`)
  .join();

const config = readConfig();
if (config) {
  window.tinytorch = makeApi(async () => (await import("./page.ts")).connectPage(config));
  if (document.querySelector(LIVE)) void window.tinytorch.ready();
}
