"""Presentation: a Report as plain text, for terminals and notebooks."""

from __future__ import annotations

from tinytorch.workshop.report import Report

_MARKS = {"passed": "ok  ", "failed": "FAIL", "not_written": "todo", "error": "FAIL", "timeout": "STOP"}


def as_text(report: Report) -> str:
    """Write a report in words, one paragraph a check, the failing ones with what to do.

    >>> from tinytorch.workshop.report import CheckResult
    >>> print(as_text(Report("f", (CheckResult("test_f", "It works.", "passed"),), "passed")))
    ok    It works.
    f: 1 of 1 checks pass.
    """
    lines = []
    for check in report.checks:
        lines.append(f"{_MARKS.get(check.outcome, 'FAIL')}  {check.claim}")
        if check.message:
            where = f" (line {check.line})" if check.line else ""
            lines.append(f"      {check.message}{where}")
        lines.extend(f"      {line}" for line in check.hint.splitlines())
    passed = sum(check.outcome == "passed" for check in report.checks)
    if report.stdout:
        lines += ["", "printed:", report.stdout.rstrip()]
    lines.append(f"{report.exercise}: {passed} of {len(report.checks)} checks pass.")
    return "\n".join(lines)
