"""The chapter as the notebook that the page is rendered from.

Prose stays prose, experiments stay code (the build runs them), and everything else becomes a directive that
looks its chapter up. `source_map` lets a warning point at the right line of the percent file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tinybook.reading.cells import Cell, read_source

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}

# The first cell of every page. SVG stays sharp on any screen; a fixed salt makes two builds the same file.
PRELUDE = """\
# package {package}
try:
    import matplotlib
except ModuleNotFoundError:
    pass
else:
    matplotlib.rcParams["svg.hashsalt"] = "tinytorch"
    %config InlineBackend.figure_formats = ["svg"]
"""


def page_notebook(text: str, package: Any = "") -> NotebookNode:
    """Return the notebook that renders as this chapter's page.

    `package` names the state of the package: its digest goes into the first cell, so that a changed package
    runs the experiments again instead of showing what is cached.
    """
    source = read_source(text, Path("chapter"))
    digest = package() if callable(package) else package
    cells = [_code(PRELUDE.format(package=digest), tags=["remove-cell"])]
    lines = [0]
    integrated = False
    for cell in source.cells:
        for rendered, line in _render(cell, integrated):
            cells.append(rendered)
            lines.append(line)
        integrated = integrated or cell.kind == "integration"
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "source_map": lines}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _render(cell: Cell, integrated: bool) -> list[tuple[NotebookNode, int]]:
    at = cell.line - 1  # source_map counts lines from 0
    match cell.kind:
        case "prose":
            return _prose(cell)
        case "setup":
            return [(_code(cell.text, tags=["remove-cell"]), at)]
        case "exercise" | "question" | "pull":
            return [(_directive(cell.kind, cell.name), cell.marker - 1)]
        case "experiment":
            return [(_experiment(cell), at)]
        case "integration" if not integrated:
            return [(_directive("integration"), cell.marker - 1)]
        case _:
            return []  # checks and wrong answers are shown by their exercise, or not at all


def _prose(cell: Cell) -> list[tuple[NotebookNode, int]]:
    """Prose, with the map of connections right under the page's title."""
    lines = cell.text.splitlines()
    title = next((n for n, line in enumerate(lines) if line.startswith("# ")), None)
    if title is None:
        return [(_markdown(cell.text), cell.line - 1)]
    head, rest = "\n".join(lines[: title + 1]), "\n".join(lines[title + 1 :])
    parts = [(_markdown(head), cell.line - 1), (_directive("connections"), cell.line + title - 1)]
    return [*parts, (_markdown(rest), cell.line + title)] if rest.strip() else parts


def _experiment(cell: Cell) -> NotebookNode:
    alt = {"alt": cell.options["alt"]} if cell.options.get("alt") else {}
    return _code(cell.text, experiment=cell.name, mystnb={"image": alt})


def _code(text: str, **metadata: object) -> NotebookNode:
    return nbformat.v4.new_code_cell(text, metadata=metadata)


def _markdown(text: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def _directive(kind: str, argument: str = "") -> NotebookNode:
    return _markdown(f"```{{{kind}}} {argument}\n```")
