"""The news reader: feed documents beside what must come out of them, and polls over loopback."""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import errors
from ingest.errors import NotAFeed, Refused, SourceError, TooLarge, Unreachable
from ingest.http import Fetcher
from ingest.ledger import Ledger
from ingest.readers.news import ParsedFeed, parse, read
from ingest.types import Article, SourceState
from tests.feed_site import Page, Site, serve

CASES = Path(__file__).parent / "data" / "feeds"
NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
URL = "https://feeds.example/feed"


def _plain(article: Article) -> dict[str, Any]:
    kept = ("id", "url", "title", "text", "source", "guid")
    published = article.published and article.published.isoformat()
    return {k: getattr(article, k) for k in kept} | {"published": published, "symbols": list(article.symbols)}


def rss(*items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>Wire</title>{''.join(items)}</channel></rss>".encode()


def item(title: str, link: str = "", guid: str = "", more: str = "") -> str:
    given = (f"<title>{title}</title>", link and f"<link>{link}</link>", guid and f"<guid>{guid}</guid>", more)
    return f"<item>{''.join(given)}</item>"


# Documents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", sorted(p.stem for p in CASES.glob("*.xml")))
def test_a_document_gives_what_stands_beside_it(case: str) -> None:
    body = (CASES / f"{case}.xml").read_bytes()
    expected = json.loads((CASES / f"{case}.expected.json").read_text(encoding="utf-8"))
    fetched = datetime.fromisoformat(expected["fetched"])
    if "error" in expected:
        with pytest.raises(getattr(errors, expected["error"])) as caught:
            parse(body, expected["url"], expected["headers"], fetched)
        assert caught.value.cause == expected["cause"]
        return
    feed = parse(body, expected["url"], expected["headers"], fetched)
    assert [_plain(a) for a in feed.articles] == expected["articles"]
    assert (feed.title, feed.complete, list(feed.warnings)) == (
        expected["title"], expected["complete"], expected["warnings"]
    )  # fmt: skip
    assert {(a.feed, a.first_seen, a.fetched) for a in feed.articles} <= {(expected["url"], fetched, fetched)}


def _ids(*items: str, url: str = URL) -> list[str]:
    return [a.id for a in parse(rss(*items), url, {}, NOW).articles]


def test_an_article_keeps_its_id_when_place_guid_title_and_tracking_change() -> None:
    first = _ids(item("One", "https://w.example/1?utm_source=a", "g1"), item("Two", "https://w.example/2", "g2"))
    later = _ids(
        item("Two", "https://w.example/2#x", "h2"), item("One, revised", "https://W.example/1?utm_source=b", "h1")
    )
    assert later == first[::-1]


def test_the_same_link_in_another_feed_is_another_article() -> None:
    assert _ids(item("One", "https://w.example/1")) != _ids(item("One", "https://w.example/1"), url=URL + "2")


def test_stories_that_share_a_link_are_told_apart_in_any_order() -> None:
    one, two = item("One", "https://w.example/live", "g1"), item("Two", "https://w.example/live", "g2")
    assert len(set(_ids(one, two))) == 2
    assert _ids(two, one) == _ids(one, two)[::-1]
    assert _ids(one, item("One", "https://w.example/live", "g2")) == _ids(one)  # the same story under a new guid
    assert _ids(one, item("Two", "https://w.example/live", "g1")) == _ids(one)  # a story with a new title


def test_of_entries_with_one_id_the_first_counts_and_keeps_its_place() -> None:
    feed = parse(
        rss(item("A", "https://w.example/1"), item("B", "https://w.example/2"), item("A", "https://w.example/1")),
        URL, {}, NOW,
    )  # fmt: skip
    assert [a.title for a in feed.articles] == ["A", "B"]


def test_very_long_texts_are_cut() -> None:
    feed = parse(
        rss(item("t" * 5000, "https://w.example/1", more=f"<description>{'x ' * 90_000}</description>")), URL, {}, NOW
    )
    assert (len(feed.articles[0].title), len(feed.articles[0].text)) == (400, 50_000)


AT_NINE = "2026-02-27T21:00:00+00:00"


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("Fri, 27 Feb 2026 21:00 GMT", AT_NINE),
        ("27 Feb 2026 21:00:00 GMT", AT_NINE),
        ("Fri, 27 Feb 26 21:00:00 GMT", AT_NINE),
        ("Wed, 27 Feb 2026 21:00:00 GMT", AT_NINE),  # it was a Friday
        ("Fri Feb 27 21:00:00 2026", AT_NINE),
        ("2026-02-27T21:00:00.123456Z", AT_NINE),
        ("2026-02-27T16:00:00-05:00", AT_NINE),
        ("2026-02-27 21:00:00", AT_NINE),
        ("2026-02-27", "2026-02-27T00:00:00+00:00"),
        ("Sat, 29 Feb 2020 08:00:00 GMT", "2020-02-29T08:00:00+00:00"),
        ("Fri, 29 Feb 2026 08:00:00 GMT", None),
        ("Fri, 27 Feb 2026 24:00:00 GMT", None),
        ("Fri, 27 Feb 2026 25:61:00 GMT", None),
        ("Sun, 31 Dec 1989 23:59:59 GMT", None),  # before there were feeds
        ("Mon, 01 Jan 1990 00:00:00 GMT", "1990-01-01T00:00:00+00:00"),
        ("Fri, 27 Feb 2026 21:40:00 GMT", "2026-02-27T21:40:00+00:00"),
        ("Fri, 27 Feb 2026 21:40:01 GMT", None),  # in the future
        ("Fri, 27 Feb 2026 16:00:00 PST", None),  # in the future by its zone
        ("Fri, 27 Feb 10000 08:00:00 GMT", None),
        ("0000-00-00T00:00:00Z", None),
        ("99999999999999999999", None),
        ("-1", None),
        (" ", None),
    ],
)
def test_a_date_is_read_where_it_is_one(written: str, published: str | None) -> None:
    [read] = parse(rss(item("One", "https://w.example/1", more=f"<pubDate>{written}</pubDate>")), URL, {}, NOW).articles
    assert (read.published and read.published.isoformat(), read.first_seen) == (published, NOW)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<rss version='2.0'><channel>" + b"<item/>" * 20_001, TooLarge),
        (b"<rss><channel><item " + b" ".join(b'a%d=">"' % i for i in range(600)) + b"/></channel></rss>", NotAFeed),
    ],
)
def test_documents_made_to_keep_a_parser_busy_are_refused(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        parse(body, URL, {}, NOW)


def test_a_document_that_spells_a_path_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(rss(item("Private", "https://w.example/1")))
    with pytest.raises(NotAFeed):
        parse(str(file).encode(), URL, {}, NOW)


def test_entities_neither_grow_nor_open_files() -> None:
    for entities in ('<!ENTITY a "plain &#233; text">', '<!ENTITY a SYSTEM "file:///etc/passwd">'):
        body = f"<!DOCTYPE rss [{entities}]>".encode() + rss(item("Title: &a;", "https://w.example/1"))
        assert [len(a.title) < 20 for a in parse(body, URL, {}, NOW).articles] == [True]


_PIECES = st.sampled_from(
    ["<rss version='2.0'>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "http://[x", "<![CDATA[",
     "]]>", "<guid>", "<pubDate>", "99 Xxx 10000", "&#55296;", "&a;", "<feed xmlns='http://www.w3.org/2005/Atom'>",
     "<entry>", "<link href='//[' />", "<content type='x'>", "<description>", "<b", "\x00", "\udcff", "<source>", "x"]
)  # fmt: skip


@settings(deadline=None)
@given(st.binary() | st.lists(_PIECES, max_size=30).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")))
def test_whatever_a_server_sends_ends_in_articles_or_a_typed_error(body: bytes) -> None:
    try:
        feed = parse(body, URL, {"content-type": "text/xml"}, NOW)
    except NotAFeed:
        return
    for a in feed.articles:
        assert a.title.isprintable()
        assert a.text.isprintable()
        assert a.title
        assert a.url.startswith(("http://", "https://"))


# Polls ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def poll(site: Site, state: SourceState, now: datetime = NOW) -> tuple[ParsedFeed | None, SourceState]:
    async def once() -> tuple[ParsedFeed | None, SourceState]:
        async with Fetcher("openingbell/test", [site.host]) as fetcher:
            return await read(fetcher, state, now)

    return asyncio.run(once())


def _conditional(body: bytes) -> Any:
    def page(headers: Any) -> Page:
        fresh = headers["If-None-Match"] != '"v1"' or headers["If-Modified-Since"] != "some day"
        return Page(body if fresh else b"", 200 if fresh else 304, {"ETag": '"v1"', "Last-Modified": "some day"})

    return page


def test_a_first_poll_brings_articles_and_a_state_to_save(site: Site) -> None:
    site.pages["/feed"] = _conditional(rss(item("One", "/1")))
    before = SourceState(f"{site.base}/feed", "news", failures=3, last_error="was down")
    feed, after = poll(site, before)
    assert feed is not None
    assert [a.url for a in feed.articles] == [f"{site.base}/1"]
    assert (after.etag, after.last_modified, after.title) == ('"v1"', "some day", "Wire")
    assert (after.last_ok, after.last_error, after.failures) == (NOW, None, 0)


def test_nothing_new_is_none_by_304_and_by_an_equal_body(site: Site) -> None:
    site.pages["/feed"] = _conditional(rss(item("One", "/1")))
    _, first = poll(site, SourceState(f"{site.base}/feed", "news", "My title"))
    assert first.title == "My title"
    feed, second = poll(site, first)
    assert (feed, second) == (None, first)
    site.pages["/feed"] = Page(rss(item("One", "/1")), headers={"ETag": '"v2"'})  # a server that never answers 304
    feed, third = poll(site, second)
    assert (feed, third.etag, third.last_modified, third.body_hash) == (None, '"v2"', None, first.body_hash)
    site.pages["/feed"] = Page(rss(item("Two", "/2")))
    feed, _ = poll(site, third)
    assert feed is not None


def test_after_eight_days_of_nothing_but_304_the_whole_is_asked_for_once(site: Site) -> None:
    site.pages["/feed"] = _conditional(rss(item("One", "/1")))
    _, state = poll(site, SourceState(f"{site.base}/feed", "news"))
    asked = []
    for hours in (1, 8 * 24, 8 * 24 + 1, 8 * 24 + 2):
        feed, state = poll(site, state, NOW + timedelta(hours=hours))
        assert feed is None  # by 304, and by the equal body of the whole
        assert state.etag == '"v1"'
        asked.append("If-None-Match" in site.asked[-1][1] or "If-Modified-Since" in site.asked[-1][1])
    assert asked == [True, True, False, True]
    site.pages["/feed"] = lambda headers: Page(status=304) if headers["If-None-Match"] else Page(rss(item("Two", "/2")))
    assert poll(site, state, NOW + timedelta(days=16))[0] is None
    stuck, _ = poll(site, state, NOW + timedelta(days=16, hours=2))
    assert stuck is not None
    assert [a.title for a in stuck.articles] == ["Two"]


def test_a_server_says_how_long_its_answer_is_fresh_with_200_and_with_304(site: Site) -> None:
    site.pages["/feed"] = lambda headers: Page(
        b"" if headers["If-None-Match"] else rss(item("One", "/1")),
        304 if headers["If-None-Match"] else 200,
        {"ETag": '"v1"', "Cache-Control": "max-age=7200"},
    )
    _, first = poll(site, SourceState(f"{site.base}/feed", "news"))
    _, second = poll(site, first, NOW + timedelta(hours=1))
    assert (first.fresh_until, second.fresh_until) == (NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    site.pages["/feed"] = Page(rss(item("One", "/1")))
    assert poll(site, second)[1].fresh_until is None


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (301, "/old /new /old /new /new"),
        (308, "/old /new /old /new /new"),
        (302, "/old /new /old /new /old /new"),
        (307, "/old /new /old /new /old /new"),
    ],
)
def test_only_a_permanent_move_counts_and_after_two_successes(site: Site, status: int, asked: str) -> None:
    site.pages["/old"] = Page(status=status, headers={"Location": "/new"})
    site.pages["/new"] = Page(rss(item("One", "/1")))
    state = SourceState(f"{site.base}/old", "news")
    for _ in range(3):
        _, state = poll(site, state)
    assert [path for path, _ in site.asked] == asked.split()
    assert state.url == f"{site.base}/old"  # the key of its articles stays


def test_a_move_counts_only_in_a_row_and_to_one_place(site: Site) -> None:
    state = SourceState(f"{site.base}/old", "news")
    site.pages |= {f"/{new}": Page(rss(item("One", "/1"))) for new in ("a", "b")}
    for target in ("/a", "/b", "", "/b"):
        site.pages["/old"] = Page(status=301, headers={"Location": target}) if target else Page(rss(item("1", "/1")))
        _, state = poll(site, state)
        assert state.address == f"{site.base}/old", target
    _, state = poll(site, state)
    assert state.address == f"{site.base}/b"
    site.pages["/b"] = Page(status=301, headers={"Location": "/a"})  # moved on: two more successes
    _, state = poll(site, state)
    _, state = poll(site, state)
    assert state.address == f"{site.base}/a"


def test_a_permanent_redirect_to_a_login_page_moves_nothing(site: Site) -> None:
    site.pages["/feed"] = Page(status=301, headers={"Location": "/login"})
    site.pages["/login"] = Page(b"<!doctype html><html><form action=/login><input name=user></form></html>")
    state = SourceState(f"{site.base}/feed", "news", etag='"v1"')
    for _ in range(3):
        with pytest.raises(NotAFeed):
            poll(site, state)
    assert state.address == f"{site.base}/feed"


def test_a_document_that_was_cut_off_is_read_again(site: Site) -> None:
    whole = rss(item("One", "/1"), item("Two", "/2"))
    site.pages["/feed"] = Page(whole[: whole.index(b"Two")], headers={"ETag": '"v1"'})
    feed, state = poll(site, SourceState(f"{site.base}/feed", "news"))
    assert feed is not None
    assert [a.title for a in feed.articles] == ["One"]
    assert (state.etag, state.body_hash) == (None, None)


def test_links_start_from_where_the_document_was_found(site: Site) -> None:
    site.pages["/old"] = Page(status=301, headers={"Location": "/new/feed"})
    site.pages["/new/feed"] = Page(rss(item("One", "story")))
    feed, state = poll(site, SourceState(f"{site.base}/old", "news"))
    assert feed is not None
    assert (feed.articles[0].url, feed.articles[0].feed) == (f"{site.base}/new/story", f"{site.base}/old")
    assert state.url == f"{site.base}/old"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \r\n ",
        b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>",
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body><form>Log in</form></body></html>",
        b"<html><body><ul><li>No feed here</li></ul><script>location='/login'</script></body></html>",
        b'{"version": "https://jsonfeed.org/version/1", "items": []}',
        b"User-agent: *\nDisallow: /",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"<?xml version='1.0'?><opml version='2.0'><body><outline text='x'/></body></opml>",
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        b"Attention Required! | Cloudflare",
    ],
)
@pytest.mark.parametrize("kind", ["application/rss+xml", "text/html"])
def test_what_is_no_feed_is_a_failure_whatever_it_is_called(site: Site, body: bytes, kind: str) -> None:
    site.pages["/feed"] = Page(body, headers={"Content-Type": kind, "ETag": '"page"'})
    with pytest.raises(NotAFeed):
        poll(site, SourceState(f"{site.base}/feed", "news"))


