"""Questions about prices and moves, with the evidence that the assistant's own code finds for them.

Real daily prices, or any others of the same form; the assistant's understanding and market facts do the work, so that
what is trained on is what is served.
"""

import csv
import gzip
import io
import json
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from assistant.market.facts import answer_part
from assistant.market.finding import Finding
from assistant.market.view import MarketView
from assistant.types import Evidence, Part
from assistant.understand import Vocabulary, understand
from examples import Example
from examples.names import POOLS
from ingest.types import Bar, Instrument, Session

NEW_YORK = ZoneInfo("America/New_York")
_OPEN, _CLOSE = time(9, 30), time(16)
_KINDS = {"index": "etf"}  # the listing's "index" is a fund on one, traded in dollars
_TRIES = 20  # draws for one example
_ALONE = 0.7  # of the draws: one question over its own finding, as it is asked in use
_SHARE_NOW = 0.3  # of the questions for a price


@dataclass(frozen=True, slots=True)
class Prices:
    """One symbol's sessions, oldest first."""

    instrument: Instrument
    bars: tuple[Bar, ...]

    def view(self, as_of: datetime) -> MarketView:
        known = [b for b in self.bars if b.closed_at <= as_of]
        sessions = [
            Session("XNYS", b.day, datetime.combine(b.day, _OPEN, NEW_YORK).astimezone(UTC), b.closed_at)
            for b in self.bars
        ]
        return MarketView(self.instrument, known, None, sessions, as_of)


def load_prices(folder: Path, years: range) -> dict[str, Prices]:
    """`daily_ohlc.csv.gz` (ticker, date, open, high, low, close) and `tickers.json`, sessions within `years`."""
    listed = json.loads((folder / "tickers.json").read_text(encoding="utf-8"))
    bars: dict[str, list[Bar]] = {entry["ticker"]: [] for entry in listed}
    with gzip.open(folder / "daily_ohlc.csv.gz", "rb") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")):
            day = date.fromisoformat(row["date"])
            if day.year in years:
                bars[row["ticker"]].append(_bar(row, day))
    return {
        e["ticker"]: Prices(
            _instrument(e["ticker"], e["name"], _KINDS.get(e["category"], e["category"])), tuple(bars[e["ticker"]])
        )
        for e in listed
        if len(bars[e["ticker"]]) > 60
    }


def held_out(symbols: Iterable[str]) -> frozenset[str]:
    """Every third symbol in the order of their names: those that evaluation asks about and training never sees."""
    return frozenset(s for i, s in enumerate(sorted(symbols)) if i % 3 == 2)


def invented_prices(rng: random.Random, count: int = 40, sessions: int = 220) -> dict[str, Prices]:
    """Companies that do not exist, on a random walk of `sessions` weekdays: for where no public prices are at hand."""
    days = _weekdays(date(2024, 1, 2), sessions)
    listed = POOLS["train"].companies(rng, count)
    return {c.symbol: Prices(_instrument(c.symbol, c.name, "equity"), _walk(c.symbol, days, rng)) for c in listed}


def _weekdays(first: date, count: int) -> list[date]:
    days = (first + timedelta(days=i) for i in range(2 * count))
    return [d for d in days if d.weekday() < 5][:count]


def _walk(symbol: str, days: Sequence[date], rng: random.Random) -> tuple[Bar, ...]:
    price, bars = rng.uniform(4, 400), []
    for day in days:
        before, price = price, max(price * math.exp(rng.gauss(0.0003, 0.018)), 1.0)
        edges = sorted((before, price))
        row = {"ticker": symbol, "open": before, "close": price, "low": edges[0] * 0.994, "high": edges[1] * 1.006}
        bars.append(_bar(row, day))
    return tuple(bars)


def _bar(row: Mapping[str, Any], day: date) -> Bar:
    closed = datetime.combine(day, _CLOSE, NEW_YORK).astimezone(UTC)
    prices = {f: round(float(row[f]), 2) for f in ("open", "high", "low", "close")}
    return Bar(
        symbol=str(row["ticker"]), day=day, volume=None, currency="USD", closed_at=closed, source="yahoo",
        fetched=closed + timedelta(minutes=20), known_from=closed, **prices,
    )  # fmt: skip


def _instrument(symbol: str, name: str, kind: str) -> Instrument:
    exchange = "NYSEArca" if "etf" in kind else "NasdaqGS"
    name = name if name.isascii() else symbol
    return Instrument(symbol, name, kind, exchange, "XNYS", NEW_YORK.key, "USD")


_PRICE = (
    "What did {s} close at {d}?", "{s} close {d}", "closing price of {s} {d}?", "Where did {s} finish {d}?",
    "What was the close of {s} {d}?", "How much was a share of {s} at the close {d}?", "{s} price {d}?",
    "Please give me {s}'s closing price {d}.", "At what price did {s} end {d}?", "What was {s} worth {d}?",
    "What did {s} open at {d}?", "opening price of {s} {d}", "What was {s}'s high {d}?", "day low of {s} {d}?",
    "high of {s} {d}", "What was the lowest price of {s} {d}?",
)  # fmt: skip
_NOW = (
    "What is {s} trading at?", "{s} price now?", "latest close of {s}", "What's the last price of {s}?", "{s} quote",
    "How much is one {s} share at the moment?", "Where is {s} at present?", "What do I pay for {s} today?",
    "Give me the newest price of {s}.", "What level is {s} at?", "Most recent price for {s}?", "What's {s} worth?",
    "How much for {s} currently?", "Could you tell me {s}'s price as of now?", "At what price is {s} changing hands?",
)  # fmt: skip
_MOVE = (
    "How did {s} do {p}?", "How much did {s} rise or fall {p}?", "{s} move {p}?", "What was {s}'s return {p}?",
    "By how many percent did {s} change {p}?", "{s} performance {p}", "Did {s} go up or down {p}?",
    "How has {s} performed {p}?", "What did {s} gain or lose {p}?", "percent change of {s} {p}?",
    "Was {s} up or down {p}, and by how much?", "Tell me how {s} moved {p}.",
)  # fmt: skip


