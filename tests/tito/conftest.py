"""What tito's tests share: a workspace in a folder of its own."""

import pytest
from tito_helpers import Here


@pytest.fixture
def empty(tmp_path, monkeypatch, capsys):
    """A folder without a workspace."""
    monkeypatch.chdir(tmp_path)
    return Here(tmp_path / "tinytorch-workspace", capsys)


@pytest.fixture
def tito(empty, monkeypatch):
    """A workspace with module 01 started, as current folder."""
    assert empty("module", "start", "01") == 0
    monkeypatch.chdir(empty.root)
    return empty
