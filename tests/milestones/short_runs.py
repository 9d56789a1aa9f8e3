"""Short runs of the milestones: their programs, and options that keep a training to a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinytorch.workshop.curriculum import milestone

ROOT = Path(__file__).parents[2]

# Enough for the good package to pass, and so for a sabotaged one to have had its chance.
SHORT: dict[int, dict[str, Any]] = {1958: {"epochs": 6}, 1969: {"epochs": 3, "lr": 0.1}, 1986: {"epochs": 4}}


def program(year: int) -> str:
    """Return the text of a milestone's program."""
    return (ROOT / "milestones" / f"{milestone(year).program}.py").read_text(encoding="utf-8")
