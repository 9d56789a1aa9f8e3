"""Serve the built site on this machine, as a good host would: compressed, cacheable, isolated.

    python book/serve.py [--port 8000] [--prefix /some/path] [--plain] [folder]

Pages get COOP and COEP headers, so that Stop can interrupt a running loop; JupyterLite goes without.
`--plain` leaves headers and compression out, which is how the plainest static host behaves; the site must
work there, too.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import mimetypes
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMPRESSED = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".wasm", ".txt", ".ipynb"}
# An isolated JupyterLite talks to its kernel over shared memory, through a library that misses an answer that
# comes too soon: then the kernel hangs for good. Without isolation it sends messages, and does not.
NOT_ISOLATED = "/lite/"
# Its folders carry hashes of what is in them. A browser that asked again would hear "not modified", and then
# Chromium does not use the WebAssembly that it has compiled.
IMMUTABLE = "/runtime/"
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/zip", ".whl")


@functools.lru_cache(maxsize=256)
def compressed(path: str, changed: float) -> bytes:
    """Return the file, compressed; `changed` makes an edited file a new question."""
    return gzip.compress(Path(path).read_bytes(), 6, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """Static files below `directory`, mounted at `prefix`."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: object, prefix: str, plain: bool, quiet: bool, **kwargs: object) -> None:
        self.prefix, self.plain, self.quiet = prefix, plain, quiet
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def translate_path(self, path: str) -> str:
        if self.prefix and not path.startswith(self.prefix + "/"):
            return str(Path(self.directory) / "does-not-exist")
        return super().translate_path(path[len(self.prefix) :])

    def end_headers(self) -> None:
        if not self.plain and NOT_ISOLATED not in self.path:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        kept = "public, max-age=31536000, immutable" if self.is_immutable() else "no-cache"
        self.send_header("Cache-Control", kept)
        super().end_headers()

    def is_immutable(self) -> bool:
        """Whether this answer is good for ever. That a file is missing never is."""
        return IMMUTABLE in self.path and self.status < HTTPStatus.BAD_REQUEST

    def send_response(self, code: int, message: str | None = None) -> None:
        self.status = code
        super().send_response(code, message)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        gzips = "gzip" in self.headers.get("Accept-Encoding", "")
        if self.plain or not gzips or path.suffix not in COMPRESSED or not path.is_file():
            super().do_GET()
            return
        status = path.stat()
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", etag)
            self.end_headers()
            return
        body = compressed(str(path), status.st_mtime)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        if not self.quiet:
            super().log_message(format, *args)


class Server(ThreadingHTTPServer):
    """A server to which a reader who goes on to another page is no fault."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def make_server(
    folder: Path, port: int, prefix: str = "", plain: bool = False, quiet: bool = True
) -> ThreadingHTTPServer:
    """Return a server for `folder` on 127.0.0.1; port 0 takes any that is free."""
    handler = functools.partial(Handler, directory=str(folder), prefix=prefix, plain=plain, quiet=quiet)
    return Server(("127.0.0.1", port), handler)


def main() -> None:
    """Parse the command line and serve until Ctrl+C."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/site"))
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--prefix", default="", help="serve below this path, as a project page does")
    parser.add_argument("--plain", action="store_true", help="no isolation headers and no compression")
    options = parser.parse_args()
    server = make_server(options.folder, options.port, options.prefix.rstrip("/"), options.plain, quiet=False)
    print(
        f"TinyTorch is at http://127.0.0.1:{server.server_port}{options.prefix}/ (Ctrl+C stops it)",
        flush=True,
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
