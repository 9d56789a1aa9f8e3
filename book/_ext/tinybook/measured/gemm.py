"""Tables of `make bench-gemm`: forms of a matrix product, in WebAssembly."""

from __future__ import annotations

import statistics
from typing import Any

from tinybook.measured.numbers import circumstances, ratios, spread, table

Json = dict[str, Any]
PLAIN, OURS = "a @ b", "gemm"
GOALS = {256: 2.0, 512: 3.5}  # times as fast as NumPy's own
TOLERATED = 1.05, 3e-6  # slower by more than 5% and by more than 3 µs is slower


def speedups(seconds: Json) -> list[float]:
    """Return how many times as fast as NumPy's own product ours was, in each round."""
    return ratios(seconds[PLAIN], seconds[OURS])


def verdict(results: Json) -> str:
    """Compare with the goals, and name every product that has become slower."""
    lines = []
    for entry in results["squares"]:
        if entry["n"] in GOALS:
            found, goal = spread(speedups(entry["seconds"])), GOALS[entry["n"]]
            reached = "reached" if found.median >= goal else "missed"
            lines.append(f"- {entry['n']}: {found.median:.1f} times as fast; the goal, {goal}, is {reached}.")
    slower = [name for name, seconds in everything(results) if is_slower(seconds)]
    lines.append(f"- Slower than NumPy's own: {', '.join(slower) or 'none of all that was measured'}.")
    return "\n".join(lines)


def everything(results: Json) -> list[tuple[str, Json]]:
    """Return all products that both multiplied, with their names."""
    found = [(f"{each['n']} square", each["seconds"]) for each in results["squares"]]
    found += [(layout(each), each["seconds"]) for each in results["layouts"]]
    found += [(f"{each['n']} square {each['dtype']}", each["seconds"]) for each in results["dtypes"]]
    return found + [(product(each), each["seconds"]) for each in results["products"]]


def is_slower(seconds: Json) -> bool:
    """Tell whether a reader of the numbers could call this slower; asking alone costs a microsecond."""
    times, more = TOLERATED
    plain, ours = (statistics.median(seconds[name]) for name in (PLAIN, OURS))
    return 1 / statistics.median(speedups(seconds)) > times and ours - plain > more


def squares(results: Json) -> str:
    """Every form at every size, in GFLOP/s."""
    forms = list(results["squares"][0]["seconds"])
    head = [
        "n",
        *(f"`{form}`" if form in (PLAIN, OURS) or form.startswith("np.") else form for form in forms),
    ]
    rows = [
        [
            str(entry["n"]),
            *(
                f"{entry['operations'] / statistics.median(entry['seconds'][form]) / 1e9:.2f}"
                if form in entry["seconds"]
                else "–"
                for form in forms
            ),
        ]
        for entry in results["squares"]
    ]
    return table(head, rows)


def times(label: str, found: list[tuple[str, Json]]) -> str:
    """Milliseconds of both, and how many times as fast ours is."""
    rows = [
        [
            name,
            *(f"{statistics.median(seconds[form]) * 1e3:.3f}" for form in (PLAIN, OURS)),
            f"{spread(speedups(seconds)):.2f}",
        ]
        for name, seconds in found
    ]
    return table([label, f"`{PLAIN}`, ms", f"`{OURS}`, ms", "times as fast (quartiles)"], rows)


def layouts(results: Json) -> str:
    """Both operands as they are made, and as transposed views."""
    return times("square", [(layout(each), each["seconds"]) for each in results["layouts"]])


def layout(entry: Json) -> str:
    sides = ["`x.T`" if entry[side] else "`x`" for side in ("left", "right")]
    return f"{entry['n']}, {' @ '.join(sides)}"


def dtypes(results: Json) -> str:
    """What is not float32."""
    return times(
        "dtype", [(f"{each['dtype']}, {each['n']} square", each["seconds"]) for each in results["dtypes"]]
    )


def products(results: Json) -> str:
    """The products that the book meets."""
    return times("product", [(product(each), each["seconds"]) for each in results["products"]])


def product(entry: Json) -> str:
    sides = [
        shape(entry[side]) + (" view" if turned else "")
        for side, turned in zip(("left", "right"), entry["turned"], strict=True)
    ]
    return f"{entry['where']}: {' @ '.join(sides)}"


def shape(sizes: list[int]) -> str:
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


def errors(results: Json) -> str:
    """The largest error of each form against float64, for sums of positive float32 numbers."""
    shown = [PLAIN, OURS, "einsum along rows", "einsum along sums"]
    rows = [
        [f"{each['k']:,}", *(f"{each['errors'][form]:.1e}" for form in shown)] for each in results["errors"]
    ]
    return table(["numbers in a sum", f"`{PLAIN}`", f"`{OURS}`", *shown[2:]], rows)


PARTS = {
    "circumstances": circumstances,
    "verdict": verdict,
    "squares": squares,
    "layouts": layouts,
    "products": products,
    "dtypes": dtypes,
    "errors": errors,
}
