"""1986 with all of MNIST, where somebody says in which folder it is."""

from __future__ import annotations

import os

import pytest

FOLDER = os.environ.get("TINYTORCH_MNIST")


@pytest.mark.skipif(FOLDER is None, reason="TINYTORCH_MNIST does not name a folder with MNIST's four files")
def test_ninety_seven_percent_of_mnist(run):
    report = run(1986, data="mnist", folder=FOLDER, epochs=3, seconds=None).report
    assert report.outcome == "passed", [check.message for check in report.checks]
    assert "97% of the test digits of MNIST" in report.checks[1].claim
