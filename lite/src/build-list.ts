// The list of everything in one build of the site, offline/<site>.json, as book/versions.py writes it.

import { matches } from "./integrity.ts";
import { fields, list, number, parseJson, text, type Parser } from "./parse.ts";

/** `other` is what no page asks for, `notebook` what only JupyterLite does. */
export interface SiteFile {
  readonly path: string;
  /** Below the site's root, with the version: whatever has this address has this content. */
  readonly address: string;
  readonly bytes: number;
  readonly gzip: number;
  readonly integrity: string;
  readonly group: string;
}

export interface SitePage {
  readonly path: string;
  readonly title: string;
  /** The addresses of its pictures and its chapter. */
  readonly needs: readonly string[];
}

export interface BuildList {
  readonly format: number;
  readonly site: string;
  readonly digest: string;
  readonly files: readonly SiteFile[];
  readonly pages: readonly SitePage[];
}

const FORMAT = 1;
/** What a page of any kind needs to come to life. */
const SHELL = "shell";
/** Our own package and the list of packages: small, and different in almost every build. */
const BUILD = "build";
/** What a first Check loads. */
const RUNTIME = new Set([BUILD, "core", "check"]);
const NOT_READ = new Set(["other", "notebook"]);

const parser: Parser<BuildList> = fields<BuildList>({
  format: number,
  site: text,
  digest: text,
  files: list(
    fields<SiteFile>({ path: text, address: text, bytes: number, gzip: number, integrity: text, group: text }),
  ),
  pages: list(fields<SitePage>({ path: text, title: text, needs: list(text) })),
});

/** Read a list, and see that it came whole and is the one that was asked for. */
export async function readBuildList(source: string, site: string): Promise<BuildList> {
  const build = parseJson(parser, source, `offline/${site}.json`);
  if (build.format !== FORMAT) throw new Error(`the list of build ${site} has format ${build.format}`);
  const listed = JSON.stringify([build.files, build.pages]);
  if (build.site !== site || !(await matches(new TextEncoder().encode(listed), build.digest))) {
    throw new Error(`the list of build ${site} did not come whole`);
  }
  return build;
}

export const shellOf = (build: BuildList): SiteFile[] => build.files.filter(({ group }) => group === SHELL);

export const runtimeOf = (build: BuildList): SiteFile[] => build.files.filter(({ group }) => RUNTIME.has(group));

export const bookOf = (build: BuildList): SiteFile[] => build.files.filter(({ group }) => !NOT_READ.has(group));

/** A page's own file, its pictures and its chapter. */
export function pageOf(build: BuildList, path: string): SiteFile[] {
  const page = build.pages.find((one) => one.path === path);
  if (!page) return [];
  const needed = new Set(page.needs);
  return build.files.filter((file) => file.path === path || needed.has(file.address));
}

/** Without these a page of this build would be half a page: what has to be here before it is shown in place of an older one. */
export function neededFor(build: BuildList, path: string): SiteFile[] {
  const own = build.files.filter(({ group }) => group === BUILD);
  return unique([...shellOf(build), ...own, ...pageOf(build, path)]);
}

/** In a newer build, what stands for the files that an older one had here: pages and packages that were there stay there. */
export function successors(build: BuildList, older: BuildList, had: (file: SiteFile) => boolean): SiteFile[] {
  const groups = new Set<string>();
  const paths = new Set<string>();
  for (const file of older.files) {
    if (!had(file)) continue;
    if (file.group === "page" || file.group === "picture") paths.add(file.path);
    else if (!NOT_READ.has(file.group) && file.group !== "chapter") groups.add(file.group);
  }
  const pages = build.pages.filter(({ path }) => paths.has(path)).flatMap(({ path }) => pageOf(build, path));
  return unique([...build.files.filter(({ group }) => groups.has(group)), ...pages]);
}

export function unique(files: readonly SiteFile[]): SiteFile[] {
  return [...new Map(files.map((file) => [file.address, file])).values()];
}

/**
 * The path of a file of the book below the site's root; `null` for what is not ours to answer: other sites, JupyterLite,
 * which has a service worker of its own, and what this program itself is made of.
 */
export function pathBelow(root: string, address: string): string | null {
  const url = new URL(address);
  url.hash = "";
  const plain = url.origin + url.pathname;
  if (!plain.startsWith(root)) return null;
  const path = decodeURIComponent(plain.slice(root.length));
  if (path === "lite" || path.startsWith("lite/") || path.startsWith("offline/") || path === "sw.js") return null;
  return path;
}

/** The page at a path as people and hosts write it: a directory, without its ending, or in full. */
export function pageAt(build: BuildList, path: string): SitePage | undefined {
  const bare = path.replace(/\/+$/, "");
  const names = path === "" || path.endsWith("/") ? [`${path}index.html`] : [path, `${path}.html`];
  if (bare !== path && bare !== "") names.push(`${bare}.html`);
  return build.pages.find((page) => names.includes(page.path));
}

/** Which build a page says that it belongs to; `null` for what is no page of the book, such as a network's log-in page. */
export function siteOf(page: string): string | null {
  const found = /<script type="application\/json" id="tinytorch-config">([^<]*)<\/script>/.exec(page);
  if (!found?.[1]) return null;
  try {
    const site = (JSON.parse(found[1]) as { readonly site?: unknown }).site;
    return typeof site === "string" && /^[0-9a-f]{8,64}$/.test(site) ? site : null;
  } catch {
    return null;
  }
}
