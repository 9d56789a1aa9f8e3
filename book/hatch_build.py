"""Put the book on the wheel's shelf: chapters, notebooks and milestones, where `library` looks for them.

Hatchling runs this when it builds the wheel. The browser's wheel is built with HATCH_BUILD_NO_HOOKS=true and
has no shelf: a page fetches the one chapter that it shows.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHELF = "tinytorch/workshop/shelf"


class ShelfHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fills the shelf in a folder of its own; the source tree stays as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the shelf and have it included."""
        if version == "editable":  # a checkout reads its own files
            return
        self._scratch = tempfile.TemporaryDirectory(prefix="tinytorch-shelf-")
        shelf = Path(self._scratch.name)
        fill(shelf, Path(self.root))
        build_data["force_include"][str(shelf)] = SHELF

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        if version != "editable":
            self._scratch.cleanup()


def fill(shelf: Path, root: Path) -> None:
    """Write `chapters/`, `notebooks/` and `milestones/` of the book at `root` into `shelf`."""
    # Before anything that is installed: the book is made by the texts beside it.
    sys.path[:0] = [str(root), str(root / "book" / "_ext")]
    try:
        from tinybook.build_notebooks import build_notebooks

        build_notebooks(root, shelf / "notebooks")
    finally:
        del sys.path[:2]
    (shelf / "notebooks" / "chapters").rename(shelf / "chapters")
    (shelf / "milestones").mkdir()
    for program in sorted((root / "milestones").glob("[0-9][0-9][0-9][0-9]_*.py")):
        shutil.copyfile(program, shelf / "milestones" / program.name)
