"""Time a few rows times a transposed weight where NumPy has BLAS: as NumPy does it, and as `gemm` does.

    python gemm_natively.py ROUNDS

Prints what was found as JSON; frameworks.py runs it in a process of its own, with one thread.
"""

import json
import os
import sys

from gemm_in_page import FORMS, compare, random

ROWS = (1, 4, 16, 32, 64, 128)
WEIGHTS = ((784, 128), (128, 512), (512, 128), (512, 512))  # in, out
BOTH = {name: FORMS[name] for name in ("a @ b", "gemm")}


def main():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = []
    for k, n in WEIGHTS:
        for m in ROWS:
            seconds = compare(BOTH, random((m, k)), random((k, n), "T"), int(sys.argv[1]))
            found.append({"rows": m, "weight": [n, k], "seconds": seconds})
    print(json.dumps(found))


main()
