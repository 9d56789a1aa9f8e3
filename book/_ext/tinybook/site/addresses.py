"""Short addresses: what lies in `book/` is served from the site's root, so the home page is `/`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

FOLDER = "book/"


def public(docname: str) -> str:
    """Return the name that a page has in the site.

    >>> public("book/index"), public("exercises/01_tensor")
    ('index', 'exercises/01_tensor')
    """
    return docname.removeprefix(FOLDER)


class BookBuilder(StandaloneHTMLBuilder):
    """The HTML builder, with pages at their public names."""

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return the page's address from the site's root."""
        return super().get_target_uri(public(docname), typ)

    def get_outfilename(self, pagename: str) -> str:
        """Return the file that the page is written to."""
        return os.path.join(self.outdir, *public(pagename).split("/")) + self.out_suffix

    def dump_search_index(self) -> None:
        """Write the search index, whose links must be public names too."""
        super().dump_search_index()
        path = Path(self.outdir) / self.searchindex_filename
        prefix, _, body = path.read_text(encoding="utf-8").partition("(")
        index = json.loads(body.rstrip(")\n"))
        index["docnames"] = [public(name) for name in index["docnames"]]
        path.write_text(f"{prefix}({json.dumps(index, separators=(',', ':'))})", encoding="utf-8")


def _remove_stale(app: Sphinx, error: Exception | None) -> None:
    """Remove pages that are no more in the table of contents: Sphinx would leave them as they were."""
    if error is not None or app.builder.format != "html":
        return
    known = {*app.env.found_docs, *app.config.html_additional_pages, "search"}
    kept = {Path(app.builder.get_outfilename(name)) for name in known}
    outdir = Path(app.outdir)
    for path in outdir.rglob("*.html"):
        if path.relative_to(outdir).parts[0] != "_static" and path not in kept:
            path.unlink()


def setup_addresses(app: Sphinx) -> None:
    """Replace the HTML builder."""
    app.add_builder(BookBuilder, override=True)
    app.connect("build-finished", _remove_stale, priority=500)
