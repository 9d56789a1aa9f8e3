"""Works of learners, as tests make them: records, versions, and whatever Hypothesis thinks of."""

import io
import warnings
import zipfile

from hypothesis import strategies as st
from small_chapter import RIGHT

from tinytorch.workshop.workspace import Record, Reply, Version, Work

WHEN = "2026-01-02T03:04:05.678Z"


def record(name="tensor_add", text=RIGHT, passed=None, failed=None, **more):
    return Record(name, text, "def stub(): ...\n", "0" * 16, passed, failed, more.get("updated", WHEN))


def version(exercise="tensor_add", text="an earlier text", happened="checked", outcome="failed", saved=WHEN):
    return Version(exercise, text, happened, outcome, saved)


def zipped(*entries):
    """Make a ZIP of (name or ZipInfo, bytes) pairs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


ODD = ["", "\r\n", "\0", '"""', "\\", "\ud800", "\u2028", "\ufeff", "a\rb", "\f\v\x1c\x85", RIGHT, "no end"]
LONG = ["\tdef f():\r\n\t\treturn 1  \n\n\n", "x" * 199_999]
TEXTS = st.text(st.characters(), max_size=80) | st.sampled_from([*ODD, *LONG])
RECORDS = st.builds(
    Record,
    st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True),
    TEXTS,
    TEXTS,
    TEXTS,
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.datetimes().map(lambda when: when.isoformat()),
)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
DATES = st.datetimes().map(lambda when: when.isoformat())
VERSIONS = st.builds(Version, NAMES, TEXTS, NAMES, st.sampled_from([None, "passed", "timeout"]), DATES)
REPLIES = st.builds(Reply, NAMES, TEXTS)
WORKS = st.builds(
    Work,
    st.lists(RECORDS, max_size=4, unique_by=lambda one: one.exercise).map(tuple),
    st.lists(REPLIES, max_size=4, unique_by=lambda one: one.question).map(tuple),
    st.lists(VERSIONS, max_size=4).map(tuple),
)
