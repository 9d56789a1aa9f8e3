"""One framework in a process of its own, on one core with one thread; it runs what its standard input names.

    python contender.py MODULE

For each line, `NAME COUNT`, it prints the seconds that COUNT calls took, and the last result as a number.
Workloads that it does not have are answered with `null`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time

import numpy as np


def as_number(result):
    """One number that shows whether the frameworks computed the same."""
    if hasattr(result, "data") and isinstance(result.data, np.ndarray):
        result = result.data
    return float(np.asarray(result, dtype="float64").sum())


def main() -> None:
    """Answer until the input ends."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    module = importlib.import_module(sys.argv[1])
    made = {}
    for line in sys.stdin:
        name, count = line.split()
        if name not in made:
            made[name] = getattr(module, name, lambda: None)()
        work = made[name]
        if work is None:
            print("null", flush=True)
            continue
        gc.collect()
        started = time.perf_counter()
        for _ in range(int(count)):
            result = work()
        seconds = time.perf_counter() - started
        print(json.dumps([seconds, as_number(result)]), flush=True)


main()
