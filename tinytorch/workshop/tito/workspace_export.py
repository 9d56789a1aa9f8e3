"""tito workspace export: the workspace as one ZIP, or its package as a wheel; the page takes in both."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinytorch.workshop.archive import FOLDER, MAX_BYTES, export_archive
from tinytorch.workshop.tito import show
from tinytorch.workshop.tito.errors import CannotDo
from tinytorch.workshop.tito.files import write_whole
from tinytorch.workshop.tito.modules import add_workspace, open_folder
from tinytorch.workshop.wheel import export_wheel


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "export", help="write everything into one ZIP, for the page or another machine"
    )
    parser.add_argument("file", nargs="?", type=Path, help=f"otherwise {FOLDER}.zip here")
    parser.add_argument(
        "--wheel", action="store_true", help="write your package for pip; FILE is then a folder"
    )
    add_workspace(parser)
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the file."""
    folder = open_folder(options)
    work = folder.load()
    if options.wheel:
        name, data = export_wheel(work, folder.chapters)
        file = (options.file or Path()) / name
    else:
        file, data = options.file or Path(f"{FOLDER}.zip"), export_archive(work, folder.chapters)
    if file.exists() and not (options.force and file.is_file()):
        raise CannotDo(f"{file} is there already; --force replaces a file.")
    if len(data) > MAX_BYTES:
        raise CannotDo(f"The file would be larger than {MAX_BYTES // 1024**2} MB, which no page takes in.")
    write_whole(file, data)
    count = len(work.records)
    words = f"{count} answer{'s' * (count != 1)}"
    show.make_console().print(f"{file}: {words}, {len(data) / 1000:,.0f} kB.")
    return 0