def market_examples(
    prices: Mapping[str, Prices], rng: random.Random, count: int, unanswerable: float
) -> Iterator[Example]:
    """`count` questions (fewer where the prices hardly allow any) on random symbols and days. Several in a row share
    their evidence, the findings of all of them but a share (`unanswerable`): each has to find its own. Others stand
    alone."""
    symbols = [s for s, p in prices.items() if len(p.bars) > 60]
    names = {p.instrument.name.lower(): (s,) for s, p in prices.items()}
    vocabulary = Vocabulary(names=names, followed=symbols, known=set(symbols))
    drawn = (_draw(prices, symbols, vocabulary, rng, unanswerable) for _ in range(_TRIES * count))
    yield from islice(chain.from_iterable(drawn), count)


@dataclass(frozen=True, slots=True)
class _Asked:
    family: Literal["price", "move"]
    symbol: str
    question: str
    right: Finding


def _draw(
    prices: Mapping[str, Prices],
    symbols: Sequence[str],
    vocabulary: Vocabulary,
    rng: random.Random,
    unanswerable: float,
) -> list[Example]:
    alone = rng.random() < _ALONE
    some = rng.sample(symbols, 1 if alone else min(rng.randint(1, 4), len(symbols)))
    now = rng.randrange(40, min(len(prices[s].bars) for s in some))
    as_of = prices[some[0]].bars[now].closed_at + timedelta(minutes=rng.randint(10, 900))
    many = 1 if alone else rng.randint(3, 6)
    drawn = (_asked(prices[rng.choice(some)], vocabulary, now, as_of, rng) for _ in range(many))
    asked = [a for a in drawn if a]
    shown: list[Finding] = []
    for one in asked:
        if (alone or rng.random() >= unanswerable) and not any(_same(one.right, f) for f in shown):
            shown.append(one.right)
    rng.shuffle(shown)
    evidence = tuple(f.evidence(n) for n, f in enumerate(shown, 1))
    return [_example(a, shown, evidence, as_of) for a in asked] if shown else []


def _asked(prices: Prices, vocabulary: Vocabulary, now: int, as_of: datetime, rng: random.Random) -> _Asked | None:
    symbol = prices.instrument.symbol
    family, question = _ask(symbol, prices.instrument.name, prices.bars, now, rng)
    parts = understand(question, vocabulary, as_of.astimezone(NEW_YORK).date()).parts
    kinds = {"price", "high_low"} if family == "price" else {family}
    if len(parts) != 1 or parts[0].symbols != (symbol,) or parts[0].kind not in kinds:
        return None
    right = _find(prices, parts[0], as_of)
    return _Asked(family, symbol, question, right) if right and right.statements[0].figures else None


def _example(asked: _Asked, shown: Sequence[Finding], evidence: tuple[Evidence, ...], as_of: datetime) -> Example:
    right = asked.right
    cites = frozenset(n for n, f in enumerate(shown, 1) if _tells(f, right))
    if not cites:
        return Example("unanswerable", asked.symbol, asked.question, (), evidence, as_of)
    return Example(asked.family, asked.symbol, asked.question, (_told(right),), evidence, as_of, cites)


def _same(one: Finding, other: Finding) -> bool:
    return one.view.name == other.view.name and one.points == other.points


def _tells(finding: Finding, right: Finding) -> bool:
    """Whether another finding holds the same fact: the same move over the same time, or the same price."""
    if right.change:
        return finding.computed == right.computed and finding.view.name == right.view.name
    return finding.view.name == right.view.name and right.points[0] in finding.points


def _told(finding: Finding) -> str:
    figure = finding.statements[0].figures[0]
    return f"{figure.text} %" if figure.unit == "percent" else f"{figure.text} {figure.unit}"


def _find(prices: Prices, part: Part, as_of: datetime) -> Finding | None:
    finding = answer_part(part, [prices.view(as_of)], 1)[0]
    return finding if finding.statements else None


def _ask(
    symbol: str, name: str, bars: Sequence[Bar], now: int, rng: random.Random
) -> tuple[Literal["price", "move"], str]:
    called = rng.choice((symbol, symbol, name))
    if rng.random() < 0.5:
        template = rng.choice(_NOW if rng.random() < _SHARE_NOW else _PRICE)
        return "price", template.format(s=called, d=f"on {_day(bars[now - rng.randint(0, 35)].day, rng)}")
    template = rng.choice(_MOVE)
    return "move", template.format(s=called, p=_period(bars, now, rng))


def _day(day: date, rng: random.Random) -> str:
    return rng.choice(
        (f"{day.day} {day:%B %Y}", f"{day.day} {day:%b %Y}", day.isoformat(), f"{day:%B} {day.day}, {day.year}")
    )


def _period(bars: Sequence[Bar], now: int, rng: random.Random) -> str:
    day = bars[now - rng.randint(0, 30)].day
    start = bars[now - rng.randint(8, 38)].day
    return rng.choice(
        ("this week", "last week", "this month", "last month", f"on {_day(day, rng)}", f"in {day:%B %Y}",
         f"since {_day(start, rng)}", "over the last five days", "today", "this year")
    )  # fmt: skip
