"""Price and move questions over daily prices; what is right is computed here, apart from the assistant's own code."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.sample import data as sample
from evaluation.questions import Question
from examples import Family
from examples.market import Prices
from ingest.types import Bar, History, Instrument, Session

_NEW_YORK = ZoneInfo("America/New_York")
_FIELDS = ("close", "close", "close", "open", "high", "low")
_PRICE = {
    "close": (
        "Which closing price did {s} have on {d}?",
        "Tell me the {d} close for {s}.",
        "I need {s}'s close from {d}.",
        "At what level did {s} shares close on {d}?",
    ),
    "open": ("At what price did {s} open on {d}?", "Tell me where {s} opened on {d}."),
    "high": ("What was the high of {s} on {d}?", "How high did {s} trade on {d}?"),
    "low": ("What was the low of {s} on {d}?", "Tell me the low of {s} on {d}."),
}
_NOW = ("Where does {s} stand?", "What does a share of {s} cost right now?", "Current price of {s}, please.")
_MOVE = (
    "By what percentage did {s} move {p}?",
    "What percent change did {s} show {p}?",
    "What did holders of {s} make or lose {p} in percent?",
    "How far did {s} go up or down {p}?",
    "Show me the change of {s} {p}.",
)
Ends = tuple[Bar, Bar]  # the close a move starts from, and where it ends


def sample_prices() -> dict[str, Prices]:
    """The invented market that ships with the product: no symbol of it is ever trained on."""
    names = {i["symbol"]: i["name"] for i in sample.market()["instrument"]}
    return {
        symbol: Prices(
            Instrument(symbol, names[symbol], "equity", sample.market()["market"]["exchange"], "XNYS",
                       _NEW_YORK.key, "USD"),
            tuple(_bar(row) for row in rows),
        )
        for symbol, rows in sample.prices().items()
    }  # fmt: skip


def _bar(row: sample.Row) -> Bar:
    closed = row.closes_at.astimezone(UTC)
    return Bar(
        symbol=row.symbol, day=row.date, open=row.open, high=row.high, low=row.low, close=row.close,
        volume=row.volume, currency="USD", closed_at=closed, source="sample", fetched=closed + timedelta(minutes=20),
        known_from=closed,
    )  # fmt: skip


def histories(prices: Mapping[str, Prices]) -> tuple[History, ...]:
    return tuple(History(p.instrument, p.bars, None) for p in prices.values())


def sessions(prices: Mapping[str, Prices]) -> tuple[Session, ...]:
    """The days on which anything traded, each from 9:30 to its close."""
    closes = {(p.instrument.calendar, b.day): b.closed_at for p in prices.values() for b in p.bars}
    return tuple(
        Session(calendar, day, datetime.combine(day, time(9, 30), _NEW_YORK).astimezone(UTC), closed)
        for (calendar, day), closed in sorted(closes.items())
    )


def price_questions(prices: Mapping[str, Prices], rng: random.Random, count: int, first: date) -> list[Question]:
    """`count` price and `count` move questions about sessions from `first` on, each asked some time after a close."""
    asked: dict[str, Question] = {}
    for draw in (_price, _move):
        made = 0
        while made < count:
            question = draw(rng.choice(list(prices.values())), rng, first)
            if question and question.id not in asked:
                asked[question.id] = question
                made += 1
    return list(asked.values())


def _price(prices: Prices, rng: random.Random, first: date) -> Question | None:
    now = _now(prices, rng, first)
    if rng.random() < 0.2:
        bar, field, text = prices.bars[now], "close", rng.choice(_NOW)
    else:
        bar, field = prices.bars[now - rng.randint(0, 30)], rng.choice(_FIELDS)
        text = rng.choice(_PRICE[field])
    if bar.day < first:
        return None
    value = getattr(bar, field)
    asked = text.format(s=_called(prices, rng), d=_day(bar.day, rng))
    return _question("price", asked, f"{value:,.2f} USD", prices, bar, now, rng)


def _move(prices: Prices, rng: random.Random, first: date) -> Question | None:
    now = _now(prices, rng, first)
    phrase, find = rng.choice(_PERIODS)
    day, early = prices.bars[now - rng.randint(0, 12)].day, prices.bars[now - rng.randint(13, 35)].day
    found = find(prices.bars[: now + 1], day, early)
    if found is None or found[1].day < first:
        return None
    base, last = found
    shown = f"{(last.close / base.close - 1) * 100:+.2f}"
    if float(shown) == 0:
        return None  # no sign to be right or wrong about
    period = phrase.format(d=_day(day, rng), e=_day(early, rng), m=f"{early:%B %Y}")
    asked = rng.choice(_MOVE).format(s=_called(prices, rng), p=period)
    return _question("move", asked, f"{shown} %", prices, last, now, rng)


def _question(
    family: Family, asked: str, must: str, prices: Prices, bar: Bar, now: int, rng: random.Random
) -> Question:
    symbol = prices.instrument.symbol
    closed = prices.bars[now].closed_at
    # Before the next session opens, so that the last close is still the newest price.
    as_of = closed + timedelta(minutes=rng.randint(25, 180))
    return Question(family, asked, (must,), frozenset({symbol}), as_of, symbol, bar.day)


def _now(prices: Prices, rng: random.Random, first: date) -> int:
    start = next(i for i, b in enumerate(prices.bars) if b.day >= first)
    return rng.randrange(max(45, start), len(prices.bars))


def _called(prices: Prices, rng: random.Random) -> str:
    name = prices.instrument.name.partition(" (")[0]
    return rng.choice((prices.instrument.symbol, prices.instrument.symbol, name))


def _day(day: date, rng: random.Random) -> str:
    return rng.choice((f"{day.day} {day:%B %Y}", day.isoformat(), f"{day:%B} {day.day}, {day.year}"))


# Periods ---------------------------------------------------------------------------------------------------------


def _between(bars: Sequence[Bar], start: date, end: date) -> Ends | None:
    """From the last close before `start` to the last one up to `end`."""
    before = [b for b in bars if b.day < start]
    inside = [b for b in bars if start <= b.day <= end]
    return (before[-1], inside[-1]) if before and inside else None


def _on_day(bars: Sequence[Bar], day: date, _early: date) -> Ends | None:
    return _between(bars, day, day)


def _from_to(bars: Sequence[Bar], day: date, early: date) -> Ends | None:
    """Both ends are closes that the question names."""
    ends = {b.day: b for b in bars}
    return (ends[early], ends[day])


def _this_week(bars: Sequence[Bar], _day: date, _early: date) -> Ends | None:
    today = bars[-1].day
    return _between(bars, today - timedelta(days=today.weekday()), today)


def _last_week(bars: Sequence[Bar], _day: date, _early: date) -> Ends | None:
    monday = bars[-1].day - timedelta(days=bars[-1].day.weekday())
    return _between(bars, monday - timedelta(days=7), monday - timedelta(days=1))


def _this_month(bars: Sequence[Bar], _day: date, _early: date) -> Ends | None:
    return _between(bars, bars[-1].day.replace(day=1), bars[-1].day)


def _in_month(bars: Sequence[Bar], _day: date, early: date) -> Ends | None:
    start = early.replace(day=1)
    return _between(bars, start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1))


_PERIODS: tuple[tuple[str, Callable[[Sequence[Bar], date, date], Ends | None]], ...] = (
    ("on {d}", _on_day),
    ("from the close of {e} to the close of {d}", _from_to),
    ("this week", _this_week),
    ("last week", _last_week),
    ("this month", _this_month),
    ("in {m}", _in_month),
)
