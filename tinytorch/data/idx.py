"""IDX, the file format of MNIST: a magic number, the sizes, then the numbers, one byte each."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from tinytorch.core.shapes import numel

_BYTES = 8  # the code for unsigned bytes; MNIST has nothing else


def read_idx(file: Path) -> np.ndarray:
    """Read a file of bytes in IDX format, as it is or compressed with gzip.

    Raises:
        ValueError: the file is not what it should be. The message says where it differs.

    Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format"
    """
    return parse_idx(unzipped(file.read_bytes(), str(file)), str(file))


def unzipped(content: bytes, name: str) -> bytes:
    """Return `content`, decompressed if it is a gzip file."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except EOFError:
        raise ValueError(f"{name} ends too early: it was cut when it was copied or downloaded.") from None
    except (OSError, zlib.error) as error:
        raise ValueError(f"{name} is a damaged gzip file ({error}).") from None


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """Turn the bytes of an IDX file into an array; `name` is for the messages."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _BYTES:
        raise ValueError(
            f"{name} is not an IDX file of bytes: it starts with {content[:4].hex(' ') or 'nothing'}, "
            "where 00 00 08 and the number of dimensions should stand."
        )
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{name} ends within its header.")
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4"))
    if len(content) - start != numel(shape):
        raise ValueError(
            f"{name} should hold {numel(shape):,} bytes of data for shape {shape}, "
            f"and holds {len(content) - start:,}."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
