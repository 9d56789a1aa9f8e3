"""Tables of `make bench-browser`: how long a reader waits, for how many bytes, in how much memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tinybook.measured.numbers import Spread, circumstances, ratios, spread, table

Json = dict[str, Any]
OURS, BARE = "ours", "bare"
CONTENDERS = {
    OURS: "Ours, to the Report of a check",
    "ours, new here": "Ours, where nothing was run lately",
    "ours, no snapshot": "Ours without the snapshot",
    BARE: "Bare worker, files as published",
    "bare, our files": "Bare worker, our files",
    "JupyterLite": "JupyterLite, to the first output",
}
VISITS = ("cold", "warm", "slowed")
PARTS_OF_A_PAGE = ("core", "NumPy", "pytest", "package", "page")
GOAL, AIM = 0.5, 0.25  # of the bare worker's time
CORE_AND_NUMPY = 10.5e6  # bytes over the wire
MEMORY = 260e6  # bytes of the renderer
MEMORY_MEASURED = {
    ("cold", "memory"): "cold, at the result",
    ("cold", "memory highest"): "at most, while the snapshot is made",
    ("cold", "memory later"): "cold, some time later",
    ("warm", "memory"): "warm, at the result",
    ("warm", "memory later"): "warm, some time later",
}


def part_of(path: str) -> str:
    """Say which part of a page a file belongs to."""
    file = path.rpartition("/")[2]
    if "/pyodide/" in path or "/published/" in path:
        if file.startswith("numpy-"):
            return "NumPy"
        return "pytest" if file.endswith(".whl") else "core"
    return "package" if re.search(r"/runtime/[0-9a-f]{12}/", path) else "page"


def in_parts(results: Json) -> Json:
    """Sum the bytes of each visit's files by the parts that they belong to."""
    visits = []
    for visit in results["visits"]:
        summed = {}
        for key in ("bytes", "bytes later"):
            if key in visit:
                parts: Counter[str] = Counter()
                for path, size in visit[key].items():
                    parts[part_of(path)] += size
                summed[key] = dict(parts)
        visits.append({**visit, **summed})
    return {**results, "visits": visits}


def select(results: Json, contender: str, visit: str, key: str = "seconds") -> dict[int, Any]:
    """Return what was measured of one kind of visit, by round; a round that failed is not there."""
    return {
        entry["round"]: entry[key]
        for entry in results["visits"]
        if (entry["contender"], entry["visit"]) == (contender, visit) and key in entry
    }


def seconds(results: Json, contender: str, visit: str) -> Spread | None:
    found = list(select(results, contender, visit).values())
    return spread(found) if found else None


def against_bare(results: Json, contender: str, visit: str) -> Spread | None:
    """Divide by the bare worker's time of the same round, and then take the median."""
    found, base = select(results, contender, visit), select(results, BARE, visit)
    both = [number for number in found if number in base]
    return spread(ratios([found[n] for n in both], [base[n] for n in both])) if both else None


def cell(found: Spread | None, form: str = ".2f") -> str:
    return "–" if found is None else format(found, form)


def times(results: Json) -> str:
    """Seconds of each kind of visit."""
    rows = [
        [label, *(cell(seconds(results, name, visit)) for visit in VISITS)]
        for name, label in CONTENDERS.items()
    ]
    ready = cell(seconds(results, OURS, "ready"))
    rows.append(["Ours, Check pressed when Python had started while typing", "–", ready, "–"])
    return table(["seconds, median (quartiles)", "cold", "warm", slowed_label(results)], rows)


def slowed_label(results: Json) -> str:
    return f"warm, {results['slow']:g} times slowed"


def shares(results: Json) -> str:
    """The same, as parts of the bare worker's time."""
    rows = [
        [label, *(cell(against_bare(results, name, visit)) for visit in VISITS)]
        for name, label in CONTENDERS.items()
        if name != BARE
    ]
    return table(["of the bare worker's time", "cold", "warm", slowed_label(results)], rows)


def size(
    results: Json, contender: str, key: str, parts: tuple[str, ...], visit: str = "cold"
) -> float | None:
    """Return the median of the bytes of some parts."""
    found = [
        sum(sent.get(part, 0) for part in parts) for sent in select(results, contender, visit, key).values()
    ]
    return spread(found).median if found else None


def megabytes(found: float | None) -> str:
    return "–" if found is None else f"{found / 1e6:.2f}"


