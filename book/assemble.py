"""Put the site together from its parts: pages, their JavaScript, Python for the browser, and JupyterLite.

    python book/assemble.py

The 30 MB of Python are linked where the file system can; what a build rewrites in place is copied.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

BUILD = Path("build")
PARTS = {  # part -> its place in the site
    BUILD / "book/_build/html": "",
    BUILD / "js": "_static/tinytorch",
    BUILD / "runtime": "runtime",
    BUILD / "lite": "lite",
}
LEFT_OUT = {"ready", ".buildinfo", ".doctrees", "objects.inv"}


def link(source: str, target: str) -> None:
    """Hard-link a file, or copy it where links cannot be made."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def main() -> None:
    """Build the folder beside the old one and then change places, so that a server never sees half a site."""
    site, new = BUILD / "site", BUILD / "site.new"
    shutil.rmtree(new, ignore_errors=True)
    for part, place in PARTS.items():
        shutil.copytree(
            part,
            new / place,
            copy_function=link if part.name == "runtime" else shutil.copy2,
            dirs_exist_ok=True,
            ignore=lambda _, names: LEFT_OUT.intersection(names),
        )
    (new / ".nojekyll").touch()  # GitHub Pages would leave out folders that begin with an underscore
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)


if __name__ == "__main__":
    main()
