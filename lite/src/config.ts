// What the page says about itself, in <script type="application/json" id="tinytorch-config">.

import { fields, nullable, parseJson, text, yesNo } from "./parse.ts";

export interface Config {
  /** Absolute address of the site. */
  readonly root: string;
  /** Names the database: the same book keeps its answers wherever it is hosted and whatever its build. */
  readonly book: string;
  readonly build: string;
  /** Absolute address of this build's lock and wheel. */
  readonly runtime: string;
  readonly chapter: string | null;
  /** Whether Python may start from a snapshot of its memory. `?snapshot=off` in an address says no for one visit. */
  readonly snapshot: boolean;
}

const parser = fields<Config>({ root: text, book: text, build: text, runtime: text, chapter: nullable(text), snapshot: yesNo });

export function readConfig(): Config | null {
  const script = document.getElementById("tinytorch-config");
  if (!script) return null;
  const config = parseJson(parser, script.textContent, "tinytorch-config");
  const root = new URL(config.root, document.baseURI).href;
  const snapshot = config.snapshot && new URLSearchParams(location.search).get("snapshot") !== "off";
  return { ...config, root, runtime: new URL(config.runtime, root).href, snapshot };
}
