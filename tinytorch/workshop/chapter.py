"""Chapter: what a chapter asks of its reader, as data.

The book's build makes one of these from each percent file and writes it as JSON, described by
`chapter.schema.json`. Page, notebook, terminal and graders read that JSON; none of them reads the prose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Check:
    """A pytest function: its name, what it claims in words, and its source."""

    name: str
    claim: str
    source: str


@dataclass(frozen=True)
class WrongAnswer:
    """A mistake that learners make, and a part of the message that whoever makes it must see."""

    name: str
    says: str
    source: str


@dataclass(frozen=True)
class Exercise:
    """One function or method for the learner to write. `object` is "package.module:Class.method".

    `needs` lists what its checks load besides the package: see Experiment.
    """

    name: str
    title: str
    object: str
    points: int
    hints: tuple[str, ...]
    stub: str
    solution: str
    stub_hash: str
    checks: tuple[Check, ...]
    wrong: tuple[WrongAnswer, ...] = ()
    formerly: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module that the object lives in, such as "tinytorch.core.tensor"."""
        return self.object.partition(":")[0]

    @property
    def path(self) -> str:
        """The object's name inside its module, such as "Tensor.__add__"."""
        return self.object.partition(":")[2]


@dataclass(frozen=True)
class Experiment:
    """Code that measures something.

    `needs` lists packages beyond NumPy, such as "matplotlib", and datasets of tinytorch.data that it reads,
    such as "tinydigits": the browser loads them when they are needed. Elsewhere they are there.
    """

    name: str
    title: str
    source: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A chapter's exercises, in order, and what else of it runs. `setup` is run before each piece of it.

    `needs` holds for each piece, `integration_needs` for the integration checks.
    """

    name: str
    module: int
    title: str
    page: str
    setup: str
    exercises: tuple[Exercise, ...]
    integration: tuple[Check, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    questions: tuple[dict[str, Any], ...] = field(default=())
    needs: tuple[str, ...] = ()
    integration_needs: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Chapter:
        """Build a chapter from its JSON form.

        Raises:
            ValueError: the data is of another format, or a part of it is missing or unknown.
        """
        if data.get("format") != FORMAT:
            raise ValueError(f"chapter: format {data.get('format')!r} is not {FORMAT}; rebuild the book.")
        try:
            parts = {key: value for key, value in data.items() if key != "format"}
            parts["exercises"] = tuple(_exercise(item) for item in parts["exercises"])
            parts["integration"] = tuple(Check(**item) for item in parts.get("integration", ()))
            parts["experiments"] = tuple(
                Experiment(**{**item, "needs": tuple(item.get("needs", ()))})
                for item in parts.get("experiments", ())
            )
            for key in ("questions", "needs", "integration_needs"):
                parts[key] = tuple(parts.get(key, ()))
            return cls(**parts)
        except (KeyError, TypeError) as error:
            raise ValueError(f"chapter: {error}") from None

    def exercise(self, name: str) -> Exercise:
        """Return the exercise called `name`."""
        return next(exercise for exercise in self.exercises if exercise.name == name)


def _exercise(item: Mapping[str, Any]) -> Exercise:
    return Exercise(
        **{
            **item,
            "hints": tuple(item["hints"]),
            "checks": tuple(Check(**check) for check in item["checks"]),
            "wrong": tuple(WrongAnswer(**wrong) for wrong in item.get("wrong", ())),
            "formerly": tuple(item.get("formerly", ())),
            "needs": tuple(item.get("needs", ())),
        }
    )
