"""Service: the one way in for the browser's worker. Requests, replies and events are JSON."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.source import Refused

Json = dict[str, Any]


class Service:
    """Answers the requests of one page. Chapters are opened once and then known by their exercises' names."""

    def __init__(self) -> None:
        self._chapters: dict[str, Chapter] = {}

    def handle(self, request: str, emit: Callable[[str], None]) -> str:
        """Answer one request; events that happen on the way go to `emit`, each as JSON.

        What cannot be done is answered by {"kind": "refused", "reason": words for the learner}.
        """
        message = json.loads(request)
        action = getattr(self, f"_{message['kind']}")
        try:
            reply: Json = action(message, lambda event: emit(json.dumps(event)))
        except Refused as refused:
            reply = {"kind": "refused", "reason": refused.message}
        return json.dumps(reply)

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
        return _report(run_experiment(chapter, name, self._texts(message["answers"]), emit))

    def _integrate(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.checks import run_integration

        chapter = self._chapters[message["chapter"]]
        return _report(run_integration(chapter, self._texts(message["answers"]), emit))

    def _source(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.fresh import Answers, package_files

        answers = Answers(self._texts(message["answers"]))
        for module, file, text in package_files():
            if f"tinytorch/{file}" == message["path"]:
                return {"kind": "source", "path": message["path"], "text": answers.sources.get(module, text)}
        raise Refused(f"The package has no file {message['path']}.")

    def _export(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.archive import FOLDER, export_archive
        from tinytorch.workshop.workspace import read_records

        data = export_archive(read_records(message["records"]), tuple(self._chapters.values()))
        return {"kind": "archive", "name": f"{FOLDER}.zip", "base64": base64.b64encode(data).decode()}

    def _import(self, message: Json, emit: Callable[[Json], None]) -> Json:
        from tinytorch.workshop.archive import import_archive
        from tinytorch.workshop.workspace import InvalidWorkspace, write_records

        try:
            data = base64.b64decode(message["base64"], validate=True)
            records, notes = import_archive(data, tuple(self._chapters.values()))
        except (binascii.Error, InvalidWorkspace) as error:
            raise Refused(str(error)) from None
        return {"kind": "records", "records": write_records(records), "notes": notes}

    def _chapter_with(self, part: str, name: str) -> Chapter:
        for chapter in self._chapters.values():
            if any(item.name == name for item in getattr(chapter, part)):
                return chapter
        raise Refused(f"No open chapter has {name!r} among its {part}.")

    def _texts(self, answers: Mapping[str, str]) -> dict[str, str]:
        from tinytorch.workshop.workspace import by_object

        return by_object(answers, self._chapters.values())


def _report(report: Any) -> Json:
    return {"kind": "report", "report": report.to_dict()}
