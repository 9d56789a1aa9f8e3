"""Judging: an exercise's checks in a Python of their own, which may hang, crash or be patched without harm.

Whoever asks is a notebook's kernel, in which anything may have happened. So the answer's text alone goes to
the new Python; that one finds chapter and checks itself, and its Report comes back.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.checks import synthetic
from tinytorch.workshop.report import CheckResult, Outcome, Report

EXERCISE_SECONDS = 120.0  # that all checks of an exercise may take; each of them has less
INTEGRATION_SECONDS = 180.0
REPLY_LIMIT = 2_000_000  # bytes of a Report
ROOT = Path(__file__).resolve().parents[3]  # the folder that this very tinytorch is imported from
PROGRAM = (
    "import sys; sys.path.insert(0, {root!r}); from tinytorch.workshop.nbgrader.child import main; main()"
)
# The variables that Python or the system need; others, such as PYTHONPATH, a notebook could have set.
KEPT = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


def judge(chapter: Chapter, name: str, text: str, seconds: float = EXERCISE_SECONDS) -> Report:
    """Check `text` as the answer to an exercise of a chapter on the shelf."""
    claim = f"The checks of `{name}` come to an end."
    return _ask({"chapter": chapter.name, "exercise": name, "text": text}, name, claim, seconds)


def judge_together(
    chapter: Chapter, texts: Mapping[str, str], seconds: float = INTEGRATION_SECONDS
) -> Report:
    """Run a chapter's integration checks on the package with `texts`, by object, in the book's place."""
    claim = "The integration checks come to an end."
    return _ask({"chapter": chapter.name, "texts": dict(texts)}, chapter.name, claim, seconds)


def _ask(request: dict[str, Any], about: str, claim: str, seconds: float) -> Report:
    with tempfile.TemporaryDirectory(prefix="tinytorch-judge-", ignore_cleanup_errors=True) as scratch:
        folder, reply = Path(scratch, "work"), Path(scratch, "reply.json")
        folder.mkdir()
        token = secrets.token_hex(16)  # so that what an answer writes there is not taken for a Report
        request |= {"reply": str(reply), "token": token, "seconds": seconds}
        ended = _run(json.dumps(request), folder, seconds)
        if ended is None:
            message = f"Your code was stopped after {seconds:g} seconds."
            return _stand_in(about, claim, "timeout", message, "Is there a loop that never ends?")
        report = _read(reply, token)
        if report is None or report.exercise != about:
            message = f"Python ended in the middle of the checks (exit code {ended})."
            hint = "Does your code end Python, or use up all of its memory?"
            return _stand_in(about, claim, "runtime_lost", message, hint)
        return report


def _run(request: str, folder: Path, seconds: float) -> int | None:
    """Run the child in `folder`; return its exit code, or None if it had to be killed."""
    place = str(folder)
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"HOME": place, "TMPDIR": place, "TEMP": place, "TMP": place}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, "-P", "-B", "-X", "utf8", "-c", PROGRAM.format(root=str(ROOT))],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    _running.add(child)
    try:
        child.communicate(request.encode(), timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:  # also when whoever asks is interrupted
        if child.poll() is None:
            _kill(child)
        _running.discard(child)
    return child.returncode


_running: set[subprocess.Popen[bytes]] = set()


def end_all() -> None:
    """End whatever is being judged, in any thread."""
    for child in tuple(_running):
        with suppress(OSError):  # it has just ended by itself
            _kill(child)


def _kill(child: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()


def _read(reply: Path, token: str) -> Report | None:
    try:
        with reply.open("rb") as file:
            message = json.loads(file.read(REPLY_LIMIT))
        if message["token"] != token:
            return None
        parts = message["report"]
        return Report(**{**parts, "checks": tuple(CheckResult(**check) for check in parts["checks"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _stand_in(about: str, claim: str, outcome: Outcome, message: str, hint: str) -> Report:
    return synthetic(about, CheckResult("finishes", claim, outcome, message, hint))
