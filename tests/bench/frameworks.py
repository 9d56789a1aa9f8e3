"""How fast is TinyTorch? Beside NumPy written by hand, PyTorch where it is installed, and two peers.

    make bench        # or: python tests/bench/frameworks.py --rounds 9 w4a w7

Each framework lives in a process of its own, pinned to one core, with one thread. In each round each of
them runs each workload, one after the other, so that a slow moment slows all. The first round warms up and
does not count. What is found is printed, and written to book/developers/measured/frameworks.json.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stand import ROOT, machine, write
from tinybook.measured import frameworks as measured

HERE = Path(__file__).parent / "peers"
MODULES = {
    "NumPy by hand": "raw",
    "TinyTorch": "ours",
    "PyTorch": "pytorch",
    "mygrad": "mygrad_",
    "autograd": "hips_autograd",
}
PACKAGES = {"NumPy by hand": "numpy", "PyTorch": "torch", "mygrad": "mygrad", "autograd": "autograd"}
# How often a workload runs in a round: some tenths of a second each.
COUNTS = {"w1": 12, "w3a": 5_000, "w3b": 6, "w4a": 1_000, "w4b": 1, "w7": 60, "w8": 80}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ALONE = {
    **os.environ,
    **ONE_THREAD,
    "PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_path("platlib")]),  # for any --python
}


class Contender:
    """A process that runs what it is told."""

    def __init__(self, name: str, python: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, "contender.py", MODULES[name]],
            cwd=HERE,
            env=ALONE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, workload: str) -> tuple[float, float] | None:
        """Return the seconds of a call and a number that it computed; None if it has no such workload."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{workload} {COUNTS[workload]}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended in {workload}")
        found = json.loads(answer)
        return None if found is None else (found[0] / COUNTS[workload], found[1])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def everyone(python: str) -> Iterator[dict[str, Contender]]:
    """All frameworks that are installed here."""
    here = {}
    for name in MODULES:
        try:
            if name in PACKAGES:
                importlib.metadata.version(PACKAGES[name])
        except importlib.metadata.PackageNotFoundError:
            print(f"{name} is not installed, and left out.", file=sys.stderr)
            continue
        here[name] = Contender(name, python)
    try:
        yield here
    finally:
        for contender in here.values():
            contender.close()


def measure(python: str, rounds: int, workloads: list[str]) -> dict[str, Any]:
    """Return {workload: {framework: seconds of each round}}, and what each computed."""
    seconds: dict[str, dict[str, list[float]]] = {name: {} for name in workloads}
    computed: dict[str, dict[str, float]] = {name: {} for name in workloads}
    with everyone(python) as contenders:
        for number in range(rounds + 1):
            for workload in workloads:
                for name, contender in contenders.items():
                    found = contender.run(workload)
                    if found is None:
                        continue
                    computed[workload].setdefault(name, found[1])
                    if number > 0:
                        seconds[workload].setdefault(name, []).append(found[0])
            print(f"round {number} of {rounds}" if number else "warm", file=sys.stderr, flush=True)
        versions = {name: importlib.metadata.version(PACKAGES.get(name, "tinytorch")) for name in contenders}
    return {"rounds": rounds, "versions": versions, "seconds": seconds, "computed": computed}


def products(python: str, rounds: int) -> Any:
    """Return how long a few rows times a transposed weight take, as NumPy multiplies and as `gemm` does."""
    return json.loads(output(python, "gemm_natively.py", str(rounds)))


def output(*command: str) -> str:
    """Return what a command prints."""
    run = subprocess.run(command, cwd=HERE.parent, env=ALONE, stdout=subprocess.PIPE, text=True, check=True)
    return run.stdout


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("workload", nargs="*", choices=[[], *COUNTS], help="only these; nothing is kept then")
    parser.add_argument("--python", default=sys.executable, help="another build of this version of Python")
    options = parser.parse_args()
    results = {**machine(), "python": output(options.python, "-c", "import sys; print(sys.version)").strip()}
    results |= measure(options.python, options.rounds, options.workload or list(COUNTS))
    if not options.workload:
        results["products"] = products(options.python, options.rounds)
    print(measured.report(results), end="\n\n")
    if not options.workload:
        print(f"The documentation is built from {write('frameworks.json', results)}.")
    if not measured.agree(results):
        sys.exit("The frameworks did not compute the same.")


if __name__ == "__main__":
    main()
