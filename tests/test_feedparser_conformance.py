"""The reader over other people's documents: feedparser's own test suite, and captures of the feeds we start with."""

import html
import io
import re
import tarfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]
import pytest

from ingest.errors import NotAFeed
from ingest.readers.news import parse
from ingest.types import Article

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SUITE = DATA / "feedparser_conformance" / "feedparser_tests.tar.gz"
SHAPES = DATA / "feeds_official_shapes"
NOW = datetime(2026, 9, 30, tzinfo=UTC)


def _documents() -> Iterator[tuple[str, bytes]]:
    with tarfile.open(SUITE) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".xml") else None
            if content:
                yield member.name, content.read()


def _visible(markup: str | None) -> str:
    without = re.sub(r"(?s)<!--.*?-->|<(script|style).*?</\1>|<[^>]*>", "", markup or "")
    return "".join(html.unescape(without).split())


def _stories(document: Any) -> set[str]:
    """What tells the entries apart that have something to read, as feedparser sees them."""
    found = set()
    for entry in document.entries:
        texts = [c.get("value") for c in entry.get("content", []) if c.get("type", "").startswith(("text/", "applic"))]
        octets = any(c.get("type") == "application/octet-stream" for c in entry.get("content", []))
        words = [_visible(entry.get("title")), *(_visible(t) for t in [*texts, entry.get("summary")] if not octets)]
        if any(words):
            found.add(entry.get("link") or entry.get("id") or "".join(words))
    return found


@pytest.mark.skipif(not SUITE.exists(), reason="feedparser's suite is not beside the repository")
def test_every_document_of_feedparsers_suite_gives_its_entries() -> None:
    documents = read = 0
    for name, body in _documents():
        documents += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # feedparser's, about its own keys
            expected = _stories(feedparser.parse(io.BytesIO(body)))
        try:
            articles = parse(body, f"http://127.0.0.1:8097/{name}", {}, NOW).articles
        except NotAFeed:
            articles = ()
        assert len(articles) == len(expected), name
        assert all(a.title and (a.title + a.text).isprintable() and "\u202e" not in a.title for a in articles), name
        read += len(articles)
    assert (documents, read) == (2106, 503)


def _captured(name: str) -> tuple[Article, ...]:
    return parse((SHAPES / name).read_bytes(), f"http://127.0.0.2:9/feeds/{name}", {}, NOW).articles


@pytest.mark.skipif(not SHAPES.is_dir(), reason="the captured feeds are not beside the repository")
@pytest.mark.parametrize(
    ("name", "host", "source", "published"),
    [
        ("bls_cpi.atom", "www.bls.gov", "Bureau of Labor Statistics", ["2026-09-11T11:50:40"]),
        ("cnbc_item.xml", "www.cnbc.com", "CNBC", ["2026-09-11T02:05:24"]),
        ("ecb_press.xml", "www.ecb.europa.eu", "European Central Bank", ["2026-07-24T15:30:00", "2026-07-23T12:15:00"]),
        (
            "edgar_current.atom",
            "www.sec.gov",
            "SEC",
            ["2026-03-27T21:30:45", "2026-03-27T21:29:29", "2026-03-26T12:10:00"],
        ),
        ("edgar_form4_shared_id.atom", "www.sec.gov", "SEC", ["2024-03-16T01:45:18", "2024-03-16T01:45:18"]),
        (
            "fed_press_all.xml",
            "www.federalreserve.gov",
            "Federal Reserve",
            ["2026-09-18T15:00:00", "2026-09-18T15:00:00", "2026-09-16T18:00:00"],
        ),
        (
            "fed_press_july_bom.xml",
            "www.federalreserve.gov",
            "Federal Reserve",
            ["2026-07-16T18:00:00", "2026-07-14T18:00:00"],
        ),
        ("google_news_item.xml", "news.google.com", "Yahoo Finance", ["2026-09-09T09:08:43"]),
        ("nasdaq_item.xml", "www.nasdaq.com", "Nasdaq", ["2026-09-11T01:54:04"]),
        ("sec_press.xml", "www.sec.gov", "SEC", ["2026-04-15T19:45:51", "2026-04-07T19:48:30"]),
    ],
)
def test_captured_feeds_come_out_whole(name: str, host: str, source: str, published: list[str]) -> None:
    articles = _captured(name)
    assert [a.published and a.published.isoformat() for a in articles] == [p + "+00:00" for p in published]
    assert all(a.url.startswith(f"https://{host}/") and a.source == source for a in articles)
    assert len({a.id for a in articles}) == len({a.url for a in articles}) == len(published)
    assert all(not set("<>&") & set(a.title + a.text) or "S&P" in a.title for a in articles)


@pytest.mark.skipif(not SHAPES.is_dir(), reason="the captured feeds are not beside the repository")
def test_the_quirks_of_captured_feeds_are_ironed_out() -> None:
    first, second = _captured("edgar_form4_shared_id.atom")
    assert first.guid == second.guid
    assert first.id != second.id
    assert {a.text for a in _captured("fed_press_all.xml")} == {""}  # the description repeats the title
    assert not _captured("google_news_item.xml")[0].title.endswith("Yahoo Finance")
    assert _captured("nasdaq_item.xml")[0].symbols == ("AAPL", "AMAT")
    titled, untitled = _captured("yahoo_ticker_rss.xml")
    assert (titled.url.endswith(".html"), titled.source) == (True, "Yahoo Finance")
    assert (untitled.published, untitled.source) == (None, "Yahoo! Finance: AAPL News")
    assert untitled.title
