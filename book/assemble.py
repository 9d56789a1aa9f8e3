"""Put the site together from its parts: pages, their JavaScript, Python for the browser, and JupyterLite.

    python book/assemble.py

The 30 MB of Python are linked where the file system can; what a build rewrites in place is copied. Then every
address gets its version, and the site a list of its files (versions.py).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import yaml
from versions import version_site

BUILD = Path("build")
PARTS = {  # part -> its place in the site
    BUILD / "book/_build/html": "",
    BUILD / "js": "_static/tinytorch",
    BUILD / "runtime": "runtime",
    BUILD / "lite": "lite",
    BUILD / "wheels": "wheels",
}
LEFT_OUT = {"ready", ".buildinfo", ".doctrees", "objects.inv"}


def link(source: str, target: str) -> None:
    """Hard-link a file, or copy it where links cannot be made."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def offline_wanted() -> bool:
    """Return the setting `tinybook: {offline: …}` of _config.yml; Sphinx has validated it."""
    config = yaml.safe_load(Path("_config.yml").read_text(encoding="utf-8"))
    return bool(config["sphinx"]["config"].get("tinybook", {}).get("offline", True))


def put_together(parts: dict[Path, str], site: Path, offline: bool) -> None:
    """Put the parts at their places in `site`, which is new, and give every address its version."""
    for part, place in parts.items():
        shutil.copytree(
            part,
            site / place,
            copy_function=link if part.name == "runtime" else shutil.copy2,
            dirs_exist_ok=True,
            ignore=lambda _, names: LEFT_OUT.intersection(names),
        )
    # One of two programs, always at the same address: whoever has the one must find the other there.
    for name, wanted in (("sw.js", offline), ("sw-off.js", not offline)):
        program = site / "_static/tinytorch" / name
        if wanted:
            shutil.copy2(program, site / "sw.js")
        program.unlink()
    if unknown := unknown_needs(site):
        sys.exit(f"book/assemble.py: the browser's Python has no {', '.join(unknown)}")
    version_site(site, offline)
    (site / ".nojekyll").touch()  # GitHub Pages would leave out folders that begin with an underscore


def unknown_needs(site: Path) -> list[str]:
    """Name what a chapter needs and the runtime does not have: natively nobody would notice."""
    runtime = site / "runtime"
    build = json.loads((runtime / "build.json").read_text(encoding="utf-8"))["build"]
    lock = json.loads((runtime / build / "pyodide-lock.json").read_text(encoding="utf-8"))
    unknown = []
    for path in sorted((site / "chapters").glob("[0-9]*.json")):
        chapter = json.loads(path.read_text(encoding="utf-8"))
        parts = (*chapter["exercises"], *chapter["experiments"])
        needs = {
            *chapter["needs"],
            *chapter["integration_needs"],
            *(n for part in parts for n in part["needs"]),
        }
        unknown += [f"{need} (needed in {path.stem})" for need in sorted(needs - set(lock["packages"]))]
    return unknown


def main() -> None:
    """Build the folder beside the old one and then change places, so that a server never sees half a site."""
    site, new = BUILD / "site", BUILD / "site.new"
    shutil.rmtree(new, ignore_errors=True)
    put_together(PARTS, new, offline_wanted())
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)


if __name__ == "__main__":
    main()
