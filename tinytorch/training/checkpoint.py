"""Checkpoints: a tree of numbers, texts and arrays in one file, written whole and read with suspicion.

The file is an uncompressed zip of .npy arrays, as `np.savez` writes, so NumPy opens it anywhere. Beside the
arrays it holds `state.json`, the tree with numbers where arrays belong, and `manifest.json`, which lists
every member with its size and SHA-256. There is no pickle in it: reading a pickle can run any program that
whoever wrote the file has put there.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tinytorch.core import Tensor
from tinytorch.training.files import write_safely

FORMAT = "tinytorch checkpoint"
VERSION = 1
MANIFEST, STATE = "manifest.json", "state.json"
HEADER_LIMIT = 10_000  # bytes; NumPy parses a .npy header as Python, so it should not be long


class CheckpointError(ValueError):
    """A file that is no checkpoint, or not whole, or does not fit what it is loaded into."""


def save_checkpoint(path: str | Path, state: Mapping[str, Any]) -> None:
    """Write `state` to one file, which is either whole or not there.

    `state` may hold dicts, lists, tuples, tensors, NumPy arrays, numbers, texts, truth values and None.
    The same state gives the same bytes.

    Raises:
        TypeError: something else is in it. The message says where.
    """
    arrays: list[np.ndarray] = []
    tree = pack(state, arrays, "state")
    members = {STATE: json.dumps(tree).encode()}
    members |= {f"{i}.npy": _npy(array) for i, array in enumerate(arrays)}
    listed = {name: {"bytes": len(data), "sha256": _digest(data)} for name, data in members.items()}
    manifest = {"format": FORMAT, "version": VERSION, "members": listed}

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in {MANIFEST: json.dumps(manifest).encode(), **members}.items():
                archive.writestr(zipfile.ZipInfo(name), data)  # dated 1980: time is no part of the state

    write_safely(path, write)


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote, or raise a CheckpointError that says what is wrong with the file.

    Nothing in the file is trusted: sizes are checked before memory is taken, names before they are used,
    and every byte against its checksum. Nothing in it is ever run.
    """
    path = Path(path)
    with open(path, "rb") as file:  # a file that is not there is not a bad file
        try:
            with zipfile.ZipFile(file) as archive:
                return _read(archive, path.stat().st_size)
        except CheckpointError as error:
            problem = str(error)
        except zipfile.BadZipFile as error:
            problem = f"it is no checkpoint, or it was cut off or damaged ({error})"
        except Exception as error:  # bytes that mean nothing make zipfile, json and NumPy raise all kinds
            problem = f"its contents make no sense ({type(error).__name__}: {error})"
    raise CheckpointError(f"checkpoint {path.name}: {problem}. Nothing was loaded.")


def _read(archive: zipfile.ZipFile, size: int) -> dict[str, Any]:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if MANIFEST not in entries:
        raise CheckpointError("it is a zip file, but no checkpoint of TinyTorch")
    if any(e.compress_type != zipfile.ZIP_STORED or e.file_size != e.compress_size for e in entries.values()):
        raise CheckpointError("it holds compressed members; a checkpoint holds none")
    if len(entries) != len(archive.infolist()) or sum(e.file_size for e in entries.values()) > size:
        raise CheckpointError("its members overlap, or claim more bytes than the file has")
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise CheckpointError("it is a zip file, but no checkpoint of TinyTorch")
    if manifest["version"] != VERSION:
        raise CheckpointError(
            f"its format is version {manifest['version']!r}, and this TinyTorch reads version {VERSION}; "
            "it was written by another release"
        )
    listed = manifest["members"]
    if set(listed) != set(entries) - {MANIFEST} or set(listed) != {STATE, *_names(len(listed) - 1)}:
        raise CheckpointError("members are missing, or there are some that do not belong into it")
    members = {name: _checked(archive.read(name), name, listed[name]) for name in listed}
    arrays = [read_npy(members[name]) for name in _names(len(listed) - 1)]
    state = unpack(json.loads(members[STATE]), arrays)
    if not isinstance(state, dict):
        raise CheckpointError("its state is no dict")
    return state


def _names(count: int) -> list[str]:
    return [f"{i}.npy" for i in range(count)]


def _checked(data: bytes, name: str, listed: dict[str, Any]) -> bytes:
    if len(data) != listed["bytes"] or _digest(data) != listed["sha256"]:
        raise CheckpointError(f"its member {name} does not have the checksum that it should have")
    return data


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# The tree as JSON: what JSON does not have becomes a dict of one key that starts with a dollar sign


def pack(value: Any, arrays: list[np.ndarray], where: str) -> Any:
    """Return `value` as JSON has it; its arrays go to `arrays`, and their positions stand in for them."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Tensor):
        arrays.append(value.data)
        return {"$tensor": len(arrays) - 1}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        arrays.append(value)
        return {"$array": len(arrays) - 1}
    if isinstance(value, (list, tuple)):
        items = [pack(item, arrays, f"{where}[{i}]") for i, item in enumerate(value)]
        return {"$tuple": items} if isinstance(value, tuple) else items
    if isinstance(value, Mapping):
        pairs = [(key, pack(item, arrays, f"{where}[{key!r}]")) for key, item in value.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        if all(isinstance(key, (str, int)) for key, _ in pairs):
            return {"$dict": [list(pair) for pair in pairs]}  # JSON's own keys are texts only
    raise TypeError(
        f"save_checkpoint: {where} is a {type(value).__name__}; a checkpoint holds dicts, lists, tuples, "
        "tensors, arrays of numbers, numbers, texts, truth values and None."
    )


def unpack(value: Any, arrays: list[np.ndarray]) -> Any:
    """Undo `pack`."""
    if isinstance(value, list):
        return [unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    kind = next(iter(value), "")
    if not kind.startswith("$"):
        return {key: unpack(item, arrays) for key, item in value.items()}
    (content,) = value.values()
    if kind == "$tuple":
        return tuple(unpack(item, arrays) for item in content)
    if kind == "$dict":
        return {key: unpack(item, arrays) for key, item in content}
    if kind in ("$array", "$tensor") and type(content) is int and 0 <= content < len(arrays):
        array = arrays[content].copy()
        return Tensor(array, dtype=array.dtype.name) if kind == "$tensor" else array
    raise CheckpointError(f"its state has a {kind!r} that means nothing here")


# Arrays as .npy


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), version=(1, 0), allow_pickle=False)
    return file.getvalue()


def read_npy(data: bytes) -> np.ndarray:
    """Read an array, after making sure that its header fits its bytes: NumPy's own reader believes it."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise CheckpointError("one of its arrays is in another version of NumPy's format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=HEADER_LIMIT)
    if dtype.kind not in "biuf" or dtype.hasobject or not dtype.isnative:
        raise CheckpointError(f"one of its arrays has elements of type {dtype}")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise CheckpointError(f"one of its arrays claims the shape {shape}, which its bytes do not fill")
    return np.ndarray(shape, dtype, data, file.tell(), order="F" if fortran else "C")
