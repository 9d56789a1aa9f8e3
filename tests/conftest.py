"""What all tests share: how they are dealt out to several processes, and what could not run.

Parts that cannot run on a machine are named at the end, with the way to run them. Where such a part must not
be missing, as in CI, TINYTORCH_REQUIRE="browser torch index" makes that a failure.
"""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

import pytest

# What is made once for all files of such a folder (a site, a runtime, a course) takes longer than its tests.
WHOLE = ("tests/book", "tests/classroom", "tests/lite")


def pytest_configure() -> None:
    """A shell lets what it runs in the background ignore Ctrl+C. Some tests press it, and mean themselves."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: (item.get_closest_marker("browser") is None, not _is_whole(item.nodeid)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a process a file at a time, in the order of the tests, or a whole folder."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrFolder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return file.rpartition("/")[0] if _is_whole(nodeid) else file

    config.option.loadscopereorder = False
    return ByFileOrFolder(config, log)


def _is_whole(nodeid: str) -> bool:
    return nodeid.startswith(tuple(f"{folder}/" for folder in WHOLE))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)]
    for reason, times in Counter(reason.removeprefix("Skipped: ") for reason in reasons).items():
        if reason.startswith("NOT RUN"):
            terminalreporter.write_line(f"{reason} ({times} times)", yellow=True)
