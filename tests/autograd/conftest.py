"""Autograd is on in these tests, and off again after each; oracle and strategies are the core's."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from tinytorch import disable_autograd, enable_autograd

settings.register_profile("core", derandomize=True, deadline=None, max_examples=100, database=None)
settings.load_profile("core")


@pytest.fixture(autouse=True)
def autograd():
    enable_autograd()
    yield
    disable_autograd()
