"""Without a network, and from one build to the next. The host of these tests can really be stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from exercise_page import ExercisePage
from host import Host, another_build
from pages import box, run, words
from visits import SITE, Visit, visit

START, TENSOR = "00_start", "01_tensor"
PLOT = next(
    one["name"]
    for one in json.loads((SITE / "chapters" / f"{TENSOR}.json").read_text(encoding="utf-8"))["experiments"]
    if "matplotlib" in one["needs"]
)
ENDLESS = "def numel(shape):\n    while True:\n        pass\n"
KEPT = """async () => {
    const names = (await caches.keys()).filter((name) => /^tinytorch-(files|builds):/.test(name));
    const urls = [];
    for (const name of names) urls.push(...(await (await caches.open(name)).keys()).map(({ url }) => url));
    return urls;
}"""


FORGET = """async (stay) => {
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const { url } of await cache.keys()) if (!stay.includes(url)) await cache.delete(url);
    }
}"""


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next build of the site, changed everywhere."""
    return another_build(tmp_path_factory.mktemp("second"))


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    if not host.down:
        host.stop()


@pytest.fixture
def visitor(chromium: Any) -> Iterator[Visit]:
    """A reader with a service worker."""
    reader = visit(chromium, service_workers="allow")
    yield reader
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []


def kept(page: Any) -> list[str]:
    """Return the addresses of everything that this browser keeps of the book."""
    return page.evaluate(KEPT)


def filled(page: Any) -> None:
    """Wait until this page's build, with the Python of a first check, is on the device."""
    page.locator('html[data-kept="ready"]').wait_for()


def cut(host: Host, reader: Visit) -> None:
    host.stop()
    reader.context.set_offline(True)


def mended(host: Host, reader: Visit) -> None:
    host.start()
    reader.context.set_offline(False)


def edition(page: Any) -> tuple[str | None, str | None, str, str]:
    """Return which build the page's text, program, style and chapter are of."""
    return tuple(
        page.evaluate(
            """async () => {
                await window.tinytorch.ready();
                const config = document.getElementById("tinytorch-config").textContent;
                const { root, content, chapter } = JSON.parse(config);
                const base = new URL(root + content, document.baseURI).href;
                const facts = chapter && await (await fetch(`${base}chapters/${chapter}.json`)).json();
                const style = getComputedStyle(document.documentElement);
                return [
                    document.querySelector("h1 [data-edition]")?.dataset.edition ?? "first",
                    document.documentElement.dataset.edition ?? "first",
                    style.getPropertyValue("--edition").trim() || "first",
                    facts && /\\(second\\)$/.test(facts.exercises[0].title) ? "second" : "first",
                ];
            }"""
        )
    )


WHOLE = {name: (name,) * 4 for name in ("first", "second")}


def shows_second(page: Any, navigate: Callable[[], object]) -> None:
    """Navigate to the new build. A slow device shows the old one, whole, until the new one is whole."""
    for _ in range(10):
        navigate()
        shown = edition(page)
        if shown == WHOLE["second"]:
            return
        assert shown == WHOLE["first"]
    raise AssertionError("the new build never came")


def test_the_network_is_cut_in_the_middle_of_the_first_visit(visitor: Visit) -> None:
    """On the plainest host, below a path: nothing isolates the page, so Stop takes its worker away."""
    host = Host(prefix="/some/course", plain=True)
    page = ExercisePage(visitor, host.site, START)
    filled(page.page)
    assert page.page.evaluate("navigator.serviceWorker.controller !== null"), "the first page is ours, too"
    cut(host, visitor)

    page.passes("numel")
    page.write("numel", ENDLESS)
    page.begin("numel")
    page.press("numel", "stop")
    page.outcome("numel")
    page.passes("numel")
    assert page.editor("numel").is_visible()

    page.page.reload()
    page.page.evaluate("tinytorch.ready()")
    page.passes("numel")
    for address in ("", "index.html", "?from=a+mail#the-whole-book"):
        page.page.goto(host.site.url + address)
        page.page.get_by_role("heading", name="The whole book").wait_for()
    page.page.get_by_role("link", name="Start here").first.click()
    page.page.get_by_role("heading", name="Start here", level=1).wait_for()

    never_read = f"{host.site.url}exercises/{TENSOR}.html?x=1#below"
    for theme in ("light", "dark"):
        page.page.emulate_media(color_scheme=theme)
        page.page.goto("about:blank")
        page.page.goto(never_read)
        page.page.get_by_role("heading", name="This page is not kept on this device").wait_for()
        assert page.page.evaluate("document.documentElement.dataset.theme") == theme
        assert page.page.evaluate("document.styleSheets.length > 5"), "in the book's own clothes"
    readable = page.page.locator("[data-readable] a")
    readable.first.wait_for()
    assert sorted(readable.all_inner_texts()) == ["Build the framework, then train with it", "Start here"]
    readable.get_by_text("Start here").click()
    page.page.get_by_role("heading", name="Start here", level=1).wait_for()

    mended(host, visitor)
    page.page.goto(never_read)
    page.page.get_by_role("heading", name="Tensor", level=1).wait_for()
    host.stop()


