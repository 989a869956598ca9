"""The second source of latest prices: what is made of Cboe's answers, when it is asked, and what it never touches."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assistant.market.load import find
from assistant.types import Part
from ingest.errors import Blocked, NoData, RateLimited, Refused, SourceError, Unreachable
from ingest.readers import cboe
from ingest.second import Second, unanswered
from ingest.types import History, Instrument, Quote, SourceReport, SourceState
from tests.conftest import NOW, instrument
from tests.feed_site import Page, Site, serve
from tests.test_pipeline import LATER, Bench, bench, outcomes, trading

__all__ = ["bench"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # exchange_calendars under pandas 3

OPEN = datetime(2026, 2, 27, 16, 30, tzinfo=UTC)  # 11:30 in New York
TOLD = {
    "symbol": "AAPL", "security_type": "stock", "current_price": 231.4, "open": 229.3, "high": 231.9, "low": 228.77,
    "close": 231.4, "prev_day_close": 230.0, "volume": 1000, "last_trade_time": "2026-02-27T11:14:58",
}  # fmt: skip


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serve() as running:
        yield running


def answer(**told: Any) -> Page:
    return Page(json.dumps({"timestamp": "2026-02-27 16:30:01", "data": TOLD | told}).encode())


def read(site: Site, symbol: str = "AAPL", now: datetime = OPEN) -> History:
    return cboe.CboeReader(site.base, "openingbell/test", [site.host]).read(symbol, None, now)


# The reader


def test_an_answer_becomes_a_latest_price_and_no_bar(site: Site) -> None:
    site.pages["/quotes/AAPL.json"] = answer()
    found = read(site)
    assert found == History(
        Instrument("AAPL", "AAPL", "equity", "US exchanges", "XNYS", "America/New_York", "USD"), (), found.quote
    )
    traded = datetime(2026, 2, 27, 16, 14, 58, tzinfo=UTC)
    assert found.quote == Quote(
        "AAPL", 231.4, "USD", traded, "open", None, 229.3, 231.9, 228.77, source="cboe", fetched=OPEN
    )


@pytest.mark.parametrize("now", [OPEN + timedelta(hours=4, minutes=50), OPEN + timedelta(days=1)])
def test_a_day_that_is_over_is_no_bar_either(site: Site, now: datetime) -> None:
    site.pages["/quotes/AAPL.json"] = answer(last_trade_time="2026-02-27T16:00:00")
    found = read(site, now=now)
    assert found.bars == ()
    assert found.quote
    assert (found.quote.price, found.quote.as_of) == (231.4, datetime(2026, 2, 27, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("symbol", "path", "told"),
    [
        ("BRK-B", "/quotes/BRK.B.json", {"symbol": "BRK.B"}),
        ("^GSPC", "/quotes/_SPX.json", {"symbol": "^SPX", "security_type": "index"}),
        ("SPY", "/quotes/SPY.json", {"symbol": "SPY", "security_type": "etf"}),
    ],
)
def test_symbols_are_asked_for_as_cboe_spells_them(site: Site, symbol: str, path: str, told: dict[str, str]) -> None:
    site.pages[path] = answer(**told)
    found = read(site, symbol)
    assert (found.instrument.symbol, found.instrument.kind) == (symbol, told.get("security_type", "equity"))
    assert found.quote


@pytest.mark.parametrize(
    ("symbol", "covered"),
    [("AAPL", True), ("BRK-B", True), ("^GSPC", True), ("^DJI", False), ("AZN.L", False), ("EURUSD=X", False),
     ("BTC-USD", False), ("GC=F", False), ("0700.HK", False)],
)  # fmt: skip
def test_what_is_listed_elsewhere_is_not_asked_for(symbol: str, covered: bool) -> None:
    assert cboe.covers(symbol) is covered


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (Page(status=403), Refused),  # what it does not know
        (Page(status=429, headers={"Retry-After": "60"}), RateLimited),
        (Page(b"<!doctype html><title>Just a moment...</title>"), Refused),
        (Page(b""), Refused),
        (Page(b"[]"), Refused),
        (Page(b'{"data": {}}'), Refused),
        (answer(last_trade_time=None), Refused),
        (answer(last_trade_time="yesterday"), Refused),
        (answer(symbol="MSFT"), NoData),
        (answer(current_price=None), NoData),
        (answer(current_price=0), NoData),
        (answer(current_price=-3), NoData),
        (answer(current_price="NaN"), NoData),
        (answer(last_trade_time="2026-02-27T18:00:00"), NoData),  # a trade to come
        (Page(status=302, headers={"Location": "http://127.0.0.2/"}), Blocked),
    ],
)
def test_what_is_no_price_has_its_type_and_one_line(site: Site, page: Page, error: type[SourceError]) -> None:
    site.pages["/quotes/AAPL.json"] = page
    with pytest.raises(error) as raised:
        read(site)
    assert type(raised.value) is error
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("broken", [{"high": 1.0}, {"open": None}, {"low": "n/a"}])
def test_a_price_counts_without_the_others_of_its_day(site: Site, broken: dict[str, Any]) -> None:
    site.pages["/quotes/AAPL.json"] = answer(**broken)
    quote = read(site).quote
    assert quote
    assert (quote.price, quote.open, quote.high, quote.low) == (231.4, None, None, None)


# When it is asked


def report(symbol: str, outcome: str) -> SourceReport:
    return SourceReport(f"yahoo:{symbol}", "quotes", outcome)


def state(symbol: str, **more: Any) -> SourceState:
    return SourceState(f"yahoo:{symbol}", "quotes", **more)


@pytest.mark.parametrize(
    ("reports", "states", "missing"),
    [
        ([report("A", "ok")], [state("A")], False),
        ([report("A", "unreachable")], [state("A", failures=1)], True),
        ([report("A", "unreachable")], [state("A")], True),  # not asked, as the two before it were silent
        ([report("A", "held")], [state("A", held_until=LATER)], True),
        ([], [state("A", held_until=LATER)], True),  # not due, while Yahoo is held
        ([], [state("A", failures=2)], True),
        ([], [state("A")], False),  # not due, and fine when it was asked
        ([report("B", "unreachable")], [], False),
    ],
)
def test_it_is_asked_for_what_the_first_did_not_bring(
    reports: list[SourceReport], states: list[SourceState], missing: bool
) -> None:
    assert unanswered(["A"], {s.url: s for s in states}, reports, NOW) == ["A"] * missing


def latest(price: float, now: datetime, **more: Any) -> Callable[..., History]:
    def reads(symbol: str, start: date | None, at: datetime) -> History:
        quote = Quote(symbol, price, "USD", now, "open", None, None, None, None, "cboe", at)
        return History(instrument(symbol, **more), (), quote)

    return reads


def run(bench: Bench, read: Any, now: datetime = LATER) -> dict[str, str]:
    del bench.world.asked[:]
    parts = replace(bench.pipeline(), second=Second("cboe", cboe.covers, read))
    return outcomes(asyncio.run(parts.run("quotes", now)))


def test_while_the_first_answers_the_second_is_never_asked(bench: Bench) -> None:
    assert run(bench, None) == {"yahoo:ACME": "ok", "yahoo:AAPL": "ok"}


def test_where_the_first_fails_the_latest_price_is_the_seconds_and_says_so(bench: Bench) -> None:
    bench.run("quotes")
    days, names = bench.stored()[1], bench.ledger.market.instruments()
    bench.world.quotes["AAPL"] = Unreachable("no answer")
    found = run(bench, latest(250.0, LATER))
    assert found == {"yahoo:ACME": "ok", "yahoo:AAPL": "unreachable", "cboe:AAPL": "ok"}
    quote = bench.ledger.market.quote("AAPL", LATER)
    assert quote
    assert (quote.price, quote.source) == (250.0, "cboe")
    assert bench.stored()[1] == days
    assert bench.ledger.market.instruments() == names
    last = bench.ledger.sources.last_run()
    assert last
    assert any(w.startswith("cboe:AAPL: the latest price is cboe's, as Yahoo gave none") for w in last["warnings"])


def test_a_limit_of_the_first_leaves_it_alone_and_the_second_asked(bench: Bench) -> None:
    bench.world.quotes = {"ACME": RateLimited("slow down"), "AAPL": trading("AAPL", [1, 2])}
    found = run(bench, latest(7.0, LATER))
    assert found == {"yahoo:ACME": "rate limited", "yahoo:AAPL": "held", "cboe:ACME": "ok", "cboe:AAPL": "ok"}
    assert bench.ledger.market.bars("AAPL", LATER) == []


def test_a_second_that_limits_is_held_as_one(bench: Bench) -> None:
    bench.world.quotes = dict.fromkeys(("ACME", "AAPL"), Unreachable("no answer"))

    def limits(*_: Any) -> History:
        raise RateLimited("slow down", retry_after=LATER + timedelta(hours=1))

    found = run(bench, limits)
    assert (found["cboe:ACME"], found["cboe:AAPL"]) == ("rate limited", "held")
    found = run(bench, None, LATER + timedelta(minutes=50))
    assert (found["cboe:ACME"], found["cboe:AAPL"]) == ("held", "held")


@pytest.mark.parametrize(("price", "more"), [(24_700.0, {}), (0.0247, {}), (123.5, {}), (247.0, {"currency": "GBp"})])
def test_a_price_that_does_not_fit_what_is_stored_is_kept_out(bench: Bench, price: float, more: dict[str, str]) -> None:
    bench.run("quotes")
    before = bench.ledger.market.quote("AAPL", LATER)
    bench.world.quotes["AAPL"] = Unreachable("no answer")
    assert run(bench, latest(price, LATER, **more))["cboe:AAPL"] == "unavailable"
    assert bench.ledger.market.quote("AAPL", LATER) == before


def test_an_answer_names_both_sources_and_the_delay(bench: Bench) -> None:
    bench.run("quotes")
    bench.world.quotes["AAPL"] = Unreachable("no answer")
    monday = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    run(bench, latest(250.0, monday - timedelta(minutes=16)), monday)
    [finding] = find(bench.ledger, Part("price", "", ("AAPL",)), monday, 1)[0]
    assert "traded at 250.00 USD at 11:14 EST" in finding.statements[0].text
    assert "(delayed price)" in finding.statements[0].text
    assert finding.evidence(1).source == "Yahoo Finance and Cboe (delayed), NasdaqGS"
