"""What all tests share: parts that cannot run on a machine are named at the end, with the way to run them.

Where such a part must not be missing, as in CI, TINYTORCH_REQUIRE="browser torch index" makes that a failure.
"""

from __future__ import annotations

from collections import Counter
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)]
    for reason, times in Counter(reason.removeprefix("Skipped: ") for reason in reasons).items():
        if reason.startswith("NOT RUN"):
            terminalreporter.write_line(f"{reason} ({times} times)", yellow=True)
