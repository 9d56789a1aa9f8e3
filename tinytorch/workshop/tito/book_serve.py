"""tito book serve: the book itself, on this machine."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from types import ModuleType

from tinytorch.workshop import library
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("serve", help="serve the book's built site on this machine")
    parser.add_argument("folder", nargs="?", type=Path, help="the built site; in a checkout it is build/site")
    parser.add_argument("--port", type=int, default=8000, help="%(default)s; 0 takes any that is free")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl+C."""
    if not 0 <= options.port < 65536:
        raise CannotDo(f"{options.port} is no port; it lies between 0 and 65535.")
    shelf = library.find_shelf()
    site = options.folder or shelf.site
    if site is None:
        raise CannotDo("Name the folder that holds the built site; a checkout builds it with `make site`.")
    if not (site / "index.html").is_file():
        raise CannotDo(f"{site} holds no built site: there is no index.html. `make site` builds it.")
    try:
        server = _load(shelf.server).make_server(site, options.port)
    except OSError as error:
        raise CannotDo(
            f"Port {options.port} cannot be used: {error.strerror}. Take another with --port."
        ) from None
    console = show.make_console()
    console.print(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl+C stops it)")
    console.file.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        console.print("stopped")
    return 0


def _load(file: Path) -> ModuleType:
    """Import the book's server, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("tinytorch_book_server", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
