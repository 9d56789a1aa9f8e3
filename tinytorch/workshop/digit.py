"""A drawn digit, read by the network that the reader trained."""

from __future__ import annotations

from collections.abc import Mapping

from tinytorch.workshop.curriculum import Milestone


def read_digit(
    milestone: Milestone, source: str, texts: Mapping[str, str], model: bytes, pixels: bytes
) -> list[float]:
    """Return ten probabilities for 28 x 28 bytes, 0 for paper and 255 for ink.

    Raises:
        Refused: the weights or the pixels are damaged, or the network does not compute.
    """
    raise NotImplementedError
