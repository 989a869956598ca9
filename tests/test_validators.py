"""Many feeds polled again and again over loopback: what their servers gave to ask by goes back byte for byte, and where
nothing is new nothing is read or written."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import Message
from functools import partial
from typing import Any

import pytest

from ingest.http import Fetcher
from ingest.ledger.news import News
from ingest.readers import news
from ingest.types import SourceState
from tests.conftest import NOW
from tests.feed_site import Page, Site, serve
from tests.sizes import FEEDS
from tests.test_pipeline import Bench, bench

__all__ = ["bench"]

HOUR = timedelta(hours=1)


def given(number: int) -> dict[str, str]:
    """Validators that are nobody's to tidy up."""
    etag = [f'"{number}"', f'W/"{number}"', f"{number} no quotes", f'"caf\xe9-{number}"', f'"{number}", "b"'][
        number % 5
    ]
    return {"ETag": etag, "Last-Modified": [f"day {number}", "Fri, 27 Feb 2026 21:30:00 GMT", ""][number % 3]}


def sends_back(headers: Message, number: int) -> bool:
    etag, modified = (given(number)[name] for name in ("ETag", "Last-Modified"))
    return (headers["If-None-Match"], headers["If-Modified-Since"] or "") == (etag, modified)


@pytest.fixture
def site() -> Iterator[Site]:
    def page(number: int, headers: Message) -> Page:
        item = f"<item><title>Story of {number}</title><link>https://w.example/{number}</link></item>"
        body = f"<rss version='2.0'><channel><title>t</title>{item}</channel></rss>".encode()
        return Page(status=304) if sends_back(headers, number) else Page(body, headers=given(number))

    with serve() as running:
        running.pages |= {f"/{number}": partial(page, number) for number in range(FEEDS)}
        yield running


def poll(bench: Bench, site: Site, now: datetime) -> list[Message]:
    """What was asked with, by feed."""
    site.asked.clear()

    async def run() -> None:
        async with Fetcher("openingbell/test", [site.host]) as fetcher:
            feeds = [SourceState(f"{site.base}/{number}", "news") for number in range(FEEDS)]
            parts = replace(bench.pipeline(), feeds=feeds, read_feed=partial(news.read, fetcher))
            report = await parts.run("news", now)
        assert report.failed == 0

    asyncio.run(run())
    assert len(site.asked) == FEEDS
    return [headers for _, headers in sorted(site.asked, key=lambda asked: int(asked[0][1:]))]


def test_feeds_are_read_once_and_then_asked_by_their_validators_until_eight_days_are_over(
    bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            done.append(name)
            return real(*arguments)

        return call

    monkeypatch.setattr(news, "parse", noted("parse", news.parse))
    monkeypatch.setattr(News, "put", noted("put", News.put))
    first = poll(bench, site, NOW)
    assert not any(h["If-None-Match"] or h["If-Modified-Since"] for h in first)
    assert (done.count("parse"), done.count("put"), bench.ledger.news.count()) == (FEEDS, FEEDS, FEEDS)
    done.clear()
    before = bench.nodes()
    for hours in (1, 2):
        assert all(sends_back(h, n) for n, h in enumerate(poll(bench, site, NOW + hours * HOUR)))
    in_full = poll(bench, site, NOW + timedelta(days=8, seconds=1))
    assert not any(h["If-None-Match"] or h["If-Modified-Since"] for h in in_full)
    assert all(sends_back(h, n) for n, h in enumerate(poll(bench, site, NOW + timedelta(days=8, hours=1))))
    assert (done, bench.nodes()) == ([], before)  # by 304, and by the equal body of the whole
