"""tito module check: run the book's checks against the files, and remember what came of it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from rich.console import Console

from tinytorch.workshop.chapter import Chapter, Exercise
from tinytorch.workshop.fresh import fitting
from tinytorch.workshop.report import Report
from tinytorch.workshop.tito import changes, checking, show
from tinytorch.workshop.tito.folder import Folder, Unreadable
from tinytorch.workshop.tito.modules import (
    add_workspace,
    count_passed,
    find_chapter,
    open_folder,
    pick_exercises,
    progress_of,
)
from tinytorch.workshop.tito.process import Worker
from tinytorch.workshop.workspace import passed_texts

WATCH_SECONDS = 0.3  # between two looks at the files


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("check", help="check your answers")
    parser.add_argument("module", help="such as 03 or layers")
    parser.add_argument("exercise", nargs="*", help="some of its exercises; otherwise all")
    add_workspace(parser)
    parser.add_argument("--json", action="store_true", help="the Reports, for programs")
    parser.add_argument(
        "--watch", action="store_true", help="check again whenever a file changes; Ctrl+C ends"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check once, or for as long as somebody watches."""
    folder = open_folder(options)
    chapter = find_chapter(options.module, folder.chapters)
    exercises = pick_exercises(chapter, options.exercise)
    console = show.make_console()
    with Worker() as worker:
        before = _looks(folder, exercises)
        reports = check(folder, chapter, exercises, worker, console, bool(options.exercise), options.json)
        while options.watch:
            console.print("Watching the files. Ctrl+C ends.")
            console.file.flush()
            while (now := _looks(folder, exercises)) == before:
                time.sleep(WATCH_SECONDS)
            changed = [one for one in exercises if now[one.name] != before[one.name]]
            before = now
            reports = check(folder, chapter, changed, worker, console, True, options.json)
    return 0 if all(report.outcome == "passed" for report in reports) else 1


def check(
    folder: Folder,
    chapter: Chapter,
    exercises: Sequence[Exercise],
    worker: Worker,
    console: Console,
    named: bool,
    as_json: bool,
) -> list[Report]:
    """Check some exercises, one after the other; each result is on disk before the next one begins."""
    reports: list[Report] = []
    with show.make_progress(console, not as_json) as bar:
        task = bar.add_task(f"{chapter.module:02d} {chapter.title}", total=len(exercises))
        for exercise in exercises:
            bar.update(task, description=exercise.name)
            text, report = _check_one(folder, chapter, exercise, worker)
            reports.append(report)
            if not as_json:
                show.show_report(console, report, exercise.title, text, named)
            bar.advance(task)
        work = folder.load()
        progress = progress_of(chapter, folder, work)
        together = not named and chapter.integration and count_passed(progress) == len(progress)
        if together:
            bar.update(task, description="together")
            texts = fitting(passed_texts(work.records, folder.chapters))
            report = checking.check_together(worker, chapter, texts)
            reports.append(report)
            if not as_json:
                show.show_report(console, report, "Your pieces together", None, report.outcome != "passed")
    folder.assemble()
    if as_json:
        show.print_json([report.to_dict() for report in reports])
        return reports
    _show_sum(console, folder, chapter)
    return reports


def _check_one(
    folder: Folder, chapter: Chapter, exercise: Exercise, worker: Worker
) -> tuple[str | None, Report]:
    try:
        text = folder.text(exercise.name)
    except Unreadable as words:
        return None, checking.unreadable(exercise.name, str(words))
    if text is None:
        return None, checking.not_started(exercise.name, chapter)
    report = checking.check_exercise(worker, chapter, exercise.name, text)
    folder.update(lambda work: changes.checked(work, exercise, text, report.outcome, folder.chapters))
    return text, report


def _show_sum(console: Console, folder: Folder, chapter: Chapter) -> None:
    progress = progress_of(chapter, folder, folder.load())
    passed = count_passed(progress)
    console.print(f"{chapter.module:02d} {chapter.title}: {passed} of {len(progress)} exercises pass.")
    upcoming = next((one for one in progress if one.status != "passed"), None)
    if upcoming is not None:
        console.print(f"Next: {show.near(folder.path(upcoming.exercise.name))}")


def _looks(folder: Folder, exercises: Sequence[Exercise]) -> dict[str, object]:
    """Return what changes whenever a file does."""
    looks: dict[str, object] = {}
    for exercise in exercises:
        try:
            status = folder.path(exercise.name).stat()
            looks[exercise.name] = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            looks[exercise.name] = None
    return looks
