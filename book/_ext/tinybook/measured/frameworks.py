"""Tables of `make bench`: TinyTorch beside NumPy written by hand, PyTorch and two educational frameworks."""

from __future__ import annotations

import math
import statistics
from typing import Any

from tinybook.measured.gemm import products
from tinybook.measured.numbers import machine, ratios, spread, table

Json = dict[str, Any]
RAW, OURS, TORCH = "NumPy by hand", "TinyTorch", "PyTorch"
PEERS = ("mygrad", "autograd")
WORKLOADS = {
    "w1": "W1: product of two 1024 × 1024 matrices",
    "w3a": "W3a: softmax of 10,000 numbers",
    "w3b": "W3b: softmax of (64, 12, 128, 128)",
    "w4a": "W4a: training step of 784-128-10, batch 32, SGD",
    "w4b": "W4b: epoch of 60,000 pictures, the same network",
    "w7": "W7: 1,000 additions of single numbers, graph and backward",
    "w8": "W8: step of Adam, a million parameters",
}
GOALS = {"w1": 1.1, "w3a": 1.15, "w3b": 1.3, "w4a": 1.3, "w4b": 1.3, "w7": 3.4, "w8": 1.2}
BEATS_PYTORCH = ("w4a", "w4b")
ONE_CALL = "w1"  # one call of BLAS for everybody: within 5% is level
LEVEL = 1.05


def against(results: Json, workload: str, framework: str, base: str = RAW) -> float | None:
    """Return the median of the ratios within the rounds."""
    seconds = results["seconds"][workload]
    if framework not in seconds or base not in seconds:
        return None
    return spread(ratios(seconds[framework], seconds[base])).median


def circumstances(results: Json) -> str:
    """Say on what, when and with which versions this was measured."""
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return f"{machine(results)} One thread on one core. Python {results['python']}. {versions}."


def ratio_table(results: Json) -> str:
    """Each workload: milliseconds by hand, and everybody's time as a multiple of it."""
    names = [name for name in results["versions"] if name != RAW]
    rows = []
    for workload, seconds in results["seconds"].items():
        row = [WORKLOADS[workload], f"{statistics.median(seconds[RAW]) * 1e3:.3g}"]
        for name in names:
            found = against(results, workload, name)
            row.append("–" if found is None else f"{found:.2f}")
        rows.append([*row, f"{GOALS[workload]:g}"])
    return table(["workload", "by hand, ms", *names, "goal"], rows)


def verdict(results: Json) -> str:
    """One line for each goal that was missed, or one that says that none was."""
    missed = []
    for workload in results["seconds"]:
        found = against(results, workload, OURS)
        if found is None or found > GOALS[workload]:
            times = f"{found or math.nan:.2f} times by hand"
            missed.append(f"- {WORKLOADS[workload]}: {times}, the goal is {GOALS[workload]:g}.")
        rivals = [*PEERS, *([TORCH] if workload in BEATS_PYTORCH else [])]
        for rival in rivals:
            ratio = against(results, workload, OURS, rival)
            if ratio is not None and ratio > (LEVEL if workload == ONE_CALL else 1):
                missed.append(f"- {WORKLOADS[workload]}: {ratio:.2f} times the time of {rival}.")
    if not missed:
        return "Every goal is reached, and every row is ahead of both educational frameworks."
    return "Missed:\n\n" + "\n".join(missed)


def agree(results: Json) -> bool:
    """Tell whether all frameworks computed the same in their first round, as far as float32 goes."""
    for found in results["computed"].values():
        first = found[RAW]
        if not all(math.isclose(value, first, rel_tol=1e-3, abs_tol=0.05) for value in found.values()):
            return False
    return True


PARTS = {"circumstances": circumstances, "verdict": verdict, "times": ratio_table, "products": products}


def report(results: Json) -> str:
    """All parts, one below the other; without the products if only some workloads were measured."""
    return "\n\n".join(part(results) for name, part in PARTS.items() if name != "products" or name in results)
