"""What every benchmark in the browser needs: the built site behind a server that counts, and a Chromium."""

from __future__ import annotations

import datetime
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in (".", "book", "book/_ext", "tests/browser")]

import serve  # noqa: E402
from conftest import CHROMIUM, FLAGS  # noqa: E402
from pages import all_answers  # noqa: E402

from lite.runtime.lock import lock_of  # noqa: E402
from lite.runtime.pins import read_pins  # noqa: E402

MEASURED = ROOT / "book" / "developers" / "measured"  # the documentation is built from what is written here
PUBLISHED_LOCK = ROOT / "build" / "bench" / "pyodide-lock.json"  # of the pinned files, before we compile them

__all__ = [
    "CHROMIUM",
    "FLAGS",
    "MEASURED",
    "ROOT",
    "Log",
    "all_answers",
    "circumstances",
    "machine",
    "our_core",
    "our_lock",
    "publish",
    "serve_site",
    "write",
]


class Log:
    """Bytes that the server has sent since it was cleared, by path, as they went over the wire."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: Counter[str] = Counter()

    def add(self, path: str, size: int) -> None:
        with self._lock:
            self._sent[path] += size

    def clear(self) -> None:
        with self._lock:
            self._sent.clear()

    def sent(self) -> dict[str, int]:
        with self._lock:
            return dict(self._sent)


def serve_site() -> tuple[str, Log]:
    """Serve the site, and below bench/ the bare pages and Pyodide as it was published; return where."""
    log = Log()

    class Handler(serve.Handler):
        def translate_path(self, path: str) -> str:
            path = path.partition("?")[0]
            if path == "/bench/published/pyodide-lock.json":
                return str(PUBLISHED_LOCK)
            if path.startswith("/bench/published/"):
                return str(ROOT / "build" / "cache" / "pyodide" / Path(path).name)
            if path.startswith("/bench/"):
                return str(HERE / Path(path).name)
            return super().translate_path(path)

        def is_immutable(self) -> bool:  # as on the CDN that publishes it
            return "/bench/published/" in self.path or super().is_immutable()

        def setup(self) -> None:
            super().setup()
            write = self.wfile.write

            def counting(data: Any) -> int:
                log.add(getattr(self, "path", "").partition("?")[0], len(data))
                return write(data)

            self.wfile.write = counting  # type: ignore[method-assign]

    PUBLISHED_LOCK.parent.mkdir(parents=True, exist_ok=True)
    PUBLISHED_LOCK.write_text(json.dumps(lock_of(read_pins(), ROOT / "build" / "cache" / "pyodide")))
    serve.Handler = Handler  # type: ignore[misc]
    server = serve.make_server(ROOT / "build" / "site", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/", log


def our_lock() -> str:
    """Return the address of the lock that we ship, seen from bench/."""
    (lock,) = (ROOT / "build" / "site").glob("runtime/*/*/pyodide-lock.json")
    return f"../{lock.relative_to(ROOT / 'build' / 'site').as_posix()}"


def our_core() -> str:
    """Return the address of the Pyodide that we ship, seen from bench/."""
    return our_lock().rsplit("/", 2)[0] + "/pyodide/"


def machine() -> dict[str, Any]:
    """Describe the machine and the moment, without which times say little."""
    fields = [line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines()]
    names = {name.strip(): value.strip() for name, _, value in fields}
    flags = names.get("flags", "").split()
    vectors = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": f"{names.get('model name', 'unknown')} ({vectors})",  # products depend on it
        "cores": os.cpu_count(),
        "memory": memory,
        "load": round(os.getloadavg()[0], 1),
    }


def circumstances(chromium: str) -> dict[str, Any]:
    """Describe the browser, too."""
    return {**machine(), "chromium": chromium, "pyodide": read_pins().pyodide}


def write(name: str, results: dict[str, Any]) -> Path:
    """Keep the results where the documentation is built from."""
    MEASURED.mkdir(parents=True, exist_ok=True)
    path = MEASURED / name
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return path


def publish(name: str, results: dict[str, Any], parts: Mapping[str, Callable[[dict[str, Any]], str]]) -> None:
    """Keep the results, and print them as the documentation will show them."""
    path = write(name, results)
    for part in parts.values():
        print(part(results), end="\n\n")
    print(f"The documentation is built from {path}.")
