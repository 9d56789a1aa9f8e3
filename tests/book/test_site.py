"""The small book, built: pages as the contract says, JSON, policy, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from bs4 import BeautifulSoup, Tag
from small_book import WRITTEN
from tinybook.chapter_files import validate
from tinybook.site.policy import foreign_urls, problems

from tinytorch.workshop import curriculum

Page = Callable[[str], str]
Rebuild = Callable[[], CompletedProcess[str]]


@pytest.fixture
def chapter(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page("exercises/01_tensor.html"), "html.parser")


def one(soup: BeautifulSoup | Tag, selector: str) -> Tag:
    found = soup.select(selector)
    assert len(found) == 1, f"{selector}: {len(found)}"
    return found[0]


def test_the_home_page_is_the_root(site: Path) -> None:
    home = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert one(home, "a.tt-button")["href"] == "exercises/00_start.html"
    assert not (site / "book").exists()


def test_an_exercise_is_as_the_contract_says(chapter: BeautifulSoup, site: Path) -> None:
    box = one(chapter, 'section[data-exercise="tensor_add"]')
    assert box["id"] == "exercise-tensor_add"
    assert box["data-status"] == "todo"
    assert one(chapter, f"#{box['aria-labelledby']}")["role"] == "heading"
    assert one(box, '[data-role="status"]').text == "2 points"
    assert one(box, '[data-role="actions"]').has_attr("hidden")
    assert [button["data-action"] for button in box.select("button")] == [
        "check",
        "stop",
        "reset",
        "hint",
        "solution",
        "versions",
    ]
    assert all(button["type"] == "button" for button in box.select("button"))
    assert one(box, "output[data-result]").text == ""
    assert [item["data-claim"] for item in box.select(".tt-claims li")] == [
        "test_adds_elements",
        "test_returns_a_tensor",
    ]
    assert len(box.select('details[data-role="hint"]')) == 2
    data = json.loads((site / "chapters/01_tensor.json").read_text(encoding="utf-8"))["exercises"][0]
    assert one(box, '[data-role="editor"] pre').text.rstrip() == data["stub"].rstrip()
    assert one(box, '[data-role="solution"] pre').text.rstrip() == data["solution"].rstrip()


def test_an_experiment_shows_what_it_printed(chapter: BeautifulSoup) -> None:
    box = one(chapter, 'section[data-experiment="mnist_memory"]')
    assert "188 MB" in box.text
    assert [button["data-action"] for button in box.select("button")] == ["run", "stop"]
    assert one(box, "output[data-result]").text == ""


def test_a_plot_says_what_it_shows(chapter: BeautifulSoup) -> None:
    assert one(chapter, 'section[data-experiment="growth_plot"] img')["alt"] == "A line that rises evenly"


def test_integration_lists_its_claims(chapter: BeautifulSoup) -> None:
    box = one(chapter, 'section[data-integration="01_tensor"]')
    assert box.select_one("li[data-claim]").text == "Sums of sums keep their shape."
    assert one(box, 'button[data-action="run"]')


def test_questions_have_forms_and_answers(chapter: BeautifulSoup) -> None:
    choice = one(chapter, 'section[data-question="which_shapes"]')
    assert [item["value"] for item in choice.select('form input[type="radio"]')] == ["0", "1"]
    number = one(chapter, 'section[data-question="batch_bytes"]')
    assert one(number, "form input")["inputmode"] == "decimal"
    assert "100,352 bytes" in one(number, "details").text
    assert not chapter.select('section[data-question="why_types"] form')
    assert "multiplication" in one(chapter, 'section[data-question="why_types"] details').text


def test_the_worked_example_is_the_packages_text(chapter: BeautifulSoup, book_source: Path) -> None:
    figure = one(chapter, "figure.tt-pull")
    assert figure.select_one("pre").text.startswith("def __sub__(self, other")
    assert "tinytorch/core/tensor.py" in one(figure, "figcaption").text


def test_the_workspace_panel(page: Page) -> None:
    panel = one(BeautifulSoup(page("exercises/00_start.html"), "html.parser"), "section[data-workspace]")
    assert [button["data-action"] for button in panel.select("button")] == ["export", "import"]
    assert one(panel, 'input[type="file"]').has_attr("hidden")
    assert one(panel, '[data-role="saved"]')


def test_no_check_and_no_wrong_answer_is_on_the_page(page: Page) -> None:
    text = BeautifulSoup(page("exercises/01_tensor.html"), "html.parser").text
    assert "def test_" not in text
    assert "return self.data + other.data" not in text


@pytest.mark.parametrize(
    ("name", "root", "here"),
    [
        ("index.html", "./", None),
        ("exercises/01_tensor.html", "../", "01_tensor"),
        ("developers/hooks.html", "../", None),
    ],
)
def test_every_page_carries_its_configuration(page: Page, name: str, root: str, here: str | None) -> None:
    soup = BeautifulSoup(page(name), "html.parser")
    config = json.loads(one(soup, "script#tinytorch-config").text)
    assert config == {
        "root": root,
        "book": "tinytorch",
        "build": "test-1",
        "snapshot": True,
        "runtime": "runtime/test-1/",
        "content": "",
        "site": None,
        "chapter": here,
    }
    program = one(soup, 'script[type="module"]')
    assert program["src"].endswith("_static/tinytorch/main.js")


def test_the_sidebar_links_what_is_written(chapter: BeautifulSoup) -> None:
    links = [link["data-chapter-link"] for link in chapter.select(".tt-nav a[data-chapter-link]")]
    assert links == list(WRITTEN)
    assert [link["data-exercise-link"] for link in chapter.select("a[data-exercise-link]")] == ["tensor_add"]
    assert len(chapter.select(".tt-nav .tt-planned-row")) == len(curriculum.MODULES) + 1 - len(links)


def test_the_map_is_whole_and_honest(page: Page) -> None:
    home = one(BeautifulSoup(page("index.html"), "html.parser"), ".tt-map")
    assert len(home.select(".tt-module")) == 20
    assert len(home.select(".tt-milestone")) == 6
    for module in home.select(".tt-module.is-planned"):
        assert module.select(".tt-planned")
        assert not module.select("a")


def test_my_tinytorch_reads_without_javascript(page: Page, site: Path) -> None:
    mine = BeautifulSoup(page("mine.html"), "html.parser")
    path = one(mine, 'section[data-mine="map"]')
    assert [int(row["data-mine-module"]) for row in path.select("[data-mine-module]")] == list(range(21))
    for module in curriculum.MODULES:
        row = one(path, f'[data-mine-module="{module.number}"]')
        words = " ".join(row.text.split())
        assert all(f"{need:02d} {curriculum.module(need).title}" in words for need in module.needs)
        assert all(f"{later.number:02d} {later.title}" in words for later in curriculum.opens(module.number))
        assert ("planned" in words) == (f"{module.number:02d}_{module.slug}" not in WRITTEN)
    for chapter in json.loads((site / "chapters/index.json").read_text(encoding="utf-8"))["chapters"]:
        row = one(path, f'[data-mine-module="{chapter["module"]}"]')
        names = [exercise["name"] for exercise in chapter["exercises"]]
        assert [item["data-mine-exercise"] for item in row.select("[data-mine-exercise]")] == names
        assert one(row, '[data-role="count"]').text.startswith(f"{len(names)} exercise")
    milestones = path.select("[data-mine-milestone]")
    assert [int(row["data-mine-milestone"]) for row in milestones] == [m.year for m in curriculum.MILESTONES]
    assert all("It stands on modules 01 to" in row.text for row in milestones)


def test_my_tinytorch_lists_the_framework_file_by_file(page: Page, book_source: Path) -> None:
    tree = one(BeautifulSoup(page("mine.html"), "html.parser"), 'section[data-mine="package"]')
    files = {item["data-path"]: item for item in tree.select("[data-path]")}
    package = book_source / "tinytorch"
    framework = {f"tinytorch/{file.relative_to(package).as_posix()}" for file in package.rglob("*.py")}
    assert set(files) == {name for name in framework if "/workshop/" not in name}
    assert "tensor_add" in files["tinytorch/core/tensor.py"]["data-exercises"].split()
    assert all(one(item, "p").text.strip() for item in files.values())


def test_every_link_within_the_site_leads_somewhere(site: Path) -> None:
    missing = []
    for file in site.rglob("*.html"):
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        for link in soup.select("main a[href], .tt-nav a[href]"):
            target, _, anchor = link["href"].partition("#")
            if re.match(r"[a-z]+:", target) or re.search("/(lite|wheels)/", f"/{target}"):
                continue  # other sites; JupyterLite and the wheel are put beside the book later
            other = (file.parent / target).resolve() if target else file
            if not other.exists() or (anchor and f'id="{anchor}"' not in other.read_text(encoding="utf-8")):
                missing.append(f"{file.relative_to(site)}: {link['href']}")
    assert missing == []


def test_chapters_are_written_as_valid_json(site: Path) -> None:
    index = json.loads((site / "chapters/index.json").read_text(encoding="utf-8"))
    assert [item["name"] for item in index["chapters"]] == ["00_start", "01_tensor"]
    for item in index["chapters"]:
        validate(json.loads((site / f"chapters/{item['name']}.json").read_text(encoding="utf-8")))
        assert (site / item["page"]).is_file()


# The policy


def pages(site: Path) -> list[Path]:
    found = sorted(site.rglob("*.html"))
    assert len(found) >= 7
    return found


def test_every_page_has_a_policy_that_allows_its_own_scripts_only(site: Path) -> None:
    for file in pages(site):
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        policy = one(soup, 'meta[http-equiv="Content-Security-Policy"]')["content"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'self'"
        assert rules["connect-src"] == "'self'"
        assert "unsafe-inline" not in rules["script-src"]
        assert "http" not in policy
        allowed = set(re.findall(r"'(sha256-[^']+)'", rules["script-src"]))
        inline = [
            s.string
            for s in soup.find_all("script")
            if not s.get("src") and s.get("type") != "application/json"
        ]
        hashes = {
            "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline
        }
        assert hashes == allowed
        assert file.read_text(encoding="utf-8").index("Content-Security-Policy") < file.read_text(
            encoding="utf-8"
        ).index("<script")


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for file in pages(site):
        assert problems(file.read_text(encoding="utf-8")) == [], file
    for file in site.rglob("*.css"):
        assert foreign_urls(file.read_text(encoding="utf-8")) == [], file


def test_everything_that_is_loaded_is_there(site: Path) -> None:
    missing = set()
    for file in pages(site):
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        for tag in soup.select(
            "script[src], link[rel=stylesheet][href], link[rel=preload][href], img[src], link[rel=icon]"
        ):
            target = (tag.get("src") or tag.get("href")).partition("?")[0]
            if "_static/tinytorch/" not in target and not (file.parent / target).exists():
                missing.add(f"{file.name}: {target}")
    for file in site.rglob("*.css"):
        for url in re.findall(r"url\(([^)]+)\)", file.read_text(encoding="utf-8")):
            target = url.strip("\"'").partition("?")[0].partition("#")[0]
            # KaTeX names three formats of each font; woff2 comes first, and whatever runs the page takes it.
            if not target or target.startswith("data:") or target.endswith((".woff", ".ttf")):
                continue
            if not (file.parent / target).exists():
                missing.add(f"{file.name}: {target}")
    assert missing == set()


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/x.css">',
        '<img src="http://pictures.example/x.png" alt="">',
        "<style>@import url(https://fonts.example/x.css)</style>",
        '<button onclick="go()">Go</button>',
    ],
)
def test_the_policy_finds_what_it_must(page: str) -> None:
    assert problems(page)


def test_links_to_other_sites_are_no_problem() -> None:
    assert problems('<a href="https://pytorch.org">PyTorch</a>') == []


# Accessibility, as far as HTML shows it


def test_every_picture_has_a_text_alternative(site: Path) -> None:
    for file in pages(site):
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        assert all(image.get("alt") for image in soup.find_all("img")), file
        for svg in soup.find_all("svg"):
            named = svg.get("role") == "img" and svg.find("title") and svg.get("aria-labelledby")
            assert named or svg.get("aria-hidden") == "true", f"{file}: {str(svg)[:90]}"


def test_ids_are_unique(site: Path) -> None:
    for file in pages(site):
        ids = re.findall(r'\sid="([^"]+)"', file.read_text(encoding="utf-8"))
        twins = {name for name in ids if ids.count(name) > 1}
        assert not twins, f"{file}: {twins}"


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(theme: str, book_source: Path) -> None:
    css = (book_source / "book/_static/book/tokens.css").read_text(encoding="utf-8")
    block = re.search(rf'^html\[data-theme="{theme}"\] \{{(.*?)\n\}}', css, re.DOTALL | re.MULTILINE)
    assert block is not None
    colours = dict(re.findall(r"--tt-([\w-]+): (#[0-9a-f]{6});", block[1]))
    pairs = [
        (text, ground)
        for text in ("ink", "muted", "accent", "pass", "fail", "warn")
        for ground in ("paper", "surface")
    ]
    pairs += [(text, "code-bg") for text in ("code-fg", "keyword", "string", "number", "comment", "def")]
    pairs += [("on-accent", "accent"), ("ink", "accent-soft")]
    for text, ground in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text} on {ground}"


# Rebuilding


def test_a_change_of_the_package_updates_the_page(site: Path, book_source: Path, rebuild: Rebuild) -> None:
    file = book_source / "tinytorch/core/tensor.py"
    before = file.read_text(encoding="utf-8")
    assert "Subtract element by element" in before
    try:
        file.write_text(
            before.replace("Subtract element by element", "Take away, element by element"), encoding="utf-8"
        )
        result = rebuild()
        assert result.returncode == 0, result.stderr
        assert "Take away, element by element" in (site / "exercises/01_tensor.html").read_text(
            encoding="utf-8"
        )
    finally:
        file.write_text(before, encoding="utf-8")


def test_a_failing_experiment_fails_the_build(site: Path, book_source: Path, rebuild: Rebuild) -> None:
    file = book_source / "exercises/01_tensor.py"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before.replace("images.shape\n", "images.shapes\n", 1), encoding="utf-8")
        result = rebuild()
        assert result.returncode != 0
        assert "shapes" in result.stdout + result.stderr
    finally:
        file.write_text(before, encoding="utf-8")


def test_a_malformed_chapter_fails_the_build_with_its_line(
    site: Path, book_source: Path, rebuild: Rebuild
) -> None:
    file = book_source / "exercises/00_start.py"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before.replace("# %% setup=true", "# %% setup=true colour=1"), encoding="utf-8")
        result = rebuild()
        assert result.returncode != 0
        assert "exercises/00_start.py:6: setup= does not take colour" in result.stdout + result.stderr
    finally:
        file.write_text(before, encoding="utf-8")
