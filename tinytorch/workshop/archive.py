"""Archive: a learner's whole workspace as one ZIP, out and in again.

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
from tinytorch.workshop.project import ANSWERS, INDEX, edited, project_files, read_index
from tinytorch.workshop.workspace import InvalidWorkspace, Work, renamed, with_texts

FOLDER = "tinytorch-workspace"
MAX_BYTES = 20 * 1024**2  # of the file, and of everything in it once unpacked
_DATE = (1980, 1, 1, 0, 0, 0)  # the same answers make the same bytes
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
    """Read the work out of an exported ZIP, or out of its `workspace.json` alone, and notes on it.

    Raises:
        InvalidWorkspace: it is too large, damaged, or not one of ours. Nothing was changed.
    """
    if len(data) > MAX_BYTES:
        raise InvalidWorkspace(f"The file is larger than {MAX_BYTES // 1024**2} MB; a workspace never is.")
    work, texts, notes = _read_zip(data, chapters) if data[:2] == b"PK" else (read_index(data), {}, [])
    work = renamed(with_texts(work, texts, _now(), chapters), chapters)
    known = {exercise.name for chapter in chapters for exercise in chapter.exercises}
    strange = [record.exercise for record in work.records if known and record.exercise not in known]
    if strange:
        notes = [*notes, f"Kept, though this book has no such exercise: {', '.join(strange)}."]
    if texts:
        notes = [*notes, f"Taken from the files in answers/, which were edited: {', '.join(texts)}."]
    return work, notes


def _read_zip(data: bytes, chapters: Sequence[Chapter]) -> tuple[Work, dict[str, str], list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = _files(archive)
    except InvalidWorkspace:
        raise
    except Exception as error:  # zipfile raises many kinds on damaged input, and this input may be anything
        raise InvalidWorkspace(f"The ZIP is damaged: {error}.") from None
    work = read_index(files.pop(INDEX))
    return work, *edited(work, files, chapters)


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Read the index and the answers, by their paths inside the project's folder, whatever that is called."""
    infos = [info for info in archive.infolist() if PurePosixPath(info.filename).parts[:1] != (_BESIDE,)]
    names = [info.filename for info in infos]
    roots = [name.removesuffix(INDEX) for name in names if re.fullmatch(rf"([^/\\]+/)?{INDEX}", name)]
    if not roots:
        raise InvalidWorkspace(f"The ZIP is not a workspace of this book: it has no {FOLDER}/{INDEX}.")
    if len({*names}) < len(names) or not all(_is_inside(name, roots[0]) for name in names):
        raise InvalidWorkspace("The ZIP holds files that a workspace never has. It was not made here.")
    if sum(info.file_size for info in infos) > MAX_BYTES:
        raise InvalidWorkspace("The ZIP unpacks to more than a workspace can hold.")
    files, room = {}, MAX_BYTES
    for name in names:
        path = name.removeprefix(roots[0])
        if path == INDEX or (path.startswith(f"{ANSWERS}/") and path.endswith(".py")):
            with archive.open(name) as file:
                files[path] = file.read(room + 1)  # the sizes that a ZIP states can be lies
            room -= len(files[path])
            if room < 0:
                raise InvalidWorkspace("The ZIP unpacks to more than a workspace can hold.")
    return files


def _is_inside(name: str, root: str) -> bool:
    """Tell whether a name means something in the folder: nothing is unpacked, but who climbs is no friend."""
    path = PurePosixPath(name)
    climbs = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0]
    return name.startswith(root) and not climbs


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
