"""Alone: each check in a world of its own, in an exported project as in the book; its conftest.py has this.

Chapters before 05 know nothing of gradients, and module 05 changes the package for all of the process: in one
package for all, what one check awakens would decide how another one ends.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

import tinytorch.workshop.expect  # noqa: F401  loaded now, so that what a check does to it is put back
from tinytorch.workshop.fresh import fresh_package
from tinytorch.workshop.limits import names_restored, restored


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Surround a check with a fresh copy of the package that lies beside it."""
    module = pyfuncitem.module
    with names_restored(vars(module)), restored(), fresh_package({}):
        # Run once more, so that its `from tinytorch import …` means the fresh copy.
        module.__spec__.loader.exec_module(module)
        return (yield)
