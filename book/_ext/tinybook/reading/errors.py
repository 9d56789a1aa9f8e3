"""The one error of the reader: what is wrong, in which file, on which line."""

from __future__ import annotations


class ChapterError(ValueError):
    """A chapter breaks the rules. The message starts with `file:line:`, so that editors can jump there."""

    def __init__(self, path: object, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path = str(path)
        self.line = line
        self.problem = problem