def sizes(results: Json) -> str:
    """Megabytes over the wire, by what they are for."""
    rows = []
    for name, label in CONTENDERS.items():
        parts = [megabytes(size(results, name, "bytes", (part,))) for part in PARTS_OF_A_PAGE]
        totals = [
            megabytes(size(results, name, "bytes", PARTS_OF_A_PAGE)),
            megabytes(size(results, name, "bytes later", PARTS_OF_A_PAGE)),
            megabytes(size(results, name, "bytes", PARTS_OF_A_PAGE, "warm")),
        ]
        rows.append([label, *parts, *totals])
    head = ["MB over the wire", *PARTS_OF_A_PAGE, "cold, to the result", "cold, some time later", "warm"]
    return table(head, rows)


def memory(results: Json) -> str:
    """Megabytes of the renderer that holds the page and its workers."""
    rows = []
    for name, label in CONTENDERS.items():
        found = (select(results, name, visit, key).values() for visit, key in MEMORY_MEASURED)
        rows.append(
            [label, *(cell(spread([n / 1e6 for n in used]) if used else None, ".0f") for used in found)]
        )
    return table(["MB, proportional set size", *MEMORY_MEASURED.values()], rows)


def steps(results: Json) -> str:
    """Milliseconds that the page measured itself, in the order in which it first named them."""
    kinds = ("cold", "warm", "ready", "slowed")
    found = {kind: list(select(results, OURS, kind, "steps").values()) for kind in kinds}
    names = dict.fromkeys(name for kind in kinds for visit in found[kind] for name in visit)
    if not names:
        return "The page measured no steps of its own."
    rows = []
    for name in names:
        row = [name]
        for kind in kinds:
            values = [visit[name] for visit in found[kind] if name in visit]
            row.append(f"{spread(values).median:.0f}" if values else "–")
        rows.append(row)
    return table(["milliseconds, median", *kinds], rows)


def verdict(results: Json) -> str:
    """One line for each goal."""
    lines = [*_times_verdict(results), *_slowed(results), *_size_verdict(results), *_snapshot(results)]
    lines += [f"- {note}" for note in results["notes"]]
    return "\n".join(lines)


def _times_verdict(results: Json) -> Iterator[str]:
    for visit, label in (("warm", "Warm"), ("slowed", slowed_label(results).capitalize())):
        found = against_bare(results, OURS, visit)
        if found is None:
            yield f"- {label}: not measured."
            continue
        judged = "the aim is reached" if found.median <= AIM else _judge(found.median <= GOAL)
        yield f"- {label}: {found.median:.2f} of the bare worker's time; at most {GOAL}, aim {AIM}: {judged}."


def _slowed(results: Json) -> Iterator[str]:
    """Say how much slower the slowing made what it should make slower alike."""
    warm, slow = select(results, BARE, "warm"), select(results, BARE, "slowed")
    if slow:
        found = spread(ratios(list(slow.values()), [warm[number] for number in slow]))
        longer = f"the bare worker took {found.median:.1f} times as long as warm"
        yield f"- Slowed {results['slow']:g} times, {longer}."


def _size_verdict(results: Json) -> Iterator[str]:
    sent = size(results, OURS, "bytes", ("core", "NumPy"))
    if sent is not None:
        judged = f"at most {CORE_AND_NUMPY / 1e6:g}: {_judge(sent <= CORE_AND_NUMPY)}"
        yield f"- Core and NumPy: {megabytes(sent)} MB over the wire; {judged}."
    for (visit, key), label in MEMORY_MEASURED.items():
        used = list(select(results, OURS, visit, key).values())
        if used:
            middle = spread(used).median
            judged = (
                "" if key == "memory highest" else f"; less than {MEMORY / 1e6:g}: {_judge(middle < MEMORY)}"
            )
            yield f"- Memory, {label}: {middle / 1e6:.0f} MB{judged}."


def _judge(reached: bool) -> str:
    return "the goal is reached" if reached else "the goal is missed"


def _snapshot(results: Json) -> Iterator[str]:
    said = Counter(str(value) for value in select(results, OURS, "cold", "snapshot").values())
    if said:
        words = ", ".join(f"{'nothing' if value == 'None' else value} ({n})" for value, n in said.items())
        yield f"- What the page said of its snapshot after the cold visits: {words}."


PARTS = {
    "circumstances": circumstances,
    "verdict": verdict,
    "times": times,
    "shares": shares,
    "sizes": sizes,
    "memory": memory,
    "steps": steps,
}
