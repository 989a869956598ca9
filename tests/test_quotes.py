"""Promises of ingest/readers/quotes.py, against real yfinance and a Yahoo on loopback."""

import csv
import gzip
import json
import math
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import NoData, RateLimited, Refused, SourceError, Unreachable
from ingest.readers import quotes
from ingest.readers.quotes import QuoteReader, exact, mirrored
from ingest.types import History
from tests.sizes import CORRUPT, READ_AT_ONCE, SYMBOLS
from tests.yahoo_server import Chart, Yahoo, unix, yahoo_chart, yahoo_server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # exchange_calendars under pandas 3

DATA = Path(__file__).parent / "data" / "yahoo"
NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)  # a Friday, half an hour after New York's close
DAYS = [("2026-02-26", 229.3, 231.9, 228.77, 231.4, 100), ("2026-02-27", 231.4, 233.7, 230.01, 232.86, 200)]


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yfinance")


@contextmanager
def reading(caches: Path, charts: dict[str, Chart]) -> Iterator[tuple[QuoteReader, Yahoo]]:
    with yahoo_server(charts) as yahoo:
        yield QuoteReader(yahoo.base, caches), yahoo


def chart(symbol: str, **meta: Any) -> dict[str, Any]:
    latest = {"regularMarketPrice": 232.86, "regularMarketTime": unix("2026-02-27T21:00:01")}
    return yahoo_chart(symbol, DAYS, **(latest | meta))


# Input beside expected output ------------------------------------------------------------------------------------


def outcome(read: History) -> dict[str, Any]:
    bars = [
        {k: getattr(b, k) for k in ("open", "high", "low", "close", "volume")}
        | {"day": b.day.isoformat(), "closed_at": b.closed_at.isoformat()}
        for b in read.bars
    ]
    q = read.quote
    quote = q and {k: getattr(q, k) for k in ("price", "state", "previous_close", "open", "high", "low")} | {
        "as_of": q.as_of.isoformat()
    }
    actions = [[a.day.isoformat(), a.kind, a.value] for a in read.actions]
    instrument = asdict(read.instrument)
    return {"instrument": instrument, "bars": bars, "quote": quote, "actions": actions, "rejected": read.rejected}


@pytest.mark.parametrize("case", sorted(p.name.removesuffix(".chart.json") for p in DATA.glob("*.chart.json")))
def test_a_chart_becomes_exactly_what_its_neighbour_says(case: str, caches: Path) -> None:
    expected = json.loads((DATA / f"{case}.expected.json").read_text(encoding="utf-8"))
    symbol, now = expected.pop("symbol"), datetime.fromisoformat(expected.pop("now"))
    why = expected.pop("why")
    with reading(caches, {symbol: (DATA / f"{case}.chart.json").read_bytes()}) as (reader, _):
        if "error" in expected:
            with pytest.raises(SourceError) as raised:
                reader.read(symbol, None, now)
            assert {"error": raised.value.kind, "cause": raised.value.cause} == expected, why
        else:
            read = reader.read(symbol, None, now)
            assert outcome(read) == expected, why
            assert {b.known_from for b in read.bars} == {b.closed_at for b in read.bars}
            assert {(b.fetched, b.source, b.currency) for b in read.bars} == {(now, "yahoo", read.instrument.currency)}


# What is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", ["AAPL", "BRK-B", "AZN.L", "^GSPC", "EURUSD=X", "BTC-USD", "0700.HK", "GC=F"])
def test_a_symbol_is_asked_for_as_it_is_and_once(symbol: str, caches: Path) -> None:
    with reading(caches, {symbol: chart(symbol)}) as (reader, yahoo):
        assert reader.read(symbol.lower(), None, NOW).instrument.symbol == symbol
        assert yahoo.charts == [symbol]


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (None, datetime(2024, 2, 27, tzinfo=UTC)),  # two years
        (date(2026, 2, 26), datetime(2026, 2, 16, tzinfo=UTC)),  # ten days over, for late corrections
    ],
)
def test_the_period_depends_on_nothing_but_start_and_now(start: date | None, first: datetime, caches: Path) -> None:
    with reading(caches, {"OBWX": chart("OBWX")}) as (reader, yahoo):
        reader.read("OBWX", start, NOW)
        reader.read("OBWX", start, NOW)
        asked = [line for line in yahoo.log if "/chart/" in line]
    last = NOW + timedelta(minutes=15)
    assert f"period1={first.timestamp():.0f}&period2={last.timestamp():.0f}&interval=1d" in asked[0]
    assert asked[0] == asked[1]


