"""A figure is a stored record, or a calculation over such records: 300 drawn questions and 500 drawn moves."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import Answerer
from assistant.market.facts import answer_part
from assistant.market.load import find
from assistant.market.measures import measure
from assistant.market.view import day_text
from assistant.numbers import find_numbers
from assistant.types import Answer, Derivation, Figure, Found, Part, Period
from assistant.understand import Vocabulary
from examples.market import Prices, invented_prices, load_prices
from ingest.config import Config
from ingest.ledger import Ledger, upgrade_ledger
from ingest.types import History, Session
from tests.conftest import SHARED, ScriptedModel

PAIRS, QUESTIONS = 500, 300
UNITS = {"percent", "percentage points", "shares", "USD", ""}
PERIODS = ("this week", "last week", "this month", "last month", "over the past 3 months", "on {day}", "since {day}")
TEMPLATES = {
    "price": ("What did {a} close at on {day}?", "What is the price of {a}?", "At what price did {a} open on {day}?"),
    "move": ("How did {a} do {p}?", "What was the percent change of {a} {p}?", "By how much did {a} move {p}?"),
    "high_low": ("What was the highest close of {a} {p}?", "high and low of {a} {p}", "What was the high of {a} {p}?"),
    "comparison": ("Which did better {p}, {a} or {b}?", "{a} relative to {b} {p}"),
    "drawdown": ("What was the max drawdown of {a} over the past 3 months?",),
    "best day": ("What was the best day of {a} over the past 3 months?",),
    "worst day": ("What was the biggest one-day drop of {a} over the past 2 months?",),
    "best week": ("What was the best week of {a} over the past 3 months?",),
    "worst month": ("What was the worst month of {a} over the past 9 months?",),
    "daily closes": ("closing prices of {a} last week", "{a} last 7 closes"),
    "SMA": ("What is the 20-day moving average of {a}?", "Is {a} above its 50 day average?"),
    "days up": ("On how many days did {a} rise over the past 3 months?",),
    "days down": ("How many days was {a} down last month?",),
    "run up": ("How many days in a row did {a} rise?",),
    "run down": ("What was the longest losing streak of {a} over the past 3 months?",),
    "distance from the high": ("How far below its high of the past 3 months is {a}?",),
    "distance from the low": ("How far is {a} above its 52-week low?",),
    "volatility": ("How volatile was {a} over the past 2 months?",),
    "average close": ("What was the average price of {a} last month?",),
    "CAGR": ("What is the CAGR of {a}?",),
    "price ratio": ("What is the ratio of {a} to {b}?", "ratio of {a} to {b} {p}"),
    "price spread": ("What is the spread between {a} and {b} {p}?",),
    "position value": ("What are {n} shares of {a} worth?", "value of {n} {a} and {m} {b}"),
    "position gain": ("If I had bought {n} shares of {a} on {day}, what would I have made?",),
}


@pytest.fixture(scope="module")
def prices() -> dict[str, Prices]:
    """Daily prices of 68 symbols where they are at hand, else of invented ones."""
    folder = SHARED / "data" / "prices_daily_us"
    return load_prices(folder, range(2023, 2027)) if folder.is_dir() else invented_prices(random.Random(1), 40, 500)


# 500 moves -----------------------------------------------------------------------------------------------------------


def test_of_500_moves_sign_percent_and_base_are_right_and_the_base_is_named(prices: dict[str, Prices]) -> None:
    rng = random.Random(11)
    for _ in range(PAIRS):
        one = rng.choice(list(prices.values()))
        first, last = sorted(rng.sample(range(len(one.bars)), 2))
        base, end = one.bars[first], one.bars[last]
        period = Period(base.day + timedelta(days=1), end.day, "in that time")
        view = one.view(end.closed_at + timedelta(hours=rng.randrange(1, 90)))
        [finding] = answer_part(Part("move", "", (one.instrument.symbol,), period), [view], 1)
        percent, amount, old, new = finding.statements[0].figures
        text = finding.statements[0].text
        assert (old.value, new.value, old.session, new.session) == (base.close, end.close, base.day, end.day)
        assert percent.value == pytest.approx((end.close - base.close) / base.close * 100, abs=1e-5)
        assert amount.value == pytest.approx(end.close - base.close, abs=1e-5)
        assert f"from {old.text} USD (close of {day_text(base.day)})" in text
        assert percent.text == f"{round(percent.value, 2):+,.2f}" or (percent.text, abs(percent.value) < 0.005) == (
            "0.00",
            True,
        )
        verb = "rose" if percent.text[0] == "+" else "fell" if percent.text[0] == "-" else "was unchanged"
        assert f" {verb} in that time: {percent.text} %" in text


def test_the_latest_price_names_what_it_is_compared_with(prices: dict[str, Prices]) -> None:
    for one in list(prices.values())[:20]:
        view = one.view(one.bars[-1].closed_at + timedelta(hours=1))
        [finding] = answer_part(Part("price", "", (one.instrument.symbol,)), [view], 1)
        assert (
            f"against the previous close of {finding.statements[1].figures[2].text} USD on "
            in finding.statements[1].text
        )
        assert finding.statements[1].figures[2].session == one.bars[-2].day


# 300 questions -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored(
    tmp_path_factory: pytest.TempPathFactory, prices: dict[str, Prices]
) -> Iterator[tuple[Ledger, list[str], datetime]]:
    """Eight of the symbols in a ledger, and an hour after their last common close."""
    ledger = upgrade_ledger(Config(home=tmp_path_factory.mktemp("home")))
    symbols = sorted(s for s in prices if len(s) > 1)[:8]
    days = set.intersection(*({b.day for b in prices[s].bars} for s in symbols))
    last = max(days)
    for symbol in symbols:
        kept = tuple(b for b in prices[symbol].bars if b.day <= last)
        ledger.market.put(History(prices[symbol].instrument, kept, None))
    closes = {b.day: b.closed_at for b in prices[symbols[0]].bars}
    ledger.market.put_sessions(Session("XNYS", d, closes[d] - timedelta(hours=6, minutes=30), closes[d]) for d in days)
    yield ledger, symbols, closes[last] + timedelta(hours=1)
    ledger.close()


def drawn(symbols: list[str], now: datetime, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(what is asked for, question), as many of each as of the next."""
    while True:
        for kind, templates in TEMPLATES.items():
            a, b = rng.sample(symbols, 2)
            on = now.date() - timedelta(days=rng.randrange(20, 200))
            day = f"{on.day} {on:%B %Y}"
            period = rng.choice(PERIODS).format(day=day)
            told = {"a": a, "b": b, "p": period, "day": day, "n": rng.randrange(2, 900), "m": rng.randrange(2, 900)}
            yield kind, rng.choice(templates).format(**told)


