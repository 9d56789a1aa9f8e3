"""What tito cannot do, in words; the command ends with code 2."""

from __future__ import annotations


class CannotDo(Exception):
    """What was asked for makes no sense here, or something that it needs is missing or damaged."""
