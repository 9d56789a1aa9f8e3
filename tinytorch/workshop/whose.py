"""Whose code runs: one line that stays one line, however many answers there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinytorch.workshop.chapter import Chapter

FEW = 3  # answers that are named one by one
MISSING = 2  # exercises of a module that are named because they are still the book's


def whose(texts: Mapping[str, str], chapters: Sequence[Chapter] = ()) -> str:
    """Say which parts of the package are the learner's; `texts` is keyed by object.

    >>> whose({"tinytorch.core.tensor:Tensor.sum": "…"})
    "Runs on your tinytorch: your Tensor.sum, with the book's code around it."
    """
    if not texts:
        return "Runs on the book's tinytorch; your answers join it as they pass."
    if len(texts) <= FEW:
        few, around = _listed([*map(_path, texts)]), "it" if len(texts) == 1 else "them"
        return f"Runs on your tinytorch: your {few}, with the book's code around {around}."
    complete: list[int] = []
    parts: list[str] = []
    counted = 0
    for chapter in sorted(chapters, key=lambda chapter: chapter.module):
        missing = [exercise.path for exercise in chapter.exercises if exercise.object not in texts]
        total = len(chapter.exercises)
        mine = total - len(missing)
        counted += mine
        number = f"{chapter.module:02d}"
        if mine and not missing:
            complete.append(chapter.module)
        elif mine and len(missing) <= MISSING < mine:
            parts.append(f"{number} but for {_listed(missing)}")
        elif mine:
            parts.append(f"{mine} of {total} in {number}")
    if complete:
        parts.insert(0, f"module{'s' * (len(complete) > 1)} {modules_in_words(complete)}")
    if counted < len(texts):
        parts.append(f"{len(texts) - counted} in other modules")
    many = f"{len(texts)} exercises of yours ({'; '.join(parts)})"
    return f"Runs on your tinytorch: {many}, with the book's code around them."


def modules_in_words(numbers: Sequence[int]) -> str:
    """Write numbers of modules as one would say them.

    >>> modules_in_words([0, 1, 2, 3, 5, 8])
    '00 to 03, 05 and 08'
    """
    return _listed(_ranges(numbers))


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Write three modules or more in a row as `01 to 03`.

    >>> _ranges([0, 1, 2, 3, 5, 6, 8])
    ['00 to 03', '05', '06', '08']
    """
    words: list[str] = []
    rows = [[number] for number in numbers[:1]]
    for number in numbers[1:]:
        if number == rows[-1][-1] + 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    for row in rows:
        words += [f"{row[0]:02d} to {row[-1]:02d}"] if len(row) > 2 else [f"{number:02d}" for number in row]
    return words


def _path(name: str) -> str:
    return name.partition(":")[2]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