def test_nothing_travels_twice_and_isolation_stays(visitor: Visit, host: Host) -> None:
    """Check is pressed at once; what the reader's own start has loaded is taken from the browser's cache."""
    page = ExercisePage(visitor, host.site, TENSOR)
    page.passes("tensor_add")
    filled(page.page)
    build = json.loads(
        next(path for path in (SITE / "offline").glob("*.json") if path.name != "newest.json").read_text()
    )
    for file in build["files"]:
        if file["group"] in ("core", "check", "shell") and file["bytes"] > 10_000:
            assert host.sent.get(file["path"], 0) < 1.5 * file["bytes"], file["path"]
    assert host.sent[next(f["path"] for f in build["files"] if f["path"].endswith(".wasm"))] < 6_000_000

    page.page.reload()
    page.page.evaluate("tinytorch.ready()")
    before = len(host.asked)
    page.passes("tensor_add")
    assert [
        path for path in host.asked[before:] if path.startswith(("runtime/", "content/", "_static/"))
    ] == []

    cut(host, visitor)
    page.page.reload()
    page.page.evaluate("tinytorch.ready()")
    assert page.page.evaluate("crossOriginIsolated")
    page.passes("tensor_add")
    picture = page.page.locator("main img").first
    picture.scroll_into_view_if_needed()
    page.page.wait_for_function("document.querySelector('main img').naturalWidth > 0")


def test_a_new_build_is_seen_at_the_next_navigation_and_an_old_tab_stays_whole(
    visitor: Visit, host: Host, second: Path
) -> None:
    old = ExercisePage(visitor, host.site, START)
    filled(old.page)
    host.folder = second
    new = visitor.context.new_page()
    shows_second(new, lambda: new.goto(f"{host.site.url}exercises/{START}.html"))

    assert edition(old.page) == WHOLE["first"]
    old.passes("numel")  # its Python starts only now
    filled(new)
    new.close()
    again = visitor.context.new_page()
    again.goto(f"{host.site.url}exercises/{START}.html")
    filled(again)
    assert edition(old.page) == WHOLE["first"], "kept as long as a page shows it"
    again.close()

    cut(host, visitor)
    old.write("numel", ENDLESS)
    old.begin("numel")
    old.press("numel", "stop")
    old.outcome("numel")
    old.passes("numel")
    mended(host, visitor)

    shows_second(old.page, old.open)
    filled(old.page)
    old.page.wait_for_function(
        f"async () => (await ({KEPT})()).filter((url) => /offline\\/\\w+\\.json$/.test(url)).length === 1"
    )
    cut(host, visitor)
    old.page.goto(host.site.url)
    assert edition(old.page)[0] == "second", "a page that was kept of the old build is kept of the new one"
    old.open()
    assert edition(old.page) == WHOLE["second"]
    old.passes("numel")


def remove(path: Path) -> None:
    path.unlink()


