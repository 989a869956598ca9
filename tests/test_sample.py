"""The invented market: true to itself, false about nobody, and served so that the real readers take it."""

import asyncio
import re
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from assistant.sample.data import Row, Story, market, prices, stories
from assistant.sample.make_prices import render, sessions
from assistant.sample.market import SAMPLE_NOW, SampleMarket, serve
from ingest.errors import SourceError
from ingest.http import Fetcher
from ingest.readers.news import ParsedFeed, parse
from ingest.readers.quotes import QuoteReader
from ingest.resources import resource
from ingest.types import History

FIRST_DAY, LAST_DAY = date(2025, 9, 2), date(2026, 10, 30)
PRICE = re.compile(r"\b\d{2,3}\.\d\d USD\b")
MOVE = re.compile(
    r"(?:rose|fell|lost|gained|added|higher|lower|up|down|jump\w*|drop\w*|slip\w*|soar\w*|eased|gain\w*|falls?)"
    r"(?: of| by| another| a further)? (\d+\.\d)%"
)


@pytest.fixture(scope="module")
def served() -> Iterator[SampleMarket]:
    with serve(SAMPLE_NOW) as sample:
        yield sample


def read_quotes(sample: SampleMarket, symbol: str, cache: Path, now: datetime = SAMPLE_NOW) -> History:
    return QuoteReader(sample.base_url, cache).read(symbol, None, now)


def read_feed(url: str, sample: SampleMarket, now: datetime = SAMPLE_NOW) -> ParsedFeed:
    async def fetch() -> ParsedFeed:
        async with Fetcher("test", sample.hosts) as fetcher:
            fetched = await fetcher.get(url, now=now)
            return parse(fetched.body, fetched.url, fetched.headers, now)

    return asyncio.run(fetch())


def get(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False)


# What it says of itself --------------------------------------------------------------------------------------------


def test_prices_are_what_their_script_draws() -> None:
    assert resource("assistant/sample/prices.csv").read_text(encoding="utf-8") == render()


def test_sessions_are_those_of_the_calendar_that_the_reader_takes() -> None:
    from ingest.calendars import sessions as calendar_sessions

    assert sessions() == [s.day for s in calendar_sessions("XNYS", FIRST_DAY, LAST_DAY)]


def test_every_symbol_has_a_sound_price_for_every_session() -> None:
    for symbol, rows in prices().items():
        assert [row.date for row in rows] == sessions(), symbol
        assert all(0 < row.low <= min(row.open, row.close) <= max(row.open, row.close) <= row.high for row in rows)


def closes(symbol: str) -> dict[str, float]:
    return {row.date.isoformat(): row.close for row in prices()[symbol]}


def figure(symbol: str, days: str, field: str) -> str:
    """The figure of a fact as a text would print it."""
    of = closes(symbol)
    start, _, end = days.partition("..")
    if field == "close":
        return f"{of[start]:,.2f}"
    before = of[start] if end else list(of.values())[list(of).index(start) - 1]
    return f"{abs(of[end or start] / before - 1) * 100:.1f}"


@pytest.mark.parametrize("story", [s for s in stories() if s.facts], ids=lambda s: s.title)
def test_the_figures_of_a_story_are_those_of_the_prices(story: Story) -> None:
    for fact in story.facts:
        symbol, days, field, said = fact.split()
        assert said == figure(symbol, days, field), fact
        assert f"{said} USD" in story.text or f"{said}%" in story.text or f"to {said}" in story.text, fact
        assert max(days.split("..")) <= story.published.date().isoformat(), "no story tells of a later day"


@pytest.mark.parametrize("story", [s for s in stories() if s.feed != "bulletin"], ids=lambda s: s.title)
def test_every_price_and_move_a_story_prints_is_a_fact_it_states(story: Story) -> None:
    text = f"{story.title}. {story.text}"
    printed = {match.removesuffix(" USD") for match in PRICE.findall(text)} | set(MOVE.findall(text))
    stated = {fact.split()[-1] for fact in story.facts}
    not_of_the_market = {"24.50"}  # the price of the new shares
    assert printed - not_of_the_market <= stated


def test_stories_are_in_order_and_each_has_feed_title_and_prose() -> None:
    assert [s.published for s in stories()] == sorted(s.published for s in stories())
    assert 25 <= len(stories()) <= 45
    feeds = {feed["name"] for feed in market()["feed"]}
    for story in stories():
        assert story.feed in feeds
        assert SAMPLE_NOW - timedelta(days=21) < story.published <= SAMPLE_NOW
        assert 2 <= len(re.findall(r"\.(?: |$)", story.text)) <= 6, story.title


def test_some_stories_are_told_by_two_outlets() -> None:
    assert sum("Sample Wire reports" in s.text for s in stories()) >= 3


# What it says of others --------------------------------------------------------------------------------------------


def test_every_name_says_that_it_is_invented() -> None:
    for instrument in market()["instrument"]:
        assert instrument["name"].endswith(("(sample)", "(invented)"))
    assert all(feed["title"].endswith("(invented)") for feed in market()["feed"])
    assert market()["market"]["exchange"].endswith("(invented)")


def test_no_symbol_or_name_is_that_of_a_listed_company() -> None:
    from pytickersymbols import PyTickerSymbols  # type: ignore[import-untyped]

    listed = PyTickerSymbols().get_all_stocks()
    given = [str(s) for stock in listed for s in (stock.get("symbol"), *(x["yahoo"] for x in stock.get("symbols", [])))]
    symbols = {symbol.upper().partition(".")[0].strip("^") for symbol in given}
    names = {word for stock in listed for word in re.findall(r"[a-z]{4,}", stock["name"].lower())}
    assert len(symbols) > 1000
    for instrument in market()["instrument"]:
        assert instrument["symbol"].strip("^") not in symbols
        assert instrument["name"].split()[0].lower() not in names - {"sample"}


