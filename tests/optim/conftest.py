"""PyTorch as these tests' oracle, as in the core's."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "core"))
