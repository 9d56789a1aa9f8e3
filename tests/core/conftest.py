"""The core's tests: the same random examples on every run, and a line that says what was not compared."""

from hypothesis import settings

# Derandomized and without a clock: a failure on one machine is a failure on all, and slow machines pass, too.
settings.register_profile("core", derandomize=True, deadline=None, max_examples=100, database=None)
settings.load_profile("core")


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    modules = {str(report.nodeid) for report in skipped if "PyTorch is not installed" in str(report.longrepr)}
    if modules:
        terminalreporter.write_sep("=", "NOT RUN: comparison with PyTorch", yellow=True)
        terminalreporter.write_line(
            f"{len(modules)} files of tests compare with it. Install it: pip install torch"
        )
