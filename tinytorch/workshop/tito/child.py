"""The process that runs a learner's code for tito, and may die of it.

Jobs come in as lines of JSON, events and replies go out the same way. The pipes for that are moved away from
stdin and stdout first, so that what the learner's code prints, in whatever way, is never taken for a reply.
"""

from __future__ import annotations

import base64
import ctypes
import faulthandler
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Json = dict[str, Any]
Emit = Callable[[Json], None]
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Do one job after the other until no more come."""
    jobs = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    silence = open(os.devnull, "w")  # noqa: SIM115  held for as long as faulthandler may write

    def send(message: Json) -> None:
        replies.write(json.dumps(message).encode() + b"\n")

    _die_with_tito()
    _import_what_checks_need()
    send({"kind": "ready"})
    for line in jobs:
        job = json.loads(line)
        # Where tito's end is not heard of, an endless call ends by this, which needs no help of Python's.
        faulthandler.dump_traceback_later(job["most"], exit=True, file=silence)
        reply = _ACTIONS[job["action"]](job, lambda event: send({"kind": "event", "event": event}))
        faulthandler.cancel_dump_traceback_later()
        send({"kind": "reply", **reply})


def _die_with_tito() -> None:
    """Ask Linux to end this process when tito is killed: it may be in a call that hears of nothing."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _import_what_checks_need() -> None:
    import tinytorch.workshop.checks  # noqa: F401


def _check(job: Json, emit: Emit) -> Json:
    from tinytorch.workshop.checks import run_checks
    from tinytorch.workshop.library import chapters

    chapter = next(chapter for chapter in chapters() if chapter.name == job["chapter"])
    report = run_checks(chapter, job["exercise"], job["text"], emit, job["seconds"])
    return {"report": report.to_dict()}


def _integrate(job: Json, emit: Emit) -> Json:
    from tinytorch.workshop.checks import run_integration
    from tinytorch.workshop.library import chapters

    chapter = next(chapter for chapter in chapters() if chapter.name == job["chapter"])
    return {"report": run_integration(chapter, job["texts"], emit).to_dict()}


def _milestone(job: Json, emit: Emit) -> Json:
    from tinytorch.workshop.curriculum import milestone
    from tinytorch.workshop.library import chapters, milestone_source
    from tinytorch.workshop.milestones import run_milestone

    result = run_milestone(
        milestone(job["year"]),
        milestone_source(job["year"]),
        job["texts"],
        emit,
        seconds=job["seconds"],
        chapters=chapters(),
        **job["options"],
    )
    model = None if result.model is None else base64.b64encode(result.model).decode()
    return {"report": result.report.to_dict(), "model": model}


_ACTIONS = {"check": _check, "integrate": _integrate, "milestone": _milestone}
