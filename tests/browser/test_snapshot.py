"""The second start on a device begins with a snapshot of the first; where it cannot, it starts as before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exercise_page import ExercisePage, solution
from visits import Site, Visit, visit

NAME, CHAPTER = "numel", "00_start"
MARK = "ein_geheimes_Wort"  # of a learner, for whom it is nobody's business
MINE = f"def numel(shape):\n    {MARK} = 0\n    return {MARK}\n"

KEPT = """async () => {
    const cache = await caches.open("tinytorch-snapshot:/");
    return (await cache.keys()).map(({ url }) => url);
}"""

# Put something else in the place of a part of what is kept.
CHANGE = """async () => {
    const cache = await caches.open("tinytorch-snapshot:/");
    const keys = await cache.keys();
    const request = keys.find(({ url }) => url.endsWith("&files") === %s);
    const kept = await cache.match(request);
    const bytes = new Uint8Array(await kept.arrayBuffer());
    await cache.put(request, new Response(%s, { headers: kept.headers }));
}"""
SHORT = "bytes.slice(0, bytes.length - 1000)"
# One digit of a number in the list at its beginning.
LINKS = """(() => {
    const at = new TextDecoder("latin1").decode(bytes).indexOf('"functions":') + 12;
    bytes[at] = bytes[at] === 49 ? 50 : 49;
    return bytes;
})()"""
DAMAGE = {
    "memory cut short": CHANGE % ("false", SHORT),
    "files cut short": CHANGE % ("true", SHORT),
    "files empty": CHANGE % ("true", "new Uint8Array()"),
    "made among other functions": CHANGE % ("true", LINKS),
    "memory scrambled": CHANGE % ("false", "bytes.map((byte, at) => at < 100000 ? byte : byte ^ 0x55)"),
}

CONTAINS = """async (word) => {
    const cache = await caches.open("tinytorch-snapshot:/");
    for (const request of await cache.keys()) {
        const bytes = await (await cache.match(request)).arrayBuffer();
        if (new TextDecoder("latin1").decode(bytes).includes(word)) return true;
    }
    return false;
}"""


def start(reader: Visit, site: Site, query: str = "", chapter: str = CHAPTER) -> ExercisePage:
    """Open the chapter anew and let Python start."""
    page = ExercisePage(reader, site, chapter)
    if query:
        page.page.goto(page.address + query)
        page.page.evaluate("tinytorch.ready()")
    return page


def started(page: ExercisePage) -> str:
    """Return what Python has started from, once it has."""
    return waited(page, "started")


def recorded(page: ExercisePage) -> str:
    """Wait for the end of what comes after a start, and return what it was."""
    return waited(page, "snapshot")


def waited(page: ExercisePage, name: str) -> str:
    page.page.locator(f"html[data-{name}]").wait_for(state="attached")
    return page.page.evaluate(f"document.documentElement.dataset.{name}")


@pytest.fixture(scope="module")
def returning(chromium: Any, site: Site) -> Iterator[Visit]:
    """A reader who ran Python once, on wrong code of their own; a snapshot was made on their device."""
    reader = visit(chromium)
    page = start(reader, site)
    page.write(NAME, MINE)
    assert page.check(NAME) == "failed"
    assert started(page) == "files"
    assert recorded(page) == "made"
    yield reader
    reader.context.close()
    assert reader.foreign == []
    assert reader.errors == []


def test_the_next_start_uses_it_and_checks_are_the_same(returning: Visit, site: Site) -> None:
    page = start(returning, site)
    assert page.check(NAME) == "failed"
    assert started(page) == "snapshot"
    page.passes(NAME)
    assert recorded(page) == "kept"
    tensor = start(returning, site, chapter="01_tensor")
    tensor.write("tensor_add", "def __add__(self, other):\n    return self + other\n")
    assert tensor.check("tensor_add") == "error"
    tensor.passes("tensor_add")


def test_numpy_is_in_it_and_can_still_be_opened(returning: Visit, site: Site) -> None:
    """Python finds NumPy imported, and nobody has to read its files; its libraries know where they are."""
    libraries = returning.page.evaluate(LIBRARIES)
    assert any("_multiarray_umath" in name for name in libraries), libraries
    page = start(returning, site)
    for library in libraries:
        page.write(NAME, OPENED.replace("LIBRARY", library))
        page.check(NAME)
        assert started(page) == "snapshot"
        assert page.result(NAME).locator('[data-role="stdout"]').text_content().split()[0] == "opened"


def test_packages_that_come_later_fit_to_it(returning: Visit, site: Site) -> None:
    """Drawing loads matplotlib, which needs the NumPy that came out of the snapshot's files."""
    page = start(returning, site, chapter="01_tensor")
    experiments = page.page.evaluate(
        """async () => {
            const chapter = await (await fetch("../chapters/01_tensor.json")).json();
            return chapter.experiments.filter(({ needs }) => needs.length > 0).map(({ name }) => name);
        }"""
    )
    report = page.page.evaluate("name => tinytorch.run(name)", experiments[0])
    assert report["outcome"] == "passed", report
    assert started(page) == "snapshot"


