"""Every address has its version, and the list of the site is true."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from assemble import unknown_needs
from bs4 import BeautifulSoup
from versions import configured, version_page, version_site, version_styles

PAGE = """<html><head>
<link rel="stylesheet" href="../_static/a.css?v=old"><link rel="next" href="other.html">
<script type="application/json" id="tinytorch-config">{"chapter": "01_x"}</script>
<script src="../_static/a.js"></script></head><body><h1>A &amp; <code>B</code></h1>
<img src="../_images/1.svg" alt=""><a href="../_static/a.js">source</a></body></html>"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A site of one page with one of everything."""
    site = tmp_path / "site"
    files = {
        "exercises/01_x.html": PAGE,
        "_static/a.css": '@import "b.css"; p { background: url(dot.png) } q { background: url(gone.png) }',
        "_static/b.css": "p { color: red }",
        "_static/dot.png": "dot",
        "_static/a.js": "a()",
        "_images/1.svg": "<svg/>",
        "_images/2.svg": "<svg>of a page that is no more</svg>",
        "chapters/index.json": "{}",
        "chapters/01_x.json": '{"name": "01_x"}',
        "milestones/1986.json": '{"needs": ["tinydigits"]}',
        "lite/index.html": "<h1>Lite</h1>",
        "sw.js": "self",
    }
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    return site


def sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:12]


def listing(site: Path) -> dict:
    name = json.loads((site / "offline/newest.json").read_text())["site"]
    return json.loads((site / f"offline/{name}.json").read_text())


def built(site: Path, offline: bool = True) -> str:
    version_site(site, offline)
    return (site / "exercises/01_x.html").read_text(encoding="utf-8")


def test_what_a_page_loads_carries_its_hash(small: Path) -> None:
    page = BeautifulSoup(built(small), "html.parser")
    style = (small / "_static/a.css").read_bytes()
    assert page.select_one("[rel=stylesheet]")["href"] == f"../_static/a.css?v={sha(style)}"
    expected = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert page.select_one("[rel=stylesheet]")["integrity"] == f"sha256-{expected}"
    assert page.select_one("script[src]")["src"] == f"../_static/a.js?v={sha(b'a()')}"
    assert page.select_one("script[src]")["integrity"]
    assert page.select_one("img")["src"] == f"../_images/1.svg?v={sha(b'<svg/>')}"
    assert page.select_one("[rel=next]")["href"] == "other.html", "pages are found by their names"
    assert page.select_one("a")["href"] == "../_static/a.js", "what a reader follows is no part of the page"


def test_a_changed_import_changes_the_sheet_that_imports_it(small: Path) -> None:
    version_styles(small)
    first = (small / "_static/a.css").read_text()
    assert f'@import "b.css?v={sha(b"p { color: red }")}"' in first
    assert f"url(dot.png?v={sha(b'dot')})" in first
    assert "url(gone.png)" in first
    (small / "_static/b.css").write_text("p { color: blue }")
    (small / "_static/a.css").write_text('@import "b.css";')
    version_styles(small)
    assert sha(b"p { color: blue }") in (small / "_static/a.css").read_text()


def test_versioning_a_page_twice_is_versioning_it_once(small: Path) -> None:
    once = version_page(PAGE, small / "exercises")
    assert version_page(once, small / "exercises") == once


def test_a_page_says_where_its_build_lies(small: Path) -> None:
    page = BeautifulSoup(built(small), "html.parser")
    config = json.loads(page.select_one("#tinytorch-config").text)
    assert (small / config["content"] / "chapters/01_x.json").read_text() == '{"name": "01_x"}'
    assert (small / "chapters/01_x.json").exists(), "its public address stays"
    assert (small / config["content"] / "milestones/1986.json").exists()
    assert config["site"] == listing(small)["site"]
    assert "\\u003c" in configured(PAGE, site="</script>")


@pytest.mark.parametrize(
    "name", ["_static/dot.png", "chapters/01_x.json", "milestones/1986.json", "_static/b.css"]
)
def test_any_change_makes_another_build(small: Path, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(small, other)
    (other / name).write_text("changed", encoding="utf-8")
    built(small)
    built(other)
    assert listing(small)["site"] != listing(other)["site"]


def test_the_list_is_true(small: Path) -> None:
    built(small)
    files = listing(small)["files"]
    assert {file["path"] for file in files} == {
        str(path.relative_to(small))
        for path in small.rglob("*")
        if path.is_file() and path.relative_to(small).parts[0] not in ("lite", "offline", "sw.js")
    }
    for file in files:
        data = (small / file["path"]).read_bytes()
        assert file["bytes"] == len(data)
        assert file["gzip"] == len(gzip.compress(data, 6, mtime=0))
        assert file["integrity"].endswith(base64.b64encode(hashlib.sha256(data).digest()).decode())
        assert file["address"] in (file["path"], f"{file['path']}?v={sha(data)}")
    assert len({file["address"] for file in files}) == len(files)


def test_a_page_lists_what_it_needs(small: Path) -> None:
    page = built(small)
    [entry] = listing(small)["pages"]
    content = json.loads(re.search(r'config">(.*?)<', page)[1])["content"]
    assert entry == {
        "path": "exercises/01_x.html",
        "title": "A & B",
        "needs": [
            f"_images/1.svg?v={sha(b'<svg/>')}",
            f"{content}chapters/index.json",
            f"{content}chapters/01_x.json",
        ],
    }


def test_a_milestones_page_needs_its_program(small: Path) -> None:
    """Without a network its Run button would do nothing otherwise."""
    path = small / "exercises/01_x.html"
    text = path.read_text(encoding="utf-8")
    box = '<section class="tt-milestone-box" id="milestone-1986" data-milestone="1986">'
    path.write_text(text + box, encoding="utf-8")
    content = json.loads(re.search(r'config">(.*?)<', built(small))[1])["content"]
    assert f"{content}milestones/1986.json" in listing(small)["pages"][0]["needs"]


def test_pictures_of_pages_that_are_no_more_go(small: Path) -> None:
    built(small)
    assert not (small / "_images/2.svg").exists()


def test_without_offline_there_is_no_list(small: Path) -> None:
    page = built(small, offline=False)
    assert not (small / "offline").exists()
    assert json.loads(re.search(r'config">(.*?)<', page)[1])["site"] is None


def test_what_a_chapter_needs_is_in_the_runtime(small: Path) -> None:
    """Natively every package and dataset is there, so only this tells of a name that is spelt wrong."""
    needs = {
        "needs": ["tinydigits"],
        "integration_needs": ["tinydigit"],
        "exercises": [{"needs": ["numpy"]}],
        "experiments": [{"needs": ["matplotlip", "numpy"]}],
    }
    (small / "chapters/01_x.json").write_text(json.dumps(needs), encoding="utf-8")
    (small / "runtime/b").mkdir(parents=True)
    (small / "runtime/build.json").write_text('{"build": "b"}', encoding="utf-8")
    lock = {"packages": {"numpy": {}, "tinydigits": {}}}
    (small / "runtime/b/pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    unknown = ["matplotlip (needed in 01_x)", "tinydigit (needed in 01_x)"]
    assert unknown_needs(small) == unknown
    (small / "milestones/1986.json").write_text('{"needs": ["tinydigit", "numpy"]}', encoding="utf-8")
    assert unknown_needs(small) == [*unknown, "tinydigit (needed in 1986)"]
