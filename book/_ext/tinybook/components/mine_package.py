"""My TinyTorch, the package: its files as a tree, each with what it holds, to be opened one by one.

The list is made from the package when the book is built. What stands in a file, and whose it is, is put
together in the reader's browser (lite/src/mine-package.ts).
"""

from __future__ import annotations

import ast
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

import tinytorch
from tinybook.components.base import Component, inline

ROOT = Path(tinytorch.__file__).parent
MACHINERY = "workshop"  # the book's own tools, of which a reader writes nothing


class mine_package(Component):
    """The tree."""


class MinePackageDirective(SphinxDirective):
    """`{mine-package}`: the reader's package, file by file."""

    def run(self) -> list[nodes.Node]:
        """Build the node; the files may be others at every build."""
        self.env.note_reread()
        return [mine_package()]


def package_paths() -> list[Path]:
    """Return the framework's files, relative to the folder that holds it, those of a folder side by side."""
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
    return [
        Path("tinytorch") / path
        for path in sorted(paths, key=lambda path: (path.parent.parts, path.name))
        if path.parts[0] != MACHINERY
    ]


def visit_mine_package(self: HTML5Translator, node: mine_package) -> None:
    """Write a list for each folder, and a place for the file that is open."""
    exercises: dict[str, list[str]] = {}
    for chapter in sorted(self.builder.env.tinybook_chapters.values(), key=lambda chapter: chapter.module):  # type: ignore[attr-defined]
        for exercise in chapter.exercises:
            exercises.setdefault(exercise.module, []).append(exercise.name)
    folders: dict[str, list[str]] = {}
    for path in package_paths():
        folders.setdefault(path.parent.as_posix(), []).append(_file(path, exercises))
    tree = "".join(
        f"<li><details{' open' if folder == 'tinytorch/core' else ''}><summary><code>{folder}/</code> "
        f'<span data-role="folder">{len(files)} file{"" if len(files) == 1 else "s"}</span></summary>'
        f"<ul>{''.join(files)}</ul></details></li>"
        for folder, files in folders.items()
    )
    self.body.append(
        '<section class="tt-package" data-mine="package" aria-label="The files of your package">'
        f'<ul class="tt-tree">{tree}</ul><div data-role="progress" hidden></div>'
        '<output data-result></output><div class="tt-file" data-role="file" hidden></div></section>\n'
    )


def depart_mine_package(self: HTML5Translator, node: mine_package) -> None:
    """Everything is written already."""


def _file(path: Path, exercises: dict[str, list[str]]) -> str:
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    docstring = ast.get_docstring(ast.parse((ROOT.parent / path).read_text(encoding="utf-8"))) or ""
    names = exercises.get(module, [])
    count = f"{len(names)} exercise{'' if len(names) == 1 else 's'}" if names else ""
    return (
        f'<li data-path="{path.as_posix()}" data-exercises="{" ".join(names)}">'
        f'<span class="tt-path" data-role="path"><code>{escape(path.name)}</code></span> '
        f'<span data-role="count">{count}</span>'
        f"<p>{inline(_first_sentence(docstring))}</p></li>"
    )


def _first_sentence(docstring: str) -> str:
    return " ".join(docstring.partition("\n\n")[0].split())


def setup_mine_package(app: Sphinx) -> None:
    """Register the tree."""
    app.add_node(mine_package, html=(visit_mine_package, depart_mine_package))
    app.add_directive("mine-package", MinePackageDirective)
