"""Service: the one way in for the browser's worker. Requests, replies and events are JSON."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.curriculum import Milestone, milestone
from tinytorch.workshop.source import Refused
from tinytorch.workshop.workspace import InvalidWorkspace

Json = dict[str, Any]


class Service:
    """Answers the requests of one page. Chapters are opened once and then known by their exercises' names."""

    def __init__(self) -> None:
        self._chapters: dict[str, Chapter] = {}

    def handle(self, request: str, emit: Callable[[str], None]) -> str:
        """Answer one request; events that happen on the way go to `emit`, each as JSON.

        What cannot be done is answered by {"kind": "refused", "reason": words for the learner}. A request
        that no page of ours would send is a bug, and raises KeyError, TypeError or ValueError.
        """
        message = json.loads(request)
        actions = {
            "open": self._open,
            "check": self._check,
            "run": self._run,
            "integrate": self._integrate,
            "milestone": self._milestone,
            "digit": self._digit,
            "source": self._source,
            "rehearse": self._rehearse,
            "export": self._export,
            "wheel": self._wheel,
            "notebook": self._notebook,
            "import": self._import,
        }
        try:
            reply = actions[message["kind"]](message, lambda event: emit(json.dumps(event)))
        except (Refused, InvalidWorkspace) as refused:
            reply = {"kind": "refused", "reason": str(refused)}
        return json.dumps(reply)

    def is_whole(self) -> bool:
        """Say whether all that requests need is still there: a run can delete files, too."""
        files = [sys.modules[name].__file__ for name in ("tinytorch", "numpy") if name in sys.modules]
        return all(os.path.exists(file or "") for file in files)

    def _open(self, message: Json, emit: Callable[[Json], None]) -> Json:
        chapter = Chapter.from_dict(message["chapter"])
        self._chapters[chapter.name] = chapter
        self._chapters = dict(sorted(self._chapters.items()))
        return {"kind": "opened", "chapter": chapter.name}

    def _check(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.checks import run_checks

        name = message["exercise"]
        chapter = self._chapter_with("exercises", name)
        return _report(run_checks(chapter, name, message["text"], emit))

    def _run(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.experiments import run_experiment

        name = message["experiment"]
        chapter = self._chapter_with("experiments", name)
        texts, chapters = self._texts(message["answers"]), tuple(self._chapters.values())
        return _report(run_experiment(chapter, name, texts, emit, chapters=chapters))

    def _integrate(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.checks import run_integration

        name = message["chapter"]
        if name not in self._chapters:
            raise Refused(f"The chapter {name!r} is not open.")
        chapter = self._chapters[name]
        return _report(run_integration(chapter, self._texts(message["answers"]), emit))

    def _milestone(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.milestones import run_milestone

        milestone, texts = _milestone_of(message["year"]), self._texts(message["answers"])
        chapters = tuple(self._chapters.values())
        result = run_milestone(milestone, message["source"], texts, emit, chapters=chapters)
        model = None if result.model is None else base64.b64encode(result.model).decode()
        return {"kind": "milestone", "report": result.report.to_dict(), "model": model}

    def _digit(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.digit import read_digit

        milestone, texts = _milestone_of(message["year"]), self._texts(message["answers"])
        model, pixels = (base64.b64decode(message[part], validate=True) for part in ("model", "pixels"))
        return {"kind": "digit", "scores": read_digit(milestone, message["source"], texts, model, pixels)}

    def _source(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.fresh import Answers, fitting, package_files

        answers = Answers(fitting(self._texts(message["answers"])))
        for module, file, text in package_files():
            if f"tinytorch/{file}" == message["path"]:
                source = answers.sources.get(module, text)
                regions = self._regions(module, source, answers.texts)
                return {"kind": "source", "path": message["path"], "text": source, "regions": regions}
        raise Refused(f"The package has no file {message['path']}.")

    def _regions(self, module: str, source: str, mine: Mapping[str, str]) -> list[Json]:
        """Say which lines of a file are exercises of open chapters, and whose text stands there."""
        from tinytorch.workshop.source import span

        exercises = [item for chapter in self._chapters.values() for item in chapter.exercises]
        regions = []
        for exercise in exercises:
            if exercise.module != module:
                continue
            first, last = span(source, exercise.path)
            place = {"object": exercise.path, "exercise": exercise.name, "first": first, "last": last}
            regions.append({**place, "mine": exercise.object in mine})
        return sorted(regions, key=lambda region: region["first"])

    def _rehearse(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.rehearsal import rehearse

        return {"kind": "rehearsed", "libraries": rehearse()}

    def _export(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.archive import FOLDER, export_archive
        from tinytorch.workshop.workspace import read_work

        data = export_archive(read_work(message), tuple(self._chapters.values()))
        return _file(f"{FOLDER}.zip", data)

    def _wheel(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.wheel import export_wheel
        from tinytorch.workshop.workspace import read_work

        return _file(*export_wheel(read_work(message), tuple(self._chapters.values())))

    def _notebook(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.ipynb import export_notebook
        from tinytorch.workshop.project import parsed
        from tinytorch.workshop.workspace import read_work

        data = export_notebook(parsed(message["notebook"]), read_work(message), message["site"])
        return _file(f"{message['chapter']}.ipynb", data)

    def _import(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.archive import import_archive
        from tinytorch.workshop.workspace import write_work

        data = base64.b64decode(message["base64"], validate=True)
        work, notes = import_archive(data, tuple(self._chapters.values()))
        return {"kind": "records", **write_work(work), "notes": notes}

    def _chapter_with(self, part: str, name: str) -> Chapter:
        for chapter in self._chapters.values():
            if any(item.name == name for item in getattr(chapter, part)):
                return chapter
        raise Refused(f"No open chapter has {name!r} among its {part}.")

    def _texts(self, answers: Mapping[str, str]) -> dict[str, str]:
        from tinytorch.workshop.workspace import by_object

        return by_object(answers, self._chapters.values())


def _file(name: str, data: bytes) -> Json:
    return {"kind": "archive", "name": name, "base64": base64.b64encode(data).decode()}


def _milestone_of(year: int) -> Milestone:
    try:
        return milestone(year)
    except KeyError:
        raise Refused(f"There is no milestone {year}.") from None


def _report(report: Any) -> Json:
    return {"kind": "report", "report": report.to_dict()}
