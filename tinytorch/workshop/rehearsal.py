"""A check of nothing: what the first real check must import is imported before a learner waits for it."""

from __future__ import annotations

import sys

from tinytorch.workshop.chapter import Chapter, Check
from tinytorch.workshop.checks import run_integration

_CHECK = Check("test_rehearsal", "One is two.", "def test_rehearsal():\n    assert [1] == [2]")
_CHAPTER = Chapter("rehearsal", 0, "Rehearsal", "", "", (), integration=(_CHECK,))


def rehearse() -> list[str]:
    """Run a check that fails, as most first ones do; return the modules that lie in archives, by name.

    In the browser these are Python's own library and pytest: what a snapshot of its memory may hold.
    """
    run_integration(_CHAPTER, {})
    return sorted(name for name, module in list(sys.modules.items()) if _from_archive(module))


def _from_archive(module: object) -> bool:
    origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
    return ".zip/" in origin or ".whl/" in origin
