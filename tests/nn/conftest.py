"""The tests of nn use the core's oracle and strategies, and the same random examples on every run."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

settings.register_profile("core", derandomize=True, deadline=None, max_examples=100, database=None)
settings.load_profile("core")