@pytest.mark.parametrize("status", [401, 403])
def test_a_challenge_is_a_refusal(site: Site, status: int) -> None:
    site.pages["/feed"] = Page(rss(item("One", "/1")), status, {"cf-mitigated": "challenge"})
    with pytest.raises(Refused, match=str(status)):
        poll(site, SourceState(f"{site.base}/feed", "news"))


def test_ten_polls_of_one_feed_in_every_disguise_store_each_story_once(site: Site, ledger: Ledger) -> None:
    """Shuffled order, new guids, new tracking parameters and re-posts."""
    dice = random.Random(7)
    state = SourceState(f"{site.base}/feed", "news")
    stored = []
    for turn in range(10):
        links = [f"https://w.example/{n}?utm_source={turn}&amp;fbclid={dice.random()}#{turn}" for n in range(20)]
        items = [item(f"Story {n}", link, f"guid-{turn}-{n}") for n, link in enumerate(links)]
        dice.shuffle(items)
        site.pages["/feed"] = Page(rss(*items, *items[:5]))
        feed, state = poll(site, state, NOW + timedelta(hours=turn))
        assert feed is not None
        counts = ledger.news.put(feed.articles)
        stored.append((counts.new, counts.updated))
    assert stored == [(20, 0)] + [(0, 0)] * 9
    assert {a.first_seen for a in ledger.news.latest(NOW + timedelta(days=1))} == {NOW}
    assert all(len(ledger.news.revisions(a.id)) == 1 for a in ledger.news.latest(NOW))


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (
            Page(b"<!doctype html><html><title>Just a moment...</title></html>", headers={"Content-Type": "text/html"}),
            NotAFeed,
        ),
        (Page(b""), NotAFeed),
        (Page(rss(item("One", "/1"))[:-30], length=500), Unreachable),
    ],
)
def test_what_is_no_feed_is_an_error_and_never_a_success_without_news(
    site: Site, page: Page, error: type[SourceError]
) -> None:
    site.pages["/feed"] = page
    with pytest.raises(error, match=r"127\.0\.0\.1"):
        poll(site, SourceState(f"{site.base}/feed", "news"))


def test_a_state_survives_only_in_what_a_poll_is_about(site: Site) -> None:
    site.pages["/feed"] = Page(rss())
    before = SourceState(f"{site.base}/feed", "news", "T", next_poll=NOW, held_until=NOW, enabled=False)
    _, after = poll(site, before)
    assert replace(after, last_ok=None, body_hash=None, read_in_full=None) == before
