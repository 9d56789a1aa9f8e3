"""JupyterLite as built: our Python, our origin, our notebooks, and nothing that nobody asks for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lite.jupyterlite import build
from tinytorch.workshop.pages import SCRIPT


@pytest.fixture(scope="module")
def config(jupyterlite: Path) -> dict[str, Any]:
    return json.loads((jupyterlite / "jupyter-lite.json").read_text())["jupyter-config-data"]


@pytest.fixture(scope="module")
def kernel(config: dict[str, Any]) -> dict[str, Any]:
    return config["litePluginSettings"][build.KERNEL]


def test_kernel_uses_the_runtime_of_the_site(jupyterlite: Path, kernel: dict[str, Any]) -> None:
    assert (jupyterlite / kernel["pyodideUrl"]).resolve().is_file()
    assert (jupyterlite / kernel["loadPyodideOptions"]["lockFileURL"]).resolve().is_file()
    assert kernel["disablePyPIFallback"] is True
    assert not list(jupyterlite.rglob("*.wasm"))


def test_notebooks_are_listed(jupyterlite: Path) -> None:
    listing = json.loads((jupyterlite / "api" / "contents" / "all.json").read_text())
    assert [entry["path"] for entry in listing["content"]] == ["01_tensor.ipynb", "chapters"]
    assert (jupyterlite / "files" / "01_tensor.ipynb").is_file()


def test_our_extension_is_loaded_from_this_site(jupyterlite: Path, config: dict[str, Any]) -> None:
    (ours,) = [one for one in config["federated_extensions"] if one["name"] == build.OURS]
    folder = jupyterlite / "extensions" / build.OURS
    entry = (folder / ours["load"]).read_text(encoding="utf-8")
    assert (folder / "static" / re.search(r"lab\.\w+\.js", entry)[0]).is_file()
    assert json.loads((jupyterlite / "files" / "chapters" / "book.json").read_text()) == {"book": "tinytorch"}
    assert (jupyterlite / SCRIPT).is_file(), "where the notebook's Python looks for it"


def test_says_what_to_do_without_the_extension(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"0 remoteEntry\.\*\.js; npm run build"):
        build.add_extension(tmp_path, tmp_path / "site")


def test_every_page_has_a_policy_of_our_origin_only(jupyterlite: Path) -> None:
    pages = list(jupyterlite.rglob("*.html"))
    assert len(pages) > 3
    for page in pages:
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page.read_text())
        assert policy, page
        assert "default-src 'self'" in policy[1]
        assert "http" not in policy[1]
        assert "*" not in policy[1]


def test_no_source_maps(jupyterlite: Path) -> None:
    assert not list(jupyterlite.rglob("*.map"))


def test_site_has_our_name(jupyterlite: Path, config: dict[str, Any]) -> None:
    assert config["appName"] == "TinyTorch"
    assert json.loads((jupyterlite / "manifest.webmanifest").read_text())["short_name"] == "TinyTorch"


def test_policy_hashes_inline_scripts_and_nothing_else() -> None:
    html = (
        '<html><head><script src="a.js"></script><script type="application/json">{}</script>'
        '<script>go()</script><script type="module">await 1</script></head></html>'
    )
    policy = build.with_policy(html)
    assert policy.count("sha256-") == 2
    assert f"'sha256-{build.digest('go()')}' 'sha256-{build.digest('await 1')}'" in policy


def test_refuses_packages_that_the_runtime_lacks(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "build.json").write_text('{"build": "b"}')
    (tmp_path / "b" / "pyodide-lock.json").write_text('{"packages": {"numpy": {"file_name": "numpy.whl"}}}')
    with pytest.raises(SystemExit, match="not in the runtime's lock: comm, "):
        build.configuration(tmp_path)
