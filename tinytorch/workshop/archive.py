"""Archive: a learner's whole workspace as one ZIP, and the way back in for everything that went out.

The ZIP holds the project of `project.py`. Whatever comes in may be damaged or hostile: nothing of it is
unpacked, run or believed.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from tinytorch.workshop.chapter import Chapter
from tinytorch.workshop.fresh import PACKAGE
from tinytorch.workshop.ipynb import is_notebook, read_notebook
from tinytorch.workshop.project import ANSWERS, INDEX, edited, parsed, project_files, read_index, work_in
from tinytorch.workshop.workspace import InvalidWorkspace, Work, renamed, with_texts

FOLDER = "tinytorch-workspace"
MAX_BYTES = 20 * 1024**2  # of the file, and of everything in it once unpacked
_DATE = (1980, 1, 1, 0, 0, 0)  # the same answers make the same bytes
_TOO_MUCH = (
    "The ZIP unpacks to more than a workspace can hold. If a folder such as .venv is in it, leave that out."
)
_BESIDE = "__MACOSX"  # what macOS puts into every ZIP that it makes


def export_archive(work: Work, chapters: Sequence[Chapter]) -> bytes:
    """Write the workspace, and the project that it makes, as a ZIP."""
    return zip_of({f"{FOLDER}/{path}": data for path, data in project_files(work, chapters).items()})


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of these files: the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3  # Unix, whatever this runs on
            info.external_attr = 0o644 << 16  # without a mode, Unix unpacks files that nobody may read
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def import_archive(data: bytes, chapters: Sequence[Chapter] = ()) -> tuple[Work, list[str]]:
    """Read the work out of whatever was exported, told apart by its content, and notes on it.

    That is a ZIP, a wheel, a notebook, or `workspace.json` alone; people rename files, so names say nothing.

    Raises:
        InvalidWorkspace: it is too large, damaged, or not one of ours. Nothing was changed.
    """
    if len(data) > MAX_BYTES:
        raise InvalidWorkspace(
            f"The file is larger than {MAX_BYTES // 1024**2} MB; a workspace never is. "
            "(In a notebook it is the outputs that are large: clear them, and save it again.)"
        )
    work, texts, notes = (_read_zip if data[:2] == b"PK" else _read_json)(data, chapters)
    work = renamed(with_texts(work, texts, _now(), chapters), chapters)
    known = {exercise.name for chapter in chapters for exercise in chapter.exercises}
    strange = [record.exercise for record in work.records if known and record.exercise not in known]
    if strange:
        notes = [*notes, f"Kept, though this book has no such exercise: {', '.join(strange)}."]
    return work, notes


def _read_json(data: bytes, chapters: Sequence[Chapter]) -> tuple[Work, dict[str, str], list[str]]:
    value = parsed(data)
    return read_notebook(value, chapters) if is_notebook(value) else (work_in(value), {}, [])


def _read_zip(data: bytes, chapters: Sequence[Chapter]) -> tuple[Work, dict[str, str], list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = _files(archive)
    except InvalidWorkspace:
        raise
    except Exception as error:  # zipfile raises many kinds on damaged input, and this input may be anything
        raise InvalidWorkspace(f"The ZIP is damaged: {error}.") from None
    work = read_index(files.pop(INDEX))
    texts, notes = edited(work, files, chapters)
    if texts:
        notes = [*notes, f"Taken from files in answers/ that were edited: {', '.join(texts)}."]
    return work, texts, notes


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Read the index and the answers, by their paths inside the project's folder, whatever that is called.

    In a wheel the index lies beside the metadata, and the package beside that folder.
    """
    infos = [info for info in archive.infolist() if PurePosixPath(info.filename).parts[:1] != (_BESIDE,)]
    names = [info.filename for info in infos]
    roots = [name.removesuffix(INDEX) for name in names if re.fullmatch(rf"([^/\\]+/)?{INDEX}", name)]
    if not roots and any(name.endswith(".dist-info/WHEEL") for name in names):
        raise InvalidWorkspace(f"The wheel was not made by this book: it has no {INDEX} in it.")
    if not roots:
        raise InvalidWorkspace(f"The ZIP is not a workspace of this book: it has no {FOLDER}/{INDEX}.")
    inside = (roots[0], f"{PACKAGE}/") if roots[0].endswith(".dist-info/") else (roots[0],)
    if len({*names}) < len(names) or not all(_is_below(name, inside) for name in names):
        raise InvalidWorkspace("The ZIP holds files that a workspace never has. It was not made here.")
    if sum(info.file_size for info in infos) > MAX_BYTES:
        raise InvalidWorkspace(_TOO_MUCH)
    files, room = {}, MAX_BYTES
    for name in names:
        path = name.removeprefix(roots[0])
        if path == INDEX or (path.startswith(f"{ANSWERS}/") and path.endswith(".py")):
            with archive.open(name) as file:
                files[path] = file.read(room + 1)  # the sizes that a ZIP states can be lies
            room -= len(files[path])
            if room < 0:
                raise InvalidWorkspace(_TOO_MUCH)
    return files


def _is_below(name: str, folders: tuple[str, ...]) -> bool:
    """Tell whether a name means something in these: nothing is unpacked, but who climbs is no friend."""
    path = PurePosixPath(name)
    climbs = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0]
    return name.startswith(folders) and not climbs


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
