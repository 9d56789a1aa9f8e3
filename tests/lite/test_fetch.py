"""fetch.py keeps only what pins.json describes, and says what is wrong. No test here uses a network."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from lite.runtime.fetch import FetchError, Source, Sources, Unreachable, fetch, sources_of
from lite.runtime.pins import Pin, Pins

GOOD = b"the file that we want"


def pin(file: str = "thing.whl", data: bytes = GOOD, source: str = "shop") -> Pin:
    return Pin(file, len(data), hashlib.sha256(data).hexdigest(), use="check", source=source, role="a test")


def giving(data: bytes) -> Source:
    """A source that has every file, with these bytes."""

    def get(wanted: Sequence[Pin], folder: Path) -> None:
        for each in wanted:
            (folder / each.file).write_bytes(data)

    return get


def unreachable(wanted: Sequence[Pin], folder: Path) -> None:
    raise Unreachable("no route to host")


def shops(*pairs: tuple[str, Source]) -> Sources:
    return lambda kind: pairs


def test_fills_the_cache_and_names_what_was_brought(tmp_path: Path) -> None:
    assert fetch([pin()], tmp_path / "cache", shops(("shop", giving(GOOD)))) == ["thing.whl"]
    assert (tmp_path / "cache" / "thing.whl").read_bytes() == GOOD


def test_asks_nobody_for_what_is_here(tmp_path: Path) -> None:
    (tmp_path / "thing.whl").write_bytes(GOOD)
    assert fetch([pin()], tmp_path, shops(("shop", unreachable))) == []


@pytest.mark.parametrize("damage", [GOOD[:-1], GOOD[:-1] + b"?", b""], ids=["cut", "changed", "empty"])
def test_replaces_a_damaged_file(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "thing.whl").write_bytes(damage)
    assert fetch([pin()], tmp_path, shops(("shop", giving(GOOD)))) == ["thing.whl"]
    assert (tmp_path / "thing.whl").read_bytes() == GOOD


def test_refuses_a_wrong_checksum_with_file_and_both_hashes(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(FetchError) as error:
        fetch([pin()], cache, shops(("the CDN", giving(b"something else"))))
    for part in ("thing.whl", "the CDN", pin().sha256, hashlib.sha256(b"something else").hexdigest()):
        assert part in str(error.value)
    assert list(cache.iterdir()) == []
    assert list(tmp_path.iterdir()) == [cache]  # nor is anything left beside it


def test_takes_the_right_file_after_a_wrong_one(tmp_path: Path) -> None:
    fetch([pin()], tmp_path, shops(("the CDN", giving(b"something else")), ("shop", giving(GOOD))))
    assert (tmp_path / "thing.whl").read_bytes() == GOOD


def test_goes_on_to_the_next_source(tmp_path: Path) -> None:
    fetch([pin()], tmp_path, shops(("the CDN", unreachable), ("shop", giving(GOOD))))
    assert (tmp_path / "thing.whl").read_bytes() == GOOD


def test_asks_the_next_source_only_for_the_rest(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def first_only(wanted: Sequence[Pin], folder: Path) -> None:
        (folder / wanted[0].file).write_bytes(GOOD)
        raise Unreachable("the line went dead")

    def rest(wanted: Sequence[Pin], folder: Path) -> None:
        asked.append([each.file for each in wanted])
        giving(GOOD)(wanted, folder)

    fetch([pin("a"), pin("b"), pin("c")], tmp_path, shops(("the CDN", first_only), ("shop", rest)))
    assert asked == [["b", "c"]]


def test_says_what_is_missing_and_what_was_tried(tmp_path: Path) -> None:
    def has_none(wanted: Sequence[Pin], folder: Path) -> None:
        pass

    with pytest.raises(FetchError) as error:
        fetch([pin()], tmp_path, shops(("the CDN", unreachable), ("shop", has_none)))
    message = str(error.value)
    assert "thing.whl" in message
    assert "the CDN: no route to host" in message
    assert "shop: did not bring thing.whl" in message


def test_does_not_ask_a_cdn_that_was_not_reached_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def refuse(url: str, timeout: float) -> None:
        calls.append(url)
        raise OSError("no network in this test")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    kinds = {kind: {"wheel": "x==1", "python": "3.11", "cdn": True} for kind in ("one", "two")}
    sources = sources_of(Pins("0", {}, "https://cdn.example/", kinds, ()))
    for kind in kinds:
        (_, cdn), _ = sources(kind)
        with pytest.raises(Unreachable, match="no network in this test"):
            cdn([pin()], tmp_path)
    assert calls == ["https://cdn.example/thing.whl"]
