"""Kept weights: what a milestone trained, as a small archive that holds arrays and nothing that could run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

MOST_BYTES = 64 * 10**6
Networks = Mapping[str, Mapping[str, np.ndarray]]


class Damaged(ValueError):
    """These bytes are not weights of that milestone; the text says why."""


def pack(year: int, networks: Networks) -> bytes:
    """Return the weights of a milestone's networks, by task, in the format of the book's checkpoints."""
    from tinytorch.training.checkpoint import save_checkpoint

    with tempfile.TemporaryDirectory(prefix="tinytorch-") as folder:
        file = Path(folder) / "weights"
        save_checkpoint(
            file, {"year": year, "networks": {task: dict(arrays) for task, arrays in networks.items()}}
        )
        return file.read_bytes()


def unpack(year: int, data: bytes) -> dict[str, dict[str, np.ndarray]]:
    """Read what `pack` wrote.

    Raises:
        Damaged: it is something else, or of another milestone.
    """
    from tinytorch.training.checkpoint import CheckpointError, load_checkpoint

    if len(data) > MOST_BYTES:
        raise Damaged(f"they take {len(data):,} bytes, and at most {MOST_BYTES:,} are read")
    with tempfile.TemporaryDirectory(prefix="tinytorch-") as folder:
        file = Path(folder) / "weights"
        file.write_bytes(data)
        try:
            state = load_checkpoint(file)
        except CheckpointError as error:
            raise Damaged(str(error)) from None
    if state.get("year") != year:
        raise Damaged(f"they are of another milestone, {state.get('year')!r}")
    networks = state.get("networks")
    if not isinstance(networks, dict) or not all(_is_network(weights) for weights in networks.values()):
        raise Damaged("they hold no networks")
    return networks


def _is_network(weights: object) -> bool:
    return isinstance(weights, dict) and all(
        isinstance(name, str) and isinstance(array, np.ndarray) for name, array in weights.items()
    )
