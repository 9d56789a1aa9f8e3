"""Fresh modules: a copy of the package with the learner's objects in it, which leaves no trace.

The book's source files are read once, and compiled once; a fresh copy runs the cached code again and compiles
only the files that the learner changed. NumPy is never loaded again. While a copy is in force,
`import tinytorch` anywhere means that copy.
"""

from __future__ import annotations

import functools
import importlib.util
import linecache
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from tinytorch.workshop.source import Refused, read_answer, span, splice_all, unreadable_is_refused

PACKAGE = "tinytorch"
_ROOT = Path(__file__).parent.parent
_NATIVE = tuple(
    _ROOT / "workshop" / name for name in ("tito", "shelf", "nbgrader")
)  # for terminals and classes


def module_file(module: str) -> Path:
    """Return the file of a module of the package."""
    relative = Path(*module.split(".")[1:])
    folder = _ROOT / relative
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


@functools.lru_cache(maxsize=256)
def _existing_file(module: str) -> Path | None:
    """Return a module's file if there is one; to ask the disk each time took a fifth of a check."""
    file = module_file(module)
    return file if file.exists() else None


@functools.cache
def book_source(module: str) -> str:
    """Return the book's own text of a module."""
    return module_file(module).read_text(encoding="utf-8")


def package_files() -> Iterator[tuple[str, str, str]]:
    """Yield (module, file relative to the package, text) of everything that the package consists of."""
    for file in sorted(_ROOT.rglob("*")):
        if file.is_file() and file.suffix in (".py", ".json", ".typed") and not _is_native(file):
            relative = file.relative_to(_ROOT)
            module = ".".join([PACKAGE, *relative.with_suffix("").parts]).removesuffix(".__init__")
            yield module, relative.as_posix(), file.read_text(encoding="utf-8")


def _is_native(file: Path) -> bool:
    return any(file.is_relative_to(folder) for folder in _NATIVE)


def data_folder() -> Path:
    """Return the folder of the datasets that come with the package."""
    return _ROOT / "data" / "files"


def data_files() -> Iterator[tuple[str, bytes]]:
    """Yield (file relative to the package, content) of datasets that are here; a browser may lack them."""
    for file in sorted(data_folder().glob("*")):
        if file.is_file():
            yield file.relative_to(_ROOT).as_posix(), file.read_bytes()


class Answers:
    """Learners' answers put into the package: code to run, and the way back from a line to its answer.

    `texts` maps objects, such as "tinytorch.core.tensor:Tensor.__add__", to the learner's text of them.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Splice all answers and compile the files that changed.

        Raises:
            Refused: a text cannot take its object's place.
        """
        self.texts: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        paths: dict[str, dict[str, str]] = {}  # of each module
        for name, text in texts.items():
            module, _, path = name.partition(":")
            with _about(name):
                self.texts[name] = read_answer(text, path)
                paths.setdefault(module, {})[path] = self.texts[name]
        for module, answers in paths.items():
            self.sources[module] = splice_all(book_source(module), answers)
        self._spans = [self._span(name) for name in self.texts]
        self.code = {module: self._compile(module) for module in self.sources}

    def line(self, filename: str, line: int) -> tuple[str, int] | None:
        """Translate a place in the package into (object, line of the learner's text), if it is in one."""
        for name, file, first, last, offset in self._spans:
            if file == filename and first <= line <= last:
                return name, line - offset
        return None

    def _compile(self, module: str) -> CodeType:
        """Compile a changed file. Some text can be read but not compiled: a `break` outside a loop."""
        source, file = self.sources[module], _filename(module)
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        try:
            with unreadable_is_refused(source):
                return _compiled(source, file)
        except Refused as refused:
            anyone = next(name for name in self.texts if name.startswith(f"{module}:"))
            refused.object, refused.line = self.line(_filename(module), refused.line or 0) or (anyone, None)
            raise

    def _span(self, name: str) -> tuple[str, str, int, int, int]:
        module, _, path = name.partition(":")
        with _about(name), unreadable_is_refused(self.texts[name]):  # inside its class it may nest too deeply
            first, last = span(self.sources[module], path)
        offset = first - span(self.texts[name], path.rpartition(".")[2])[0]
        return name, _filename(module), first, last, offset


@functools.lru_cache(maxsize=128)
def _compiled(source: str, file: str) -> CodeType:
    return compile(source, file, "exec", dont_inherit=True)


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Let a refusal say which object it is about."""
    try:
        yield
    except Refused as refused:
        refused.object = name
        raise


def _filename(module: str) -> str:
    return f"<your {module}>"


def fitting(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that can take their object's place; the book may have changed since they passed."""
    fits = {}
    for name, text in texts.items():
        with suppress(Refused):
            Answers({name: text})
            fits[name] = text
    return fits


@contextmanager
def fresh_package(changed: Mapping[str, CodeType]) -> Iterator[None]:
    """Put a fresh copy of the package in force, with `changed` in place of those modules' own code."""
    shelf = {name: module for name, module in sys.modules.items() if _is_framework(name)}
    finders = list(sys.meta_path)
    for name in shelf:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(changed))
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        for name in [name for name in sys.modules if _is_framework(name)]:
            del sys.modules[name]
        sys.modules.update(shelf)


def _is_framework(name: str) -> bool:
    return (name == PACKAGE or name.startswith(PACKAGE + ".")) and not name.startswith(PACKAGE + ".workshop")


@functools.cache
def _book_code(module: str) -> CodeType:
    """Return the book's code, as an import would: from the bytecode beside the text, where there is some."""
    code = SourceFileLoader(module, str(module_file(module))).get_code(module)
    if code is None:
        raise ImportError(f"{module} has no code")
    return code


class _Finder(MetaPathFinder, Loader):
    """Finds the package's modules among the cached code objects, and loads them."""

    def __init__(self, changed: Mapping[str, CodeType]) -> None:
        self._changed = changed

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        file = _existing_file(name) if _is_framework(name) else None
        if file is None:
            return None
        spec = importlib.util.spec_from_loader(
            name, self, origin=str(file), is_package=file.name == "__init__.py"
        )
        if spec is None:
            return None
        spec.has_location = True  # modules know their __file__, as everywhere
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(file.parent))  # so that tinytorch.workshop is found
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        code = self._changed.get(module.__name__) or _book_code(module.__name__)
        exec(code, module.__dict__)
