"""The content security policy of every page, written last: our own origin, and nothing else.

Inline scripts are allowed by their hash. A page that would load anything from elsewhere fails the build.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

META = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n?')
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL | re.IGNORECASE)
STYLE_URL = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])(?P<url>[^"')\s]+)""")
FOREIGN = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
LOADS = {"src", "srcset", "poster", "data", "background"}  # and href, where an element loads it


def policy(page: str) -> str:
    """Return the policy that this page's text needs."""
    hashes = sorted({f"'sha256-{_digest(text)}'" for text in inline_scripts(page)})
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self' 'wasm-unsafe-eval'", *hashes)),
            "style-src 'self' 'unsafe-inline'",  # the editor and KaTeX place things with styles of their own
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self' blob:",  # a worker made from a blob inherits this policy; another has none
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


def inline_scripts(page: str) -> list[str]:
    """Return the texts of inline scripts that a browser would run; JSON in a script element is data."""
    return [
        found["text"]
        for found in SCRIPT.finditer(page)
        if "src=" not in found["attributes"] and "application/json" not in found["attributes"]
    ]


def secure(page: str) -> str:
    """Return the page with its policy, as early in the head as it can be."""
    page = META.sub("", page)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">\n'
    return re.sub(r"(<meta charset=[^>]*>\n?)", lambda charset: charset[0] + meta, page, count=1)


class _Loads(HTMLParser):
    """Collects what a page would load, and what would run without a hash."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            loads = name in LOADS or (name == "href" and tag in {"link", "use", "image", "base"})
            if loads and FOREIGN.match(value or "") and not _is_note(tag, attrs):
                self.foreign.append(f"<{tag} {name}={value!r}>")
            if name.startswith("on"):
                self.handlers.append(f"<{tag} {name}>")


def _is_note(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    """A canonical link names an address; nothing is loaded from there."""
    return tag == "link" and dict(attrs).get("rel") in {"canonical", "license"}


def problems(page: str) -> list[str]:
    """Return what breaks the promise that a page makes no request to another origin."""
    loads = _Loads()
    loads.feed(page)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    return [
        *(
            f"loads from another origin: {item}"
            for item in (*loads.foreign, *foreign_urls("\n".join(styles)))
        ),
        *(f"has an inline handler, which the policy forbids: {item}" for item in loads.handlers),
    ]


def foreign_urls(style: str) -> list[str]:
    """Return the addresses on other origins that a style sheet would load."""
    urls = (found["url"] for found in STYLE_URL.finditer(style))
    return [url for url in urls if FOREIGN.match(url)]


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    outdir = Path(app.outdir)
    for path in sorted(outdir.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        found = problems(page)
        if found:
            raise ExtensionError(f"{path.relative_to(outdir)} {found[0]}")
        path.write_text(secure(page), encoding="utf-8")
    for path in sorted(outdir.rglob("*.css")):
        foreign = foreign_urls(path.read_text(encoding="utf-8"))
        if foreign:
            raise ExtensionError(f"{path.relative_to(outdir)} loads from another origin: {foreign[0]}")


def setup_policy(app: Sphinx) -> None:
    """Register the last step of the build."""
    app.connect("build-finished", _finish, priority=900)
