"""Tables of `make milestones`: what each milestone comes to, and how long it trains."""

from __future__ import annotations

from typing import Any

from tinybook.measured.numbers import circumstances as in_browser
from tinybook.measured.numbers import machine, spread, table

Json = dict[str, Any]


def circumstances(results: Json) -> str:
    """Say on what this was measured, and in which browser if it was one."""
    return in_browser(results) if results["in page"] else machine(results)


def outcomes(results: Json) -> str:
    """One line for each thing that a gate looks at; the times of a program stand in its first line."""
    rows = []
    for run in results["native"]:
        times = [_seconds(run["seconds"])]
        # Only the data that come with the book are in a page, too.
        times += [
            _seconds(
                [
                    page["seconds"]
                    for page in results["in page"]
                    if (page["year"], page["package"], run["data"]) == (run["year"], package, None)
                ]
            )
            for package in ("book", "yours")
        ]
        for number, found in enumerate(run["found"]):
            name = f"{run['year']} {run['title']}" if number == 0 else ""
            rows.append(
                [
                    name,
                    found["what"],
                    found["needed"],
                    _share(found["share"]),
                    *(times if number == 0 else [""] * 3),
                ]
            )
    head = [
        "milestone",
        "of what",
        "needed",
        "found",
        "natively, s",
        "in the page, s",
        "there with all answers, s",
    ]
    return table(head, rows)


def short(results: Json) -> str:
    """For the README: one line for each program and its data, with the first thing that its gates look at."""
    rows = []
    for run in results["native"]:
        first = run["found"][0]
        here = (run["year"], "book", run["data"])
        pages = [
            page["seconds"]
            for page in results["in page"]
            if (page["year"], page["package"], None) == here  # only the book's own data are there
        ]
        found = f"{_share(first['share'])} of {first['what']}"
        rows.append([f"{run['year']} {run['title']}", found, _seconds(run["seconds"]), _seconds(pages)])
    return table(["milestone", "right", "natively, s", "in the page, s"], rows)


def _share(share: float) -> str:
    return f"{share:.2%}".replace(".00%", "%")


def _seconds(values: list[float]) -> str:
    return f"{spread(values).median:.1f}" if values else "–"


PARTS = {"circumstances": circumstances, "table": outcomes, "short": short}