def halve(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.unlink()
    path.write_bytes(data)


HALVES: dict[str, tuple[str, Callable[[Path], None]]] = {
    # First: once it has come whole, the service worker remembers it.
    "the list came by half": ("offline/[0-9a-f]*.json", halve),
    "a program is missing": ("_static/tinytorch/page-*.js", remove),
    "the program is of no build": ("_static/tinytorch/main.js", flip),
    "a style came by half": ("_static/book/page.css", halve),
    "the chapter was changed": (f"content/*/chapters/{START}.json", flip),
    "the list of packages is missing": ("runtime/*/second*/manifest.json", remove),
    "the engine is missing": ("runtime/*/pyodide/pyodide.asm.wasm", remove),
    "the page came by half": (f"exercises/{START}.html", halve),
    "the page is missing": (f"exercises/{START}.html", remove),
}


def test_half_of_a_new_build_leaves_the_old_one_whole(
    visitor: Visit, host: Host, second: Path, tmp_path: Path
) -> None:
    page = ExercisePage(visitor, host.site, START)
    filled(page.page)
    page.passes("numel")
    first = kept(page.page)
    session = visitor.context.new_cdp_session(page.page)
    other_engine = another_build(tmp_path / "engine", engine=True)
    for number, (fault, (pattern, harm)) in enumerate(HALVES.items()):
        half = tmp_path / str(number)
        shutil.copytree(other_engine if "engine" in fault else second, half, copy_function=os.link)
        for path in half.glob(pattern):
            harm(path)
        host.folder = half
        page.open()
        assert edition(page.page) == WHOLE["first"], fault
        page.page.evaluate(FORGET, first)  # each fault by itself: nothing of the new build is here already
        session.send("Network.clearBrowserCache")
    page.passes("numel")
    host.folder = second
    shows_second(page.page, page.open)
    page.passes("numel")


def test_a_log_in_page_and_a_silent_network(visitor: Visit, host: Host, tmp_path: Path) -> None:
    page = ExercisePage(visitor, host.site, START)
    filled(page.page)
    portal = tmp_path / "portal"
    (portal / "exercises").mkdir(parents=True)
    (portal / f"exercises/{START}.html").write_text("<title>Wi-Fi</title><h1>Log in to the Wi-Fi</h1>")
    host.folder = portal
    page.page.goto(page.address)
    page.page.get_by_role("heading", name="Log in to the Wi-Fi").wait_for()

    answered = threading.Event()
    host.folder = SITE
    host.before = lambda path: answered.wait(60) if path.endswith(".html") else None
    page.open()
    assert edition(page.page) == WHOLE["first"]
    answered.set()


def panel(page: ExercisePage) -> Any:
    return page.page.locator("section[data-offline]")


def test_the_whole_book_from_the_button(visitor: Visit, host: Host, tmp_path: Path) -> None:
    page = ExercisePage(visitor, host.site, START)
    offline, said = panel(page), panel(page).locator("output")
    button = {name: offline.locator(f'[data-action="{name}"]') for name in ("keep", "pause", "remove")}
    state = offline.locator('[data-role="kept"]')
    filled(page.page)
    state.get_by_text(re.compile(r"2 of \d+ pages and Python")).wait_for()

    # A file arrives changed: it is not kept, and that is said.
    damaged = tmp_path / "damaged"
    shutil.copytree(SITE, damaged, ignore=shutil.ignore_patterns("lite"))
    for wheel in damaged.glob("runtime/*/pyodide/matplotlib-*.whl"):
        flip(wheel)
    host.folder = damaged
    button["keep"].click()
    said.get_by_text("arrived changed, so it was not kept").wait_for()
    assert not any("/matplotlib-" in address for address in kept(page.page))

    # The network goes in the middle.
    host.folder = SITE
    host.before = lambda path: setattr(host, "down", "/matplotlib-" in path or host.down)
    button["keep"].click()
    said.get_by_text("It was interrupted").wait_for()
    host.down = False

    # The reader stops in the middle, and goes on.
    held = threading.Event()
    host.before = lambda path: held.wait(60) if "/matplotlib-" in path else None
    button["keep"].click()
    offline.locator('[data-role="progress"]').get_by_text("MB").wait_for()
    button["pause"].click()
    said.get_by_text("Stopped.").wait_for()
    held.set()
    button["keep"].get_by_text("Go on").wait_for()
    button["keep"].click()
    said.get_by_text("The whole book is on this device.").wait_for()
    state.get_by_text("all pages and Python").wait_for()
    assert not button["keep"].is_visible()

    cut(host, visitor)
    page.page.goto(f"{host.site.url}exercises/{TENSOR}.html")
    page.page.evaluate("tinytorch.ready()")
    experiment = box(page.page, "experiment", PLOT)
    assert run(experiment) == "passed", words(experiment)
    assert experiment.locator("output img").count() == 1
    page.page.goto(f"{host.site.url}developers/hooks.html")
    page.page.get_by_role("heading", name="Hooks", level=1).wait_for()
    mended(host, visitor)

    page.open()
    button["remove"].click()
    said.get_by_text("Removed.").wait_for()
    state.get_by_text("Nothing of the book is kept").wait_for()
    page.open()
    page.page.locator('html[data-kept="spared"]').wait_for()
    assert [address for address in kept(page.page) if not address.endswith("/offline/wish")] == []


def test_the_whole_book_keeps_itself_up_to_date(visitor: Visit, host: Host, second: Path) -> None:
    page = ExercisePage(visitor, host.site, START)
    filled(page.page)
    panel(page).locator('[data-action="keep"]').click()
    panel(page).locator("output").get_by_text("The whole book is on this device.").wait_for()
    host.folder = second
    shows_second(page.page, page.open)
    filled(page.page)
    cut(host, visitor)
    page.page.goto(f"{host.site.url}exercises/{TENSOR}.html")
    assert edition(page.page) == WHOLE["second"]
    # In that build it needs a dataset.
    assert run(box(page.page, "experiment", "first_tensors")) == "passed"


def test_no_room_is_said_and_nothing_breaks(visitor: Visit, host: Host) -> None:
    session = visitor.context.new_cdp_session(visitor.page)
    origin = host.site.url.rstrip("/")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 8_000_000})
    page = ExercisePage(visitor, host.site, START)
    panel(page).locator("output").get_by_text("no room left").wait_for()
    panel(page).locator("output").evaluate("output => output.replaceChildren()")
    panel(page).locator('[data-action="keep"]').click()
    panel(page).locator("output").get_by_text("no room left").wait_for()
    page.page.evaluate("navigator.storage.estimate = async () => ({ quota: 9e6, usage: 8e6 })")
    panel(page).locator('[data-action="keep"]').click()
    panel(page).locator("output").get_by_text("gives the book 1.0 MB more").wait_for()
    page.passes("numel")


