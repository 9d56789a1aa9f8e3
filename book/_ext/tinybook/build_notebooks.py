"""Write the chapters as notebooks for students, and beside them the JSON that their checks come from.

    python -m tinybook.build_notebooks --root . --out build/notebooks

writes `01_tensor.ipynb`, … and `chapters/01_tensor.json`, …, where `tinytorch.workshop.notebook` looks.
Beside them `chapters/book.json` names the database of the readers' answers, which JupyterLite shares with
the pages.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import nbformat
import yaml

from tinybook.chapter_files import write_chapters
from tinybook.reading.cells import read_source
from tinybook.reading.reader import build_chapter
from tinybook.reading.student import student_notebook
from tinytorch.workshop import curriculum

BOOK = "tinytorch"  # as tinybook.config has it, which needs Sphinx


def build_notebooks(root: Path, out: Path) -> list[Path]:
    """Write every chapter that is written; return the notebooks' paths."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.glob("*.ipynb"):
        stale.unlink()
    chapters, notebooks = [], []
    for module in curriculum.written():
        file = Path("exercises") / f"{module.name}.py"
        source = read_source((root / file).read_text(encoding="utf-8"), file)
        chapter = build_chapter(source, root)
        notebook = student_notebook(chapter, source, root)
        nbformat.validate(notebook)
        path = out / f"{chapter.name}.ipynb"
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        chapters.append(chapter)
        notebooks.append(path)
    write_chapters(chapters, out / "chapters")
    return notebooks


def book_name(root: Path) -> str:
    """Return the setting `tinybook: {book: …}` of _config.yml, which the pages have from Sphinx."""
    file = root / "_config.yml"
    config = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    return str(config.get("sphinx", {}).get("config", {}).get("tinybook", {}).get("book", BOOK))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Write the chapters as notebooks for students.")
    parser.add_argument("--root", type=Path, default=Path())
    parser.add_argument("--out", type=Path, default=Path("build/notebooks"))
    options = parser.parse_args()
    for path in build_notebooks(options.root.resolve(), options.out):
        print(path)
    book = json.dumps({"book": book_name(options.root)}) + "\n"
    (options.out / "chapters" / "book.json").write_text(book, encoding="utf-8")


if __name__ == "__main__":
    main()