@pytest.fixture(scope="module")
def answers(stored: tuple[Ledger, list[str], datetime]) -> list[tuple[str, Answer]]:
    ledger, symbols, now = stored
    vocabulary = Vocabulary({}, symbols, set(symbols))
    zone = ZoneInfo("America/New_York")
    answerer = Answerer(ledger, vocabulary, lambda *_: Found([]), ScriptedModel, lambda: now, zone)
    asked = drawn(symbols, now, random.Random(12))
    return [(kind, answerer.ask(question).answer) for kind, question in (next(asked) for _ in range(QUESTIONS))]


def records(figure: Figure) -> Iterator[Figure]:
    """The stored records that `figure` is, or is computed from; what the question gave is left out."""
    if figure.derived_from:
        for given in figure.derived_from.inputs:
            yield from records(given)
    elif figure.field != "asked":
        yield figure


def test_every_figure_of_300_answers_is_a_record_or_a_calculation_over_records(
    stored: tuple[Ledger, list[str], datetime], answers: list[tuple[str, Answer]]
) -> None:
    ledger, symbols, now = stored
    rows = {(s, b.day): b for s in symbols for b in ledger.market.bars(s, now)}
    for _, answer in answers:
        assert answer.status == "answered", (answer.question, answer.text)
        for figure in answer.figures:
            assert figure.unit in UNITS
            assert figure.citation in {c.n for c in answer.citations} or figure.field == "asked"
            found = list(records(figure))
            assert found or figure.field == "asked", figure
            for record in found:
                assert record.symbol
                assert record.session
                row = rows[record.symbol, record.session]
                assert (record.checksum, record.source) == (row.checksum, row.source), record
                assert record.value == getattr(row, record.field), record
                assert (record.unit, record.as_of) == ("USD", row.closed_at)


def test_every_number_that_is_printed_is_a_figure(answers: list[tuple[str, Answer]]) -> None:
    for _, answer in answers:
        known = {(abs(float(f.text.replace(",", ""))), f.unit) for f in answer.figures}
        for number in find_numbers(answer.text):
            units = {unit for value, unit in known if value == abs(number.value)}
            assert number.unit in units or (units and not number.unit), (number, answer.text)


def test_each_kind_is_computed_as_it_is_asked(answers: list[tuple[str, Answer]]) -> None:
    for kind, answer in answers:
        assert answer.understood
        [part] = answer.understood.parts
        assert (part.kind if part.kind != "other" else part.term) == kind, answer.question
        assert not answer.model.base


def test_the_json_answer_carries_the_records(answers: list[tuple[str, Answer]]) -> None:
    document: dict[str, Any] = answers[0][1].to_dict()
    figure = document["figures"][0]
    assert {"session", "source", "checksum"} < set(figure)
    assert date.fromisoformat(figure["session"])
    assert document["citations"][0]["basis"] == "split-adjusted prices"


# By hand -------------------------------------------------------------------------------------------------------------


def test_a_run_of_closes_is_named_by_its_ends_and_sealed_by_all_of_them(
    stored: tuple[Ledger, list[str], datetime],
) -> None:
    ledger, symbols, now = stored
    seen = set()
    for days in (30, 31, 60):
        period = Period(now.date() - timedelta(days=days), now.date(), "then")
        part = Part("other", "", (symbols[0],), period, term="average close")
        [found] = measure(part, [f.view for f in find(ledger, part, now, 1)[0]], 1)
        figure = found.statements[0].figures[0]
        assert isinstance(figure.derived_from, Derivation)
        assert len(figure.derived_from.inputs) == 2
        seen.add(figure.checksum)
    assert len(seen) >= 2
