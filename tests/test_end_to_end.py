"""The whole road on real captured feeds and real prices: ingest from loopback, then questions whose answers are
computed here from the price file."""

import csv
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant import Answer, Assistant, AssistantConfig, make_assistant
from assistant.numbers import find_numbers
from tests.conftest import NOW, ROOT, SHARED

SYMBOLS = ("AAPL", "MSFT", "NVDA", "KO", "JPM", "SPY", "GLD", "XOM")  # of the 68 that are ingested
Closes = dict[str, dict[date, dict[str, float]]]


@dataclass
class Market:
    base: str
    hosts: list[str]
    feeds: dict[str, str]
    symbols: list[str]

    def log(self) -> list[dict[str, Any]]:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{self.base}/log") as answer:
            rows: list[dict[str, Any]] = json.load(answer)
        return rows


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    tool = SHARED / "tools" / "loopback_market.py"
    if not tool.exists():
        pytest.skip(f"the captured market is not at {SHARED}")
    command = [sys.executable, str(tool), "--data", str(SHARED / "data"), "--now", NOW.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Market(**told)
        process.terminate()


@pytest.fixture(scope="module")
def prices(market: Market) -> Closes:
    out: Closes = defaultdict(dict)
    with io.TextIOWrapper(gzip.open(SHARED / "data" / "prices_daily_us" / "daily_ohlc.csv.gz")) as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["date"])
            if day <= NOW.date():
                out[row["ticker"]][day] = {k: float(row[k]) for k in ("open", "high", "low", "close")}
    return out


@pytest.fixture(scope="module")
def environment(market: Market, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    return os.environ | {
        "BELL_HOME": str(home),
        "BELL_YAHOO_BASE_URL": market.base,
        "BELL_ALLOW_PRIVATE_HOSTS": ",".join(market.hosts),
        "BELL_NOW": NOW.isoformat(),
        "COLUMNS": "100",
    }


def bell(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assistant", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def ingested(market: Market, environment: dict[str, str]) -> dict[str, Any]:
    assert bell(environment, "watch", "add", *market.symbols).returncode == 0
    assert bell(environment, "feeds", "add", *market.feeds.values()).returncode == 0
    result = bell(environment, "ingest", "--json")
    assert result.returncode == 0, result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


@pytest.fixture(scope="module")
def assistant(ingested: dict[str, Any], environment: dict[str, str]) -> Iterator[Assistant]:
    made = make_assistant(AssistantConfig(home=Path(environment["BELL_HOME"]), now=NOW))
    yield made
    made.close()


def figure(answer: Answer, symbol: str, field: str, unit: str) -> Any:
    return next(f for f in answer.figures if (f.symbol, f.field, f.unit) == (symbol, field, unit))


def checked(answer: Answer, symbol: str) -> Answer:
    """What holds of every answered figure question, whatever it asks."""
    assert answer.status == "answered", answer.text
    assert answer.citations, answer.text
    assert all(c.kind == "quote" and c.published and c.url and c.quote for c in answer.citations)
    assert {f.citation for f in answer.figures} <= {c.n for c in answer.citations}
    assert any(f.symbol == symbol for f in answer.figures)
    bound = {abs(float(f.text.replace(",", ""))) for f in answer.figures}
    assert {abs(n.value) for n in find_numbers(answer.text)} <= bound, answer.text
    return answer


def test_every_feed_and_symbol_arrives(ingested: dict[str, Any], market: Market, assistant: Assistant) -> None:
    outcomes = {s["url"]: s["outcome"] for s in ingested["sources"]}
    assert len(outcomes) == len(market.feeds) + len(market.symbols)
    assert set(outcomes.values()) == {"ok"}
    assert assistant.ledger.market.instruments().keys() == set(market.symbols)
    assert assistant.ledger.news.count() >= 20
    assert not assistant.ledger.news.unindexed(10)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_close_on_a_day_is_exact(assistant: Assistant, prices: Closes, symbol: str) -> None:
    day = date(2026, 2, 12)
    expected = prices[symbol][day]["close"]
    answer = checked(assistant.ask(f"What did {symbol} close at on {day.isoformat()}?"), symbol)
    found = figure(answer, symbol, "close", "USD")
    assert (found.value, found.text) == (expected, f"{expected:,.2f}")
    assert found.as_of.date() == day
    assert f"{expected:,.2f} USD" in answer.text


def last_before(days: list[date], day: date) -> date:
    return max(d for d in days if d < day)


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("this week", date(2026, 2, 23), date(2026, 2, 27)),
        ("in January", date(2026, 1, 1), date(2026, 1, 31)),
        ("over the past month", date(2026, 1, 28), date(2026, 2, 27)),
        ("over the last week", date(2026, 2, 21), date(2026, 2, 27)),
    ],
)
def test_a_percent_change_over_a_period_is_exact(
    assistant: Assistant, prices: Closes, symbol: str, period: str, start: date, end: date
) -> None:
    days = sorted(prices[symbol])
    first, last = last_before(days, start), max(d for d in days if d <= end)
    expected = (prices[symbol][last]["close"] / prices[symbol][first]["close"] - 1) * 100
    answer = checked(assistant.ask(f"How much did {symbol} change {period}, in percent?"), symbol)
    found = figure(answer, symbol, "change", "percent")
    assert found.value == pytest.approx(expected, abs=1e-6)
    assert float(found.text) == pytest.approx(expected, abs=0.005001)
    assert found.as_of.date() == last
    assert f"{found.text} %" in answer.text


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_highest_close_of_january_is_exact(assistant: Assistant, prices: Closes, symbol: str) -> None:
    january = {d: p["close"] for d, p in prices[symbol].items() if (d.year, d.month) == (2026, 1)}
    best = max(january, key=lambda d: january[d])
    answer = checked(assistant.ask(f"What was the highest close of {symbol} in January?"), symbol)
    found = figure(answer, symbol, "close", "USD")
    assert (found.value, found.as_of.date()) == (january[best], best)