def test_a_reader_who_saves_data_is_spared(visitor: Visit, host: Host) -> None:
    visitor.context.add_init_script(
        "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
    )
    page = ExercisePage(visitor, host.site, START)
    page.page.locator('html[data-kept="spared"]').wait_for()
    assert not any(path.startswith("runtime/") for path in host.asked)
    assert kept(page.page) == []


def test_jupyterlite_has_its_own_service_worker(visitor: Visit, host: Host) -> None:
    page = ExercisePage(visitor, host.site, START)
    filled(page.page)
    tab = visitor.context.new_page()
    tab.goto(f"{host.site.url}lite/notebooks/index.html?path={START}.ipynb")
    tab.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    tab.wait_for_function("navigator.serviceWorker.controller?.scriptURL.includes('/lite/')")
    scopes = tab.evaluate(
        "async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope).sort()"
    )
    assert scopes == [host.site.url, f"{host.site.url}lite/"]
    assert not any("/lite/" in address for address in kept(page.page))
    assert page.page.evaluate("navigator.serviceWorker.controller.scriptURL") == f"{host.site.url}sw.js"
    tab.close()  # its kernel may still be loading, and would complain
    cut(host, visitor)
    page.passes("numel")


def test_the_switch_removes_everything(
    visitor: Visit, host: Host, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = ExercisePage(visitor, host.site, START)
    filled(page.page)
    host.folder = another_build(tmp_path_factory.mktemp("off"), offline=False)
    page.open()
    page.page.wait_for_function(
        f"""async () => (await navigator.serviceWorker.getRegistrations()).length === 0
            && (await ({KEPT})()).length === 0"""
    )
    page.open()
    page.passes("numel")
    assert panel(page).locator("button:visible").count() == 0
