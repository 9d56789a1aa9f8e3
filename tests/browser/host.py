"""A host that a test can stop, start again, and give another build of the site to serve."""

from __future__ import annotations

import functools
import json
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import serve
from assemble import PARTS, put_together
from versions import integrity
from visits import ROOT, SITE, Site


class Host:
    """Serves `folder`; `asked` lists the paths that were asked for, `sent` counts the bytes that went out."""

    def __init__(self, folder: Path = SITE, prefix: str = "", plain: bool = False) -> None:
        self.folder, self.prefix, self.plain = folder, prefix, plain
        self.asked: list[str] = []
        self.sent: dict[str, int] = {}
        self.down = False
        self.before: Callable[[str], None] = lambda path: None
        self._server: serve.Server | None = None
        self._port = 0
        self.start()

    @property
    def site(self) -> Site:
        return Site(f"http://127.0.0.1:{self._port}{self.prefix}/")

    def start(self) -> None:
        host = self

        class Handler(serve.Handler):
            def do_GET(self) -> None:
                path = self.path.removeprefix(host.prefix).partition("?")[0].lstrip("/")
                host.asked.append(path)
                host.before(path)
                if host.down:  # a connection that was kept open is no way around a host that is gone
                    self.close_connection = True
                    self.connection.close()
                    return
                self.directory = str(host.folder)
                before = Counted(self.wfile)
                self.wfile = before  # type: ignore[assignment]
                try:
                    super().do_GET()
                finally:
                    self.wfile = before.file
                    host.sent[path] = host.sent.get(path, 0) + before.count

        handler = functools.partial(
            Handler, directory=str(self.folder), prefix=self.prefix, plain=self.plain, quiet=True
        )
        self.down = False
        self._server = serve.Server(("127.0.0.1", self._port), handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self.down = True
        self._server.shutdown()
        self._server.server_close()


class Counted:
    """A file that counts what is written into it."""

    def __init__(self, file: Any) -> None:
        self.file, self.count = file, 0

    def write(self, data: Any) -> Any:
        self.count += len(data)
        return self.file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def another_build(scratch: Path, edition: str = "second", offline: bool = True, engine: bool = False) -> Path:
    """Build the site again, changed in every part: page, program, worker, style, chapter, Python.

    With `engine` it has another Pyodide, too. JupyterLite and the wheel for others are left out.
    Pages say `data-edition`, twice: in their HTML and by their program.
    """
    book, js, runtime = (scratch / edition / name for name in ("book", "js", "runtime"))
    parts = {ROOT / part: (place, part) for part, place in PARTS.items() if place not in ("lite", "wheels")}
    copies = dict(zip(parts, (book, js, runtime), strict=True))
    for part, copy in copies.items():
        shutil.copytree(part, copy, ignore=shutil.ignore_patterns("ready"))
    _change_pages(book, edition)
    _change_programs(js, edition)
    _change_runtime(runtime, edition, engine)
    site = scratch / edition / "site"
    put_together({copy: parts[part][0] for part, copy in copies.items()}, site, offline)
    return site


def _change_pages(book: Path, edition: str) -> None:
    for page in book.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(
            text.replace("</h1>", f' <span data-edition="{edition}">{edition}</span></h1>'), encoding="utf-8"
        )
    for chapter in (book / "chapters").glob("[0-9]*.json"):
        facts = json.loads(chapter.read_text(encoding="utf-8"))
        for exercise in facts["exercises"]:
            exercise["title"] += f" ({edition})"
        for experiment in facts["experiments"]:
            experiment["needs"].append("tinydigits")
        chapter.write_text(json.dumps(facts), encoding="utf-8")
    style = book / "_static/book/page.css"
    style.write_text(
        style.read_text(encoding="utf-8") + f"\nhtml {{ --edition: {edition}; }}\n", encoding="utf-8"
    )


def _change_programs(js: Path, edition: str) -> None:
    """Change every program, and every name that says what a program's content is."""
    names = {path.name for path in js.glob("*-*.js")} - {"sw-off.js"}
    renamed = {
        name: re.sub(r"-(\w+)\.js$", lambda hashed: f"-{edition[:3].upper()}{hashed[1][3:]}.js", name)
        for name in names
    }
    for path in js.glob("*.js"):
        if path.name.startswith("sw"):
            continue
        text = path.read_text(encoding="utf-8")
        for old, new in renamed.items():
            text = text.replace(old, new)
        if path.name == "main.js":
            text += f';document.documentElement.dataset.edition="{edition}";'
        path.write_text(f"{text}\n// {edition}\n", encoding="utf-8")
        path.rename(path.with_name(renamed.get(path.name, path.name)))


def _change_runtime(runtime: Path, edition: str, engine: bool) -> None:
    old = json.loads((runtime / "build.json").read_text(encoding="utf-8"))["build"]
    new = f"{edition}{old}"[: len(old)]
    (runtime / old).rename(runtime / new)
    (runtime / "build.json").write_text(json.dumps({"build": new}), encoding="utf-8")
    manifest = runtime / new / "manifest.json"
    listed = manifest.read_text(encoding="utf-8").replace(f'"{old}', f'"{new}')
    if engine:
        module = runtime / "pyodide/pyodide.mjs"
        before = integrity(module.read_bytes())
        module.write_text(module.read_text(encoding="utf-8") + f"\n// {edition}\n", encoding="utf-8")
        listed = listed.replace(before, integrity(module.read_bytes()))
    manifest.write_text(listed, encoding="utf-8")