def test_stories_name_no_listed_company_and_no_real_exchange() -> None:
    from pytickersymbols import PyTickerSymbols

    prose = " ".join(f"{s.title} {s.text}" for s in stories())
    names = {
        re.sub(r"[ ,.]+(inc|corp|plc|ltd|ag|se|sa|nv|co)\.?$", "", s["name"], flags=re.I)
        for s in PyTickerSymbols().get_all_stocks()
    }
    assert [name for name in names if len(name) > 3 and re.search(rf"\b{re.escape(name)}\b", prose)] == []
    assert not re.search(r"NASDAQ|NYSE|Nasdaq|S&P|Dow Jones|Federal Reserve|ECB", prose)
    assert set(re.findall(r"\$([A-Z]+)\b", prose)) <= set(prices())


# What it serves ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", ["KSTL", "^SAMP"])
def test_the_quote_reader_takes_every_bar_to_the_cent(served: SampleMarket, symbol: str, tmp_path: Path) -> None:
    history = read_quotes(served, symbol, tmp_path)
    assert [Row(b.symbol, b.day, b.open, b.high, b.low, b.close, b.volume or 0) for b in history.bars] == list(
        prices()[symbol]
    )
    assert history.rejected == 0


def test_the_quote_reader_learns_that_the_exchange_is_invented_and_keeps_new_yorks_hours(
    served: SampleMarket, tmp_path: Path
) -> None:
    history = read_quotes(served, "KSTL", tmp_path)
    instrument, quote = history.instrument, history.quote
    assert (instrument.name, instrument.exchange) == ("Kestrel Robotics (sample)", "Sample Exchange (invented)")
    assert (instrument.calendar, instrument.zone, instrument.currency) == ("XNYS", "America/New_York", "USD")
    assert quote is not None
    assert (quote.price, quote.as_of, quote.state) == (63.33, datetime(2026, 10, 30, 20, tzinfo=UTC), "post")
    assert quote.previous_close == 62.15
    assert read_quotes(served, "^SAMP", tmp_path).instrument.kind == "index"


def test_a_symbol_of_the_real_world_is_unknown(served: SampleMarket, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read_quotes(served, "ZZZZ", tmp_path)


def test_bars_end_at_now(tmp_path: Path) -> None:
    wednesday_noon = datetime(2026, 10, 28, 16, tzinfo=UTC)
    with serve(wednesday_noon) as sample:
        assert read_quotes(sample, "KSTL", tmp_path, wednesday_noon).bars[-1].day == date(2026, 10, 27)
        document = get(f"{sample.base_url}/v8/finance/chart/KSTL?range=5d").json()["chart"]["result"][0]
        assert max(document["timestamp"]) < wednesday_noon.timestamp() - 86400


def test_the_feed_reader_takes_every_story_with_its_publisher(served: SampleMarket) -> None:
    feeds = {url: read_feed(url, served) for url in served.feeds}
    assert [feed.title for feed in feeds.values()] == [f["title"] for f in market()["feed"]]
    assert all(feed.complete and not feed.warnings for feed in feeds.values())
    articles = [a for feed in feeds.values() for a in feed.articles]
    assert sorted((a.published, a.title, a.text) for a in articles if a.published) == sorted(
        (s.published, s.title, s.text) for s in stories()
    )
    assert {a.source for a in articles} == {f["title"] for f in market()["feed"]}
    assert all(a.url.startswith("https://example.com/") for a in articles)
    assert len({a.id for a in articles}) == len({a.url for a in articles}) == len(articles)


def test_no_story_comes_before_its_time() -> None:
    before_the_news = datetime(2026, 10, 28, 11, tzinfo=UTC)
    with serve(before_the_news) as sample:
        titles = [a.title for url in sample.feeds for a in read_feed(url, sample, before_the_news).articles]
    assert len(titles) == sum(s.published <= before_the_news for s in stories())
    assert "Kestrel Robotics raises full-year outlook after record orders" not in titles


def test_a_feed_that_has_not_changed_answers_304_to_either_validator(served: SampleMarket) -> None:
    for url in served.feeds:
        first = get(url)
        for header, validator in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
            again = get(url, headers={header: first.headers[validator]})
            assert (again.status_code, again.content) == (304, b"")
        assert get(url, headers={"If-None-Match": '"of another day"'}).status_code == 200


def test_what_does_not_exist_answers_404(served: SampleMarket) -> None:
    assert get(f"{served.base_url}/feeds/weather").status_code == 404
    assert get(f"{served.base_url}/elsewhere").status_code == 404
    assert get(f"{served.base_url}/v8/finance/chart/ZZZZ?range=5d").status_code == 404


def test_the_server_listens_on_loopback_only_and_ends_with_the_block() -> None:
    with serve(SAMPLE_NOW) as sample:
        assert sample.hosts == (sample.base_url.removeprefix("http://"),)
        assert sample.hosts[0].startswith("127.0.0.1:")
    with pytest.raises(httpx.ConnectError):
        get(sample.base_url)


def test_a_feed_keeps_its_address_from_run_to_run_unless_another_market_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setattr("assistant.sample.market.PORT", free.getsockname()[1])
    with serve(SAMPLE_NOW) as first, serve(SAMPLE_NOW) as meanwhile:
        assert not set(first.feeds) & set(meanwhile.feeds)
        assert all(get(url).status_code == 200 for url in (*first.feeds, *meanwhile.feeds))
    with serve(SAMPLE_NOW) as second:
        assert second.feeds == first.feeds
