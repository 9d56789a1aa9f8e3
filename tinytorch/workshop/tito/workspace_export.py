"""tito workspace export: the workspace as one ZIP, which the page's Import button takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinytorch.workshop.archive import FOLDER, MAX_BYTES, export_archive
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.files import write_whole
from tinytorch.workshop.tito.modules import add_workspace, open_folder


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "export", help="write everything into one ZIP, for the page or another machine"
    )
    parser.add_argument("file", nargs="?", type=Path, default=Path(f"{FOLDER}.zip"), help="%(default)s")
    add_workspace(parser)
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the ZIP."""
    folder = open_folder(options)
    if options.file.exists() and not (options.force and options.file.is_file()):
        raise CannotDo(f"{options.file} is there already; --force replaces a file.")
    work = folder.load()
    data = export_archive(work, folder.chapters)
    if len(data) > MAX_BYTES:
        raise CannotDo(f"The ZIP would be larger than {MAX_BYTES // 1024**2} MB, which no page takes in.")
    write_whole(options.file, data)
    count = len(work.records)
    words = f"{count} answer{'s' * (count != 1)}"
    show.make_console().print(f"{options.file}: {words}, {len(data) / 1000:,.0f} kB.")
    return 0
