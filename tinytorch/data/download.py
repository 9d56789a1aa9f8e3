"""Downloads: from the first mirror that works, checked, and never half a file."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

CHUNK = 2**18
TIMEOUT = 30.0  # seconds without a byte

Progress = Callable[[int, int | None], None]  # bytes received, and how many there will be, if that is known


class DownloadError(OSError):
    """A file could not be had from any mirror; the message has a line for each."""


# What only downloads need is imported when there is one: it takes a while, and a browser has none of it.


def download(
    urls: Sequence[str],
    target: Path,
    sha256: str,
    *,
    progress: Progress | None = None,
    contents: Callable[[Path], Iterable[bytes]] | None = None,
) -> None:
    """Download `target` from the first of `urls` that gives the right bytes.

    They are written to another file first, compared with `sha256`, and only then moved to their place:
    whatever happens on the way, `target` is complete or not there.

    Parameters:
        sha256: of the file, or of what `contents(file)` yields in pieces. Mirrors compress the same data
            in different ways, so it is the data that is compared.
        progress: called with the bytes received so far and the bytes in all, or None where a server
            does not say.

    Raises:
        DownloadError: no mirror had it. The message says of each why not.
    """
    if sys.platform == "emscripten":
        raise DownloadError(
            f"{target.name} cannot be downloaded in a page: pages of this book ask nobody else for data. "
            "Use TinyDigits here, or work on your own computer."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    failures = []
    for url in urls:
        try:
            with open(part, "wb") as stream:
                _receive(url, stream, progress)
            found = _digest((contents or pieces)(part))
            if found != sha256:
                raise OSError(f"it sent something else: the SHA-256 is {found}, expected {sha256}")
            os.replace(part, target)
            return
        except (OSError, ValueError) as error:  # what urllib raises is an OSError, and timeouts are
            failures.append(f"  {url}: {error or type(error).__name__}")
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part)
    raise DownloadError(
        f"{target.name} could not be downloaded:\n" + "\n".join(failures) + "\nTry again later, or put the "
        f"file into {target.parent} yourself."
    )


def pieces(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, piece by piece."""
    with open(file, "rb") as stream:
        while piece := stream.read(CHUNK):
            yield piece


def _receive(url: str, stream: IO[bytes], progress: Progress | None) -> None:
    """Copy what `url` sends into a file."""
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, headers={"User-Agent": "tinytorch"}), timeout=TIMEOUT) as answer:
            length = answer.headers.get("Content-Length")
            total, received = int(length) if length else None, 0
            while piece := answer.read(CHUNK):
                stream.write(piece)
                received += len(piece)
                if progress:
                    progress(received, total)
    except HTTPException as error:
        raise OSError(f"the connection broke ({error!r})") from error
    if total is not None and received != total:
        raise OSError(f"the connection broke after {received:,} of {total:,} bytes")


def _digest(parts: Iterable[bytes]) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part)
    return hasher.hexdigest()
