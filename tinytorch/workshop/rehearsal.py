"""A check of nothing: what the first real check must import is imported before a learner waits for it."""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import numpy as np

from tinytorch.workshop.chapter import Chapter, Check
from tinytorch.workshop.checks import forget_scratch, run_integration

_CHECK = Check("test_rehearsal", "One is two.", "def test_rehearsal():\n    assert [1] == [2]")
_CHAPTER = Chapter("rehearsal", 0, "Rehearsal", "", "", (), integration=(_CHECK,))


def rehearse() -> list[str]:
    """Run a check that fails, as most first ones do; return the shared libraries that are loaded now.

    They come in the order in which they were loaded, as files below the folder that has NumPy.
    """
    run_integration(_CHAPTER, {})
    folder = Path(np.__file__).parents[1]
    specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    origins = [getattr(spec, "origin", None) or "" for spec in specs]
    libraries = [Path(origin) for origin in origins if origin.endswith(".so")]
    return [file.relative_to(folder).as_posix() for file in libraries if file.is_relative_to(folder)]


def settle() -> None:
    """Become a Python that has checked once, with its files as new: of this one the memory alone is kept."""
    importlib.import_module("tinytorch.workshop.service")
    rehearse()
    forget_scratch()
    gc.collect()
