"""Time a few rows times a transposed weight where NumPy has BLAS: as NumPy does it, and as `gemm` does.

    python gemm_natively.py ROUNDS

Prints what was found as JSON; frameworks.py runs it in a process of its own, with one thread.
"""

import json
import os
import sys

from gemm_in_page import compare_products

ROWS = (1, 4, 16, 32, 64, 128)
LAYERS = ((784, 128), (128, 512), (512, 128), (512, 512))  # in, out
PRODUCTS = [((m, k), "", (k, n), "T", f"Linear({k}, {n})") for k, n in LAYERS for m in ROWS]


def main():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(json.dumps(compare_products(PRODUCTS, int(sys.argv[1]))))


main()
