"""A visit to the site: where it is served, and what went wrong while somebody was there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("TINYTORCH_SITE", ROOT / "build" / "site"))  # another build, to see tests fail


@dataclass
class Site:
    """A running server; `url` ends with a slash."""

    url: str


@dataclass
class Visit:
    """One reader: a browser context of their own, and what went wrong in it."""

    context: Any
    page: Any
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def visit(chromium: Any, **options: Any) -> Visit:
    """Open a new context.

    It notes, for all its pages and workers, what was asked of other origins, what was not there, errors that
    nobody caught, and what the console calls an error, such as a breach of the page's policy.
    """
    # Faults are made by intercepting requests, and a service worker answers behind the interception's back:
    # the tests of being offline, and those of JupyterLite, ask for it.
    usual = {"viewport": {"width": 1366, "height": 768}, "service_workers": "block"}
    context = chromium.new_context(**{**usual, **options})
    reader = Visit(context, context.new_page())

    def note_request(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            reader.foreign.append(request.url)

    def note_console(message: Any) -> None:
        if message.type == "error":
            reader.complaints.append(message.text)

    context.set_default_timeout(60_000)
    context.on("request", note_request)
    context.on("response", lambda reply: reply.status >= 400 and reader.missing.append(reply.url))
    context.on("weberror", lambda error: reader.errors.append(str(error.error)))
    context.on("console", note_console)
    return reader
