// Puts packages into Python's file system without Python: it would unpack each wheel file by file, in WebAssembly.
// The browser does that faster, while Python's engine is still being compiled, and most wheels need no unpacking.

import { unzipSync } from "fflate";

/** The part of Pyodide's file system that is used here. */
export interface FileSystem {
  mkdirTree(path: string): void;
  writeFile(path: string, data: Uint8Array, options: { readonly canOwn: boolean }): void;
}

export type Contents = ReadonlyMap<string, Uint8Array>;

const ARCHIVES = "/lib/wheels/";

/** Python imports from a zip archive as from a folder. Not so shared libraries; and our own sources are read as files. */
function isArchived(file: string): boolean {
  return file.endsWith("-none-any.whl") && !file.startsWith("tinytorch-");
}

/** PYTHONPATH for these wheels. */
export function searchPath(files: readonly string[]): string {
  return files
    .filter(isArchived)
    .map((file) => ARCHIVES + file)
    .join(":");
}

/** The files that this wheel becomes; those with a relative path belong to site-packages. */
export function unpack(file: string, wheel: Uint8Array): Contents {
  if (isArchived(file)) return new Map([[ARCHIVES + file, wheel]]);
  return new Map(Object.entries(unzipSync(wheel, { filter: ({ name }) => !name.endsWith("/") })));
}

export function write(FS: FileSystem, sitePackages: string, contents: Contents): void {
  const made = new Set<string>();
  for (const [name, bytes] of contents) {
    const path = name.startsWith("/") ? name : `${sitePackages}/${name}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(folder)) FS.mkdirTree(folder);
    made.add(folder);
    FS.writeFile(path, bytes, { canOwn: true });
  }
}
