"""What the extension can be told, validated once."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

BUILD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
FOLDER = re.compile(r"[A-Za-z0-9._@/-]+$")


@dataclass(frozen=True)
class BookConfig:
    """The options under `tinybook` in `_config.yml`, and `build`, which the runtime's own build decides."""

    book: str = "tinytorch"
    node_modules: str = "lite/node_modules"
    notebook: str = "lite/notebooks/index.html?path={name}.ipynb"
    snapshot: bool = True  # may Python start from a snapshot of its memory, made on the reader's device?
    offline: bool = True  # is the book kept on the reader's device, for times without a network?
    build: str = "dev"

    def __post_init__(self) -> None:
        """Refuse values that would end up in addresses and break there."""
        if not BUILD.match(self.build):
            raise ConfigError(f"the build id is {self.build!r}; use letters, digits, '.', '_' and '-'")
        if not BUILD.match(self.book):
            raise ConfigError(f"tinybook.book is {self.book!r}; use letters, digits, '.', '_' and '-'")
        if not FOLDER.match(self.node_modules):
            raise ConfigError(
                f"tinybook.node_modules is {self.node_modules!r}; name a folder, such as lite/node_modules"
            )
        for name in ("snapshot", "offline"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"tinybook.{name} is {getattr(self, name)!r}; use true or false")
        if "{name}" not in self.notebook:
            raise ConfigError("tinybook.notebook must contain {name}, the chapter's name")

    @property
    def runtime(self) -> str:
        """Where this build's Python files lie in the site."""
        return f"runtime/{self.build}/"


def _runtime_build(root: Path) -> str:
    """Return the id of the browser's Python that was built last; pages built before it only read well."""
    file = root / "build" / "runtime" / "build.json"
    return str(json.loads(file.read_text(encoding="utf-8"))["build"]) if file.exists() else BookConfig.build


def _validate(app: Sphinx, config: Config) -> None:
    options = dict(config.tinybook)
    unknown = options.keys() - ({option.name for option in fields(BookConfig)} - {"build"})
    if unknown:
        raise ConfigError(f"tinybook does not know the option {', '.join(sorted(unknown))}")
    book = BookConfig(**options, build=_runtime_build(Path(app.srcdir)))
    root = Path(app.srcdir)
    config.tinybook_settings = book
    config.tinybook_shell = digest(
        [root / "tinytorch/workshop/curriculum.py", *Path(__file__).parent.rglob("*.py")]
    ) + repr(book)
    # Experiments run in a kernel of their own, on the package beside the book.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    # A changed package runs the experiments again: its digest is the first line of every page's notebook.
    package = sorted(path for path in (root / "tinytorch").rglob("*.py") if "workshop" not in path.parts)
    config.nb_custom_formats = {".py": ["tinybook.reading.page.page_notebook", {"package": digest(package)}]}


def digest(paths: Iterable[Path]) -> str:
    """Return a short fingerprint of these files' names and texts."""
    state = hashlib.sha256()
    for path in sorted(paths):
        state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()[:12]


def setup_config(app: Sphinx) -> None:
    """Register the options."""
    app.add_config_value("tinybook", {}, "html", dict)
    app.add_config_value("tinybook_settings", None, "", BookConfig)
    app.add_config_value(
        "tinybook_shell", "", "html", str
    )  # what every page shows; a change writes all pages
    app.add_config_value("comments_config", {}, "", dict)  # Jupyter Book sets it, comments or not
    app.connect("config-inited", _validate, priority=100)