def test_each_read_asks_again_also_for_a_past_period(caches: Path) -> None:
    charts: dict[str, Chart] = {"OBWX": 404}
    with reading(caches, charts) as (reader, _):
        with pytest.raises(NoData):
            reader.read("OBWX", None, NOW)
        charts["OBWX"] = chart("OBWX")
        assert reader.read("OBWX", None, NOW).bars[-1].close == 232.86


def test_threads_and_readers_get_their_own_symbols(caches: Path) -> None:
    """yfinance has one session a process: without our lock one reader's symbols are asked for at the other's mirror."""
    symbols = [f"OB{i}" for i in range(SYMBOLS)]
    markets: list[dict[str, Chart]] = [
        {s: chart(s, regularMarketPrice=price + i) for i, s in enumerate(symbols)} for price in (100, 200)
    ]
    with (
        reading(caches, markets[0]) as (one, _),
        reading(caches, markets[1]) as (two, _),
        ThreadPoolExecutor(READ_AT_ONCE) as pool,
    ):
        asked = [(reader, s) for s in symbols for reader in (one, two)]
        read = list(pool.map(lambda a: a[0].read(a[1], None, NOW), asked))
    found = [(r.instrument.symbol, r.quote and r.quote.price) for r in read]
    assert found == [(s, price + i) for i, s in enumerate(symbols) for price in (100.0, 200.0)]
    assert all({b.symbol for b in r.bars} == {r.instrument.symbol} for r in read)


@pytest.mark.parametrize(
    ("url", "to"),
    [
        ("https://query2.finance.yahoo.com/v8/finance/chart/A?b=1", "http://127.0.0.1:8/v8/finance/chart/A?b=1"),
        ("https://fc.yahoo.com", "http://127.0.0.1:8"),
        ("https://yahoo.com/x", "http://127.0.0.1:8/x"),
        ("https://notyahoo.com/x", "https://notyahoo.com/x"),
        ("https://yahoo.com.evil.test/x", "https://yahoo.com.evil.test/x"),
    ],
)
def test_only_yahoo_s_own_hosts_are_mirrored(url: str, to: str) -> None:
    assert mirrored(url, "http://127.0.0.1:8/") == to


def test_a_mirror_on_loopback_is_reached_past_any_proxy(monkeypatch: pytest.MonkeyPatch, caches: Path) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with reading(caches, {"OBWX": chart("OBWX")}) as (reader, _):
        assert reader.read("OBWX", None, NOW).bars


# What goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (404, NoData),
        (422, Refused),
        (429, RateLimited),
        (500, Refused),
        (b"", Refused),
        (b"<!doctype html><title>Just a moment...</title>", Refused),
        (b"Will be right back", Refused),
        (b"null", NoData),
        (b"{}", NoData),
        (b'{"chart": {"result": [], "error": null}}', NoData),
        (b'{"chart": 7}', Refused),
        (b"\xff\xfe\x00", Refused),
    ],
)
def test_every_failure_has_its_type_and_one_line(answer: Chart, error: type[SourceError], caches: Path) -> None:
    with reading(caches, {"OBWX": answer}) as (reader, _), pytest.raises(error) as raised:
        reader.read("OBWX", None, NOW)
    assert type(raised.value) is error
    assert raised.value.__cause__ is not None or error is NoData
    assert "\n" not in str(raised.value)
    assert "delisted" not in str(raised.value)
    assert "OBWX" in str(raised.value) or error is RateLimited
    assert "Error" not in str(raised.value)


