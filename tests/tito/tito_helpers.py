"""How tests drive tito: as people run it, or in this process with its checks in others."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tinytorch.workshop import library
from tinytorch.workshop.tito import command
from tinytorch.workshop.tito.folder import Folder

ROOT = Path(__file__).parents[2]
PROGRAM = "from tinytorch.workshop.tito import main; main()"


class Here:
    """A workspace, and tito in it. Checks run in processes of their own, tito itself in this one."""

    def __init__(self, root, capsys):
        self.root, self._capsys = root, capsys
        self.told = []

    def __call__(self, *arguments):
        """Run tito; return its exit code, and what it said."""
        try:
            code = command.run([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        said = self._capsys.readouterr()
        self.out, self.err = said.out, said.err
        return code

    def json(self, *arguments):
        self.code = self(*arguments, "--json")
        return json.loads(self.out)

    @property
    def folder(self):
        return Folder(self.root, library.chapters(), self.told.append)

    @property
    def index(self):
        return json.loads((self.root / "workspace.json").read_text(encoding="utf-8"))

    def file(self, exercise):
        return self.folder.path(exercise)

    def write(self, exercise, text):
        self.file(exercise).parent.mkdir(parents=True, exist_ok=True)
        self.file(exercise).write_bytes(text if isinstance(text, bytes) else text.encode())

    def record(self, exercise):
        return next((one for one in self.index["records"] if one["exercise"] == exercise), None)

    def versions(self, exercise):
        return [one["text"] for one in self.index["versions"] if one["exercise"] == exercise]


def dies_after(steps, real):
    """Return `real` for so many calls, and then the end of the process in the middle of its work."""
    left = iter(range(steps))

    def counted(path, data):
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(path, data)

    return counted


def process(*arguments, cwd, **options):
    """Start tito as a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    command_line = [sys.executable, "-P", "-c", PROGRAM, *map(str, arguments)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        command_line, cwd=cwd, env=env, text=True, encoding="utf-8", **{**pipes, **options}
    )


def solution(name):
    return exercise(name).solution


def exercise(name):
    return next(one for chapter in library.chapters() for one in chapter.exercises if one.name == name)
