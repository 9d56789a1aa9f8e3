"""The command line: what there is to say to tito, and the code it ends with."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tinytorch import __version__


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments ask for: 0 is good, 1 did not pass, 2 cannot be done."""
    parser = argparse.ArgumentParser(prog="tito", description="Work on the exercises of the TinyTorch book.")
    parser.add_argument("--version", action="version", version=f"tito {__version__}")
    parser.parse_args(arguments)
    parser.print_help()
    return 0
