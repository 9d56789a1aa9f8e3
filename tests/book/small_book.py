"""The small book of these tests has two chapters, whatever the real one has by now."""

WRITTEN = ("00_start", "01_tensor")
# Put after the real table of modules.
CURRICULUM = """

from dataclasses import replace  # noqa: E402

MODULES = tuple(replace(m, status="written" if m.number <= 1 else "planned") for m in MODULES)
MILESTONES = tuple(replace(m, status="planned") for m in MILESTONES)
"""
