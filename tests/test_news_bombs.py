"""XML and compression bombs, sent by a server and read as any feed is: each ends in an outcome of its own, within
bounded memory, with no file opened and nothing else asked for."""

import asyncio
import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import NotAFeed, SourceError
from ingest.http import Fetcher
from ingest.readers import news
from ingest.types import SourceState
from tests.bounds import spent
from tests.feed_site import Page, Site, serve
from tests.sizes import ACCEPT, TAGS

NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
MEMORY, SECONDS = 64 * 2**20, 2.0  # of one bomb, the processor's; `make accept` alone judges time


def feed(title: str = "Title", doctype: str = "", more: str = "") -> bytes:
    link = "<link>https://w.example/1</link>"
    item = f"<item><title>{title}</title>{link}{more}</item>"
    return f"<?xml version='1.0'?>{doctype}<rss version='2.0'><channel>{item}</channel></rss>".encode()


def doctype(entities: str) -> str:
    return f"<!DOCTYPE rss [{entities}]>"


LAUGHS = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
ZEROS, LONG, PADDING = bytes(64 * 2**20), "x" * 100_000, f"<!--{'x' * 2**20}-->"

# name -> (the page, given the address of a secret on the same server and the path of a secret file; the outcome)
BOMBS: dict[str, tuple[Callable[[str, Path], Page], str]] = {
    "billion laughs": (lambda *_: Page(feed("&a9;", doctype(f'<!ENTITY a0 "ha">{LAUGHS}'))), "not a feed"),
    "billion laughs in UTF-16": (
        lambda *_: Page(feed("&a9;", doctype(f'<!ENTITY a0 "ha">{LAUGHS}')).decode().encode("utf-16")), "not a feed",
    ),
    "billion laughs in UTF-7": (
        lambda *_: Page(
            feed("&a9;", doctype(f'<!ENTITY a0 "ha">{LAUGHS}')).replace(b"&", b"+ACY-"),
            headers={"Content-Type": "application/xml; charset=utf-7"},
        ),
        "not a feed",
    ),
    "attributes in escapes": (
        lambda *_: Page(
            feed(more="\\x3cx " + " ".join(f"a{i}\\x3d'1'" for i in range(600)) + "/>").replace(
                b"'1.0'", b"'1.0' encoding='unicode_escape'"
            )
        ),
        "not a feed",
    ),
    "quadratic entity": (
        lambda *_: Page(feed("&a;" * 20_000, doctype(f'<!ENTITY a "{"x" * 20_000}">'))), "too large",
    ),
    "quadratic entity behind a megabyte": (
        lambda *_: Page(feed("&a;" * 900, PADDING + doctype(f'<!ENTITY a "{LONG}">'))),
        "too large",
    ),
    "quadratic entity in an attribute": (
        lambda *_: Page(feed(more=f"<a b='{'&a;' * 900}'/>", doctype=PADDING + doctype(f"<!ENTITY a '{LONG}'>"))),
        "too large",
    ),
    "entity of a file": (
        lambda _, file: Page(feed("Title &a;", doctype(f'<!ENTITY a SYSTEM "file://{file}">'))), "1 article",
    ),
    "entity of an address": (
        lambda url, _: Page(feed("Title &a;", doctype(f'<!ENTITY a SYSTEM "{url}">'))), "1 article",
    ),
    "parameter entity": (
        lambda url, file: Page(feed("x", doctype(f'<!ENTITY % a SYSTEM "{url}"> %a; <!ENTITY % b "{file}"> %b;'))),
        "1 article",
    ),
    "document type elsewhere": (
        lambda url, file: Page(feed("x", f'<!DOCTYPE rss PUBLIC "-//x//EN" "{url}" [<!ENTITY a SYSTEM "{file}">]>')),
        "1 article",
    ),
    "gzip": (lambda *_: Page(gzip.compress(ZEROS, 9), headers={"Content-Encoding": "gzip"}), "too large"),
    "gzip within gzip": (
        lambda *_: Page(gzip.compress(gzip.compress(ZEROS)), headers={"Content-Encoding": "gzip"}), "not a feed",
    ),
    "gzip, twice declared": (
        lambda *_: Page(gzip.compress(gzip.compress(ZEROS)), headers={"Content-Encoding": "gzip, gzip"}),
        "unreachable",
    ),
    "deflate": (lambda *_: Page(zlib.compress(ZEROS, 9), headers={"Content-Encoding": "deflate"}), "too large"),
    "brotli": (lambda *_: Page(b"\x8b" * 1000, headers={"Content-Encoding": "br"}), "unreachable"),
    "a million attributes": (
        lambda *_: Page(feed(more="<x " + " ".join(f'a{i}="1"' for i in range(1_000_000)) + "/>")), "not a feed",
    ),
    "a million elements": (lambda *_: Page(feed(more="<a/>" * 1_000_000)), "too large"),
    "half a million elements in an entity": (
        lambda *_: Page(feed(more="&a;" * 500, doctype=doctype(f'<!ENTITY a "{"<b/>" * 1_000}">'))), "too large",
    ),
    "a million tags in a text": (
        lambda *_: Page(feed(more=f"<description>{'&lt;b>x' * 1_000_000}</description>")), "too large",
    ),
    "a million tags in a broken text": (
        lambda *_: Page(feed(more=f"</x><description>{'&#x3C;b>' * 1_000_000}</description>")), "too large",
    ),
    "as many elements as pass": (lambda *_: Page(feed(more="<a/>" * TAGS)), "1 article"),
    "as many tags as pass": (lambda *_: Page(feed(more=f"<description>{'&lt;b>' * TAGS}</description>")), "1 article"),
    "as many elements as pass where the end is missing": (
        lambda *_: Page(feed(more="<a/>" * (TAGS // 2)).removesuffix(b"</rss>")), "1 article",
    ),
    "depth of 100,000": (lambda *_: Page(feed(more="<a>" * 100_000 + "</a>" * 100_000)), "not a feed"),
    "100 MB of text": (lambda *_: Page(feed("x" * 100 * 2**20)), "too large"),
    "100,000 entries": (lambda *_: Page(b"<rss version='2.0'><channel>" + b"<item/>" * 100_000), "too large"),
}  # fmt: skip
_watching: list[list[str]] = []


def _note(event: str, given: tuple[Any, ...]) -> None:
    if _watching and event in {"open", "os.open", "socket.connect"}:
        _watching[-1].append(f"{event} {given[1] if event == 'socket.connect' else given[0]}")


sys.addaudithook(_note)  # cannot be removed: it does nothing outside these tests


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        running.pages["/secret"] = Page(b"<!ENTITY a 'canary'>")
        running.pages["/fine"] = Page(feed())
        yield running


def outcome(url: str) -> str:
    async def once() -> str:
        async with Fetcher("openingbell/test", ("127.0.0.1",), timeout=60) as fetcher:
            parsed, _ = await news.read(fetcher, SourceState(url, "news"), NOW)
        assert parsed is not None
        assert all(len(a.title) <= 400 and "canary" not in a.title + a.text for a in parsed.articles)
        return f"{len(parsed.articles)} article"

    try:
        return asyncio.run(once())
    except SourceError as error:
        return error.kind if len(str(error)) < 400 else "a long story"


def test_there_are_as_many_kinds_as_promised(record_property: Callable[[str, object], None]) -> None:
    assert len(BOMBS) >= 13
    record_property("kinds", len(BOMBS))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_its_outcome_and_harms_nothing(site: Site, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    make, expected = BOMBS[name]
    site.pages["/bomb"] = make(f"{site.base}/secret", secret)
    assert outcome(f"{site.base}/fine") == "1 article"  # all that a first reading loads is loaded
    _watching.append([])
    try:
        with spent() as took:
            assert outcome(f"{site.base}/bomb") == expected
    finally:
        seen = _watching.pop()
    connected = [e for e in seen if e.startswith("socket.connect")]
    assert not [e for e in seen if "secret" in e or "passwd" in e]
    assert len(connected) == 1, connected  # the one fetch
    assert "/secret" not in {path for path, _ in site.asked}
    assert took.grown < MEMORY
    assert not ACCEPT or took.cpu < SECONDS


DEEP = "<a>" * 497 + "</a>" * 497  # within rss, channel and item


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_elements_lie_within_each_other_as_deep_as_any_feed_needs_and_no_deeper(encoding: str) -> None:
    head = "1.0' encoding='utf-16" if encoding == "utf-16" else "1.0"
    for more, is_deep in [(DEEP, False), (f"<b>{DEEP}</b>", True), (f"<![CDATA[{'<p>' * 600}]]>", False)]:
        body = feed(more=more).decode().replace("'1.0'", f"'{head}'").encode(encoding)
        with pytest.raises(NotAFeed, match="500 deep") if is_deep else nullcontext():
            assert len(news.parse(body, "https://w.example/feed", {}, NOW).articles) == 1