@pytest.mark.parametrize(("one", "other"), [("AAPL", "MSFT"), ("NVDA", "KO"), ("SPY", "GLD")])
def test_which_of_two_moved_more_is_right(assistant: Assistant, prices: Closes, one: str, other: str) -> None:
    def move(symbol: str) -> float:
        days = sorted(prices[symbol])
        first, last = last_before(days, date(2026, 2, 1)), days[-1]
        return (prices[symbol][last]["close"] / prices[symbol][first]["close"] - 1) * 100

    answer = checked(assistant.ask(f"Which moved more in February, {one} or {other}?"), one)
    more = max((one, other), key=lambda s: abs(move(s)))
    less = other if more == one else one
    assert answer.text.startswith(f"{more} moved more than {less}: ")
    for symbol in (one, other):
        assert figure(answer, symbol, "change", "percent").value == pytest.approx(move(symbol), abs=1e-6)


def test_the_json_document_and_the_text_say_the_same(
    environment: dict[str, str], ingested: Any, prices: Closes
) -> None:
    question = "What did AAPL close at?"
    expected = prices["AAPL"][date(2026, 2, 27)]["close"]
    document = json.loads(bell(environment, "ask", question, "--json").stdout)
    text = bell(environment, "ask", question)
    assert document["status"] == "answered"
    assert document["figures"][0] | {"as_of": None, "checksum": None} == {
        "text": f"{expected:,.2f}", "value": expected, "unit": "USD", "symbol": "AAPL", "field": "close",
        "as_of": None, "citation": 1, "derived_from": None, "session": "2026-02-27", "source": "yahoo",
        "checksum": None,
    }  # fmt: skip
    assert document["figures"][0]["as_of"] == "2026-02-27T21:00:00+00:00"
    assert document["citations"][0]["kind"] == "quote"
    assert document["as_of"] == NOW.isoformat()
    assert f"{expected:,.2f} USD on Fri 27 Feb 2026" in text.stdout
    assert text.stdout.startswith(document["text"])


def test_an_earlier_as_of_answers_as_was_possible_then(
    environment: dict[str, str], ingested: Any, prices: Closes
) -> None:
    result = bell(environment, "ask", "What did AAPL close at?", "--json", "--as-of", "2026-02-11T15:00:00Z")
    expected = prices["AAPL"][date(2026, 2, 10)]["close"]
    assert json.loads(result.stdout)["figures"][0]["value"] == expected


def test_what_is_not_known_is_abstained_from(environment: dict[str, str], ingested: Any) -> None:
    result = bell(environment, "ask", "What did ZZZQ close at?", "--json")
    document = json.loads(result.stdout)
    assert (result.returncode, document["status"], document["figures"]) == (4, "abstained", [])


def test_the_same_sources_again_write_nothing_and_answer_304(
    environment: dict[str, str], market: Market, ingested: Any
) -> None:
    before = len(market.log())
    report = json.loads(bell(environment, "ingest", "--json").stdout)
    asked = market.log()[before:]
    assert {s["outcome"] for s in report["sources"] if s["kind"] == "news"} == {"not modified"}
    assert sum(s["new"] + s["updated"] for s in report["sources"]) == 0
    assert report["indexed"] == 0
    assert {r["code"] for r in asked if r["path"].startswith("/feeds/")} == {304}


def test_the_briefing_of_that_evening_holds_the_closes(
    environment: dict[str, str], ingested: Any, prices: Closes
) -> None:
    result = bell(environment, "brief", "--json")
    assert result.returncode == 0, result.stderr
    document = json.dumps(json.loads(result.stdout))
    for symbol in SYMBOLS:
        assert f'"{prices[symbol][date(2026, 2, 27)]["close"]:,.2f}"' in document


def test_cron_writes_the_briefing_of_that_day(environment: dict[str, str], ingested: Any) -> None:
    command = shutil.which("bell", path=str(Path(sys.executable).parent)) or ""
    job = [str(ROOT / "cron" / "run"), "brief"]
    result = subprocess.run(job, env=environment | {"BELL": command}, capture_output=True, text=True, check=False)
    home = Path(environment["BELL_HOME"])
    assert result.returncode == 0, result.stderr + (home / "logs" / "brief.log").read_text()
    names = sorted(p.name for p in (home / "briefings").iterdir())
    assert names == ["2026-02-27.html", "2026-02-27.json", "2026-02-27.md"]
    assert "AAPL" in (home / "briefings" / "2026-02-27.html").read_text()
