"""tito milestone run: a program from history, trained on the learner's package, and judged."""

from __future__ import annotations

import argparse
import base64
import re
from dataclasses import replace
from pathlib import Path

from tinytorch.workshop import library
from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.curriculum import MILESTONES, Milestone
from tinytorch.workshop.fresh import fitting
from tinytorch.workshop.milestones import MILESTONE_SECONDS
from tinytorch.workshop.tito import checking, show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.files import write_whole
from tinytorch.workshop.tito.folder import find_folder, tell_on_stderr
from tinytorch.workshop.tito.modules import add_workspace
from tinytorch.workshop.tito.process import Json, Worker
from tinytorch.workshop.workspace import passed_texts

DATA = {"mnist": 4}  # what `--data` names besides the default; how many times longer it may take
ENDINGS = {"image/svg+xml": ".svg", "image/png": ".png"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("run", help="train a milestone with your tinytorch")
    parser.add_argument("year", type=int, help="such as 1986")
    parser.add_argument("--data", choices=sorted(DATA), help="other data than the book's own")
    parser.add_argument("--folder", type=Path, help="where that data lies")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="write what is drawn there")
    parser.add_argument("--book", action="store_true", help="run on the book's tinytorch, not on yours")
    add_workspace(parser)
    parser.add_argument("--json", action="store_true", help="the Report, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, and show whether the gates are passed."""
    milestone = find_milestone(options.year)
    library.milestone_source(milestone.year)  # now, so that its absence is told in words
    if (options.data is None) != (options.folder is None):
        raise CannotDo("--data and --folder belong together.")
    if options.data and not milestone.needs:
        raise CannotDo(f"{milestone.year} makes its own data; there is no other to train it on.")
    chapters = library.chapters()
    job: Json = {
        "action": "milestone",
        "year": milestone.year,
        "texts": {} if options.book else _texts(options, chapters),
        "options": {},
        "seconds": MILESTONE_SECONDS * DATA.get(options.data, 1),
    }
    if options.data:
        if not options.folder.is_dir():
            raise CannotDo(f"{options.folder} is no folder.")
        job["options"] = {"data": options.data, "folder": str(options.folder.resolve())}
    console = show.make_console()
    figures = Figures()
    lines: list[str] = []
    with Worker() as worker, show.make_progress(console, not options.json) as bar:
        task = bar.add_task(f"{milestone.year} {milestone.title}", total=None)

        def heard(event: Json) -> None:
            if event.get("kind") == "progress":
                bar.update(task, completed=event["done"], total=event["total"], description=event["words"])
            elif event.get("kind") == "stdout" and not options.json:
                lines.append(event["text"])
                while "\n" in (text := "".join(lines)):  # a line at a time, above the bar
                    line, _, rest = text.partition("\n")
                    console.print(show.plain(line))
                    lines[:] = [rest]
            elif event.get("kind") == "figure":
                figures.add(event)

        report, _ = checking.run_program(worker, milestone.name, job, job["seconds"], heard)
    written = figures.write(options.figures, str(milestone.year)) if options.figures else []
    if options.json:
        show.print_json(report.to_dict())
    else:
        # What it printed was shown as it came.
        show.show_report(console, replace(report, stdout=""), milestone.title, None, True)
        for path in written:
            console.print(f"Drawn: {show.near(path)}")
    return 0 if report.outcome == "passed" else 1


def find_milestone(year: int) -> Milestone:
    """Return a milestone that is written.

    Raises:
        CannotDo: there is none of that year, or it is planned.
    """
    years = ", ".join(str(one.year) for one in MILESTONES if one.status == "written")
    for milestone in MILESTONES:
        if milestone.year == year:
            if milestone.status != "written":
                raise CannotDo(
                    f"{year}, {milestone.title}, is planned and not written yet. There are {years}."
                )
            return milestone
    raise CannotDo(f"There is no milestone {year}. There are {years}.")


class Figures:
    """What a run drew; a live figure counts once, as it was at the end."""

    def __init__(self) -> None:
        """Begin with none."""
        self._figures: dict[str, Json] = {}

    def add(self, event: Json) -> None:
        """Take a figure, or a newer picture of one."""
        name = event.get("live") or f"figure-{len(self._figures) + 1}"
        self._figures[str(name)] = event

    def write(self, folder: Path, prefix: str) -> list[Path]:
        """Write them as files, named after what they show."""
        paths = []
        for name, figure in self._figures.items():
            slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "figure"
            path = folder / f"{prefix}-{slug}{ENDINGS[figure['mime']]}"
            write_whole(path, base64.b64decode(figure["base64"]))
            paths.append(path)
        return paths


def _texts(options: argparse.Namespace, chapters: tuple[Chapter, ...]) -> dict[str, str]:
    """Return the learner's part of the package; where there is no workspace, all of it is the book's."""
    try:
        folder = find_folder(chapters, options.workspace, tell_on_stderr)
    except CannotDo:
        if options.workspace is not None:
            raise
        tell_on_stderr("there is no workspace here, so this runs on the book's tinytorch.")
        return {}
    return fitting(passed_texts(folder.load().records, chapters))