def test_it_holds_nothing_of_the_learner(returning: Visit) -> None:
    assert returning.page.evaluate(CONTAINS, "site-packages")  # the word search finds what is there
    assert not returning.page.evaluate(CONTAINS, MARK)


def test_chance_begins_anew(returning: Visit, site: Site) -> None:
    """From one memory every start would otherwise draw the same numbers."""
    drawn = set()
    for _ in range(2):
        page = start(returning, site)
        page.write(NAME, DRAWN)
        page.check(NAME)
        assert started(page) == "snapshot"
        numbers = page.result(NAME).locator('[data-role="stdout"]').text_content().split()[:2]
        assert len(numbers) == 2
        drawn.update(numbers)
    assert len(drawn) == 4


BODY = "    return 0\n"
DRAWN = f"""def numel(shape):
    import random, numpy
    print(random.random(), numpy.random.rand())
{BODY}"""
LIBRARIES = """async () => {
    const cache = await caches.open("tinytorch-snapshot:/");
    const name = (await cache.keys()).find(({ url }) => url.endsWith("&files"));
    const packed = await (await cache.match(name)).arrayBuffer();
    const list = new Uint8Array(packed, 4, new DataView(packed).getUint32(0));
    return JSON.parse(new TextDecoder().decode(list)).links.libraries.map(([file]) => file);
}"""
OPENED = f"""def numel(shape):
    import ctypes, pathlib, numpy
    library = pathlib.Path(numpy.__file__).parents[1] / "LIBRARY"
    ctypes.CDLL(str(library))["PyInit_" + library.name.partition(".")[0]]
    print("opened")
{BODY}"""


def test_it_can_be_switched_off(returning: Visit, site: Site) -> None:
    page = start(returning, site, "?snapshot=off")
    page.passes(NAME)
    assert started(page) == "files"
    assert recorded(page) == "none"
    assert len(page.page.evaluate(KEPT)) == 2


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_one_is_replaced(returning: Visit, site: Site, damage: str) -> None:
    returning.page.evaluate(DAMAGE[damage])
    page = start(returning, site)
    page.write(NAME, MINE)
    assert page.check(NAME) == "failed"
    assert started(page) == "files"
    assert recorded(page) == "made"
    page = start(returning, site)
    page.passes(NAME)
    assert started(page) == "snapshot"


def test_that_of_another_build_is_not_used_and_goes(returning: Visit, site: Site) -> None:
    returning.page.evaluate(
        """async () => {
            const cache = await caches.open("tinytorch-snapshot:/");
            for (const request of await cache.keys()) {
                const kept = await cache.match(request);
                await cache.delete(request);
                await cache.put(request.url.replace("runtime=", "runtime=other"), kept);
            }
        }"""
    )
    page = start(returning, site)
    page.passes(NAME)
    assert started(page) == "files"
    assert recorded(page) == "made"
    kept = page.page.evaluate(KEPT)
    assert len(kept) == 2
    assert not any("runtime=other" in name for name in kept)


def test_where_nothing_can_be_kept_python_starts_as_before(chromium: Any, site: Site) -> None:
    reader = visit(chromium)
    reader.context.add_init_script(
        "delete globalThis.caches; Object.defineProperty(globalThis, 'caches', "
        "{ get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page = start(reader, site)
    page.write(NAME, solution(NAME, CHAPTER))
    assert page.check(NAME) == "passed"
    assert started(page) == "files"
    reader.context.close()
    assert reader.errors == []
