"""Numbers as a reader wants to see them."""

from __future__ import annotations


def spoken(value: float) -> str:
    """Return 100352 as `100,352` and 0.1234567 as `0.1235`."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
