"""Every example in a docstring of the package does what it shows."""

import doctest
import importlib
from pathlib import Path

import pytest

import tinytorch

PACKAGE = Path(tinytorch.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_do_what_they_show(name):
    # The package re-exports functions of the same names as modules, so the module comes from its full name.
    result = doctest.testmod(importlib.import_module(name), report=True)
    assert result.attempted > 0, f"{name} has an example that doctest does not find"
    assert result.failed == 0, "see the output above"


def test_the_core_has_examples():
    assert "tinytorch.core.tensor" in MODULES and "tinytorch.core.shapes" in MODULES
