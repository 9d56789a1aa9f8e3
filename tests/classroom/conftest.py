"""A class with the real nbgrader: its notebooks are made once."""

import shutil

import pytest
from course import CHAPTERS, PROGRAMS, Course

from tinytorch.workshop.nbgrader import generate


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