def test_a_web_page_for_an_answer_is_said_in_plain_words(caches: Path) -> None:
    with reading(caches, {"OBWX": b"<html>"}) as (reader, _), pytest.raises(Refused) as raised:
        reader.read("OBWX", None, NOW)
    assert raised.value.cause == "Yahoo answered OBWX with something other than prices (a web page or an error)"
    assert raised.value.fix


def test_a_yahoo_that_hangs_is_left(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotes, "_PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reader = QuoteReader(f"http://127.0.0.1:{silent.getsockname()[1]}", caches)
        with pytest.raises(Unreachable) as raised:
            reader.read("OBWX", None, NOW)
    assert raised.value.cause == "Yahoo did not answer within 0.3 s for OBWX"


def test_nobody_listening_is_unreachable(caches: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reader = QuoteReader(f"http://127.0.0.1:{taken.getsockname()[1]}", caches)
        with pytest.raises(Unreachable, match=r"Yahoo cannot be reached for OBWX: .*connect") as raised:
            reader.read("OBWX", None, NOW)
    assert "curl" not in str(raised.value)


def test_after_a_failure_the_next_symbol_is_read(caches: Path) -> None:
    with reading(caches, {"BAD": 429, "OBWX": chart("OBWX")}) as (reader, _):
        with pytest.raises(RateLimited):
            reader.read("BAD", None, NOW)
        assert reader.read("OBWX", None, NOW).bars


def test_reading_says_nothing_and_writes_only_into_its_folder(tmp_path: Path) -> None:
    """In a process of its own: yfinance keeps its folder for life."""
    code = """
import sys; sys.path.insert(0, sys.argv[1])
from datetime import UTC, datetime
from pathlib import Path
from tests.yahoo_server import yahoo_chart, yahoo_server
from ingest.errors import SourceError
from ingest.readers.quotes import QuoteReader
assert not {"yfinance", "curl_cffi", "pandas"} & set(sys.modules)
with yahoo_server({"A": yahoo_chart("A", [("2026-02-26", 1, 1, 1, 1, 1)]), "B": 429, "C": b"<html>"}) as yahoo:
    reader = QuoteReader(yahoo.base, Path("caches"))
    for symbol in "ABCD":
        try:
            reader.read(symbol, None, datetime(2026, 2, 27, 21, 30, tzinfo=UTC))
        except SourceError:
            pass
"""
    tests = Path(__file__).parent
    homes = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(tests.parent)}
    command = [sys.executable, "-c", code, str(tests)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | homes, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*")} == {"caches"}


# Numbers ---------------------------------------------------------------------------------------------------------


def single(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (231.39999389648438, 231.4),
        (75.0875015258789, 75.0875),
        (1.1220825910568237, 1.1220826),
        (741230.0, 741230.0),
        (0.20499999821186066, 0.205),
        (231.4567, 231.4567),  # no single: a double that means itself
        (0.1, 0.1),
        (math.inf, math.inf),
        (1e300, 1e300),
    ],
)
def test_a_price_is_the_decimal_that_was_meant(sent: float, meant: float) -> None:
    assert exact(sent) == meant


@given(st.integers(1, 9_999_999))
def test_seven_digits_come_back_from_single_precision(digits: int) -> None:
    assert exact(single(digits / 10_000)) == digits / 10_000


@given(st.integers(1, 163_839_999))
def test_four_decimals_sent_in_double_precision_are_kept(digits: int) -> None:
    assert exact(digits / 10_000) == digits / 10_000


@st.composite
def days_sent(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Ten days from Tuesday the 10th to Thursday the 19th, of which some cells are broken."""
    days = []
    for day in range(10, 20):
        low, one, other, high = sorted(draw(st.integers(1, 10**7)) / 100 for _ in range(4))
        cells: list[Any] = [one, high, low, other, draw(st.none() | st.integers(0, 10**9))]
        if draw(st.booleans()):
            cells[draw(st.integers(0, 3))] = draw(st.sampled_from([None, 0, -one, 1e39, math.nan, math.inf, low, high]))
        days.append((f"2026-02-{day}", *cells))
    return days


@settings(max_examples=CORRUPT, deadline=None)
@given(days_sent())
def test_no_corrupt_row_is_ever_a_bar(caches: Path, rows: list[tuple[Any, ...]]) -> None:
    with reading(caches, {"OBWX": yahoo_chart("OBWX", rows)}) as (reader, _):
        try:
            read = reader.read("OBWX", None, NOW)
        except SourceError:
            return
    for bar in read.bars:
        assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high < math.inf
    assert len(read.bars) + read.rejected == len(rows)
    assert read.quote
    assert read.quote.price == read.bars[-1].close


# Real answers ----------------------------------------------------------------------------------------------------


def test_real_answers_are_read_or_refused_by_type(shared: Path, caches: Path) -> None:
    seen = 0
    for file in sorted((shared / "data/yahoo_api_fixtures/raw").glob("*chart-*.json")):
        saved = json.loads(file.read_text(encoding="utf-8"))
        if "interval=1d" not in saved["url"]:
            continue
        symbol = saved["url"].split("/chart/")[1].split("?")[0]
        [result] = saved["body"]["chart"]["result"]
        with reading(caches, {symbol: saved["body"]}) as (reader, _):
            if "timestamp" not in result:
                with pytest.raises(Refused):
                    reader.read(symbol, None, parsedate_to_datetime(saved["date"]))
                continue
            read = reader.read(symbol, None, parsedate_to_datetime(saved["date"]))
        sent = result["indicators"]["quote"][0]
        days = [datetime.fromtimestamp(t, UTC) for t in result["timestamp"]]
        assert [single(b.close) for b in read.bars] == sent["close"], file.name
        assert [single(b.high) for b in read.bars] == sent["high"], file.name
        assert all(len(repr(b.open)) <= 9 for b in read.bars), file.name  # no noise digits
        assert all(d < b.closed_at <= d + timedelta(days=1) for d, b in zip(days, read.bars, strict=True)), file.name
        assert read.instrument.currency == result["meta"]["currency"]
        assert read.quote
        latest = {result["meta"]["regularMarketTime"]: result["meta"]["regularMarketPrice"]}
        latest[int(read.bars[-1].closed_at.timestamp())] = read.bars[-1].close  # one fund's latest price is older
        assert read.quote.price == latest[max(latest)]
        assert read.rejected == 0
        seen += 1
    assert seen >= 30


def test_a_captured_market_is_read_to_the_last_digit(shared: Path, caches: Path) -> None:
    command = [sys.executable, str(shared / "tools/loopback_market.py"), "--data", str(shared / "data")]
    with gzip.open(shared / "data/prices_daily_us/daily_ohlc.csv.gz", "rt", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["ticker"] == "AAPL" and "2024-02-27" <= r["date"] <= "2026-02-27"]
    with subprocess.Popen([*command, "--now", NOW.isoformat()], stdout=subprocess.PIPE, text=True) as market:
        try:
            assert market.stdout
            reader = QuoteReader(json.loads(market.stdout.readline())["base"], caches)
            read = reader.read("AAPL", None, NOW)
        finally:
            market.terminate()
    assert [(b.day.isoformat(), b.open, b.high, b.low, b.close) for b in read.bars] == [
        (r["date"], *(float(r[k]) for k in ("open", "high", "low", "close"))) for r in rows
    ]
    assert read.quote
    assert (read.quote.price, read.quote.as_of) == (read.bars[-1].close, read.bars[-1].closed_at)
    assert read.quote.previous_close == read.bars[-2].close
    assert (read.rejected, read.instrument.currency) == (0, "USD")
