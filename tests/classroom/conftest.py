"""A class with the real nbgrader: its notebooks are made once."""

import os
import shutil
import signal
import subprocess
import threading
import time

import pytest
from course import CHAPTERS, PROGRAMS, Course

from tinytorch.workshop.nbgrader import generate, judging


@pytest.fixture
def ctrl_c(monkeypatch):
    """Press Ctrl+C as soon as something is being judged; note who was begun, and whom the clock has ended."""
    begun, by_the_clock = [], []

    class Child(subprocess.Popen):
        def communicate(self, *arguments, **options):
            begun.append(self)
            try:
                return super().communicate(*arguments, **options)
            except subprocess.TimeoutExpired:
                by_the_clock.append(self)
                raise

    def press():
        while not begun:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(judging.subprocess, "Popen", Child)
    threading.Thread(target=press, daemon=True).start()
    return begun, by_the_clock


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A course whose assignments are generated, with nothing handed in."""
    if not (PROGRAMS / "nbgrader").exists():
        pytest.skip("NOT RUN: nbgrader is not here; `make .venv-nbgrader/ready` installs it")
    folder = tmp_path_factory.mktemp("class") / "course"
    generate(folder)
    made = Course(folder)
    for chapter in CHAPTERS:
        made.run("generate_assignment", chapter.name)
    return made


@pytest.fixture
def kernel_course(course, tmp_path):
    """The same course, in which nbgrader runs every cell in a kernel, and waits 45 seconds for one."""
    folder = tmp_path / "course"
    shutil.copytree(
        course.folder, folder, ignore=shutil.ignore_patterns("submitted", "autograded", "feedback")
    )
    config = folder / "nbgrader_config.py"
    text = config.read_text().replace("\nKERNEL = False", "\nKERNEL = True")
    config.write_text(text + "\nc.Execute.timeout = 45\n")
    return Course(folder)
