"""The quote gate: series of prices as a source sends them, and what of them may be stored."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ingest.gate import Judged, judge
from ingest.types import Bar, History, Quote
from tests.conftest import bar, instrument, weekdays

END = date(2026, 2, 27)


def days(closes: Sequence[float], end: date = END, currency: str = "USD") -> list[Bar]:
    """Weekday bars up to `end`, within two percent of these closes."""
    dates = weekdays(end - timedelta(days=2 * len(closes) + 10), end)
    dates = dates[len(dates) - len(closes) :]
    return [
        replace(bar("ACME", d, c, open=c * 0.99, high=c * 1.02, low=c * 0.98), currency=currency)
        for d, c in zip(dates, closes, strict=True)
    ]


def quote(price: float, currency: str = "USD", **more: Any) -> Quote:
    at = days([1.0])[0].closed_at
    given: dict[str, Any] = dict.fromkeys(("previous_close", "open", "high", "low"))
    return Quote("ACME", price, currency, at, "closed", source="yahoo", fetched=at, **(given | more))


def judged(bars: Sequence[Bar], stored: Sequence[Bar] = (), latest: Quote | None = None) -> Judged:
    return judge(History(instrument("ACME"), tuple(bars), latest), stored)


def kept(closes: Sequence[float], stored: Sequence[float] = ()) -> list[float]:
    """The closes that pass, after `stored` ones that end three sessions into them."""
    sent = days(closes)
    before = days(stored, sent[min(2, len(sent) - 1)].day) if stored else []
    return [b.close for b in judged(sent, before).history.bars]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([10, 11, 12, 9, 10], [10, 11, 12, 9, 10]),
        ([10, 11, 1200, 9, 10], [10, 11, 9, 10]),  # one day in pence
        ([10, 0.11, 0.12, 9, 10, 11], [10, 9, 10, 11]),  # two in hundreds
        ([1000, 10, 11, 12], [10, 11, 12]),  # the first
        ([10, 11, 12, 1300], [10, 11, 12]),  # the last
        ([10, 11, 12, 60, 12], [10, 11, 12, 12]),
        ([10] * 6 + [60] * 4, [10] * 6),  # it may be an error or a split nobody told of
        ([10] * 6 + [60] * 5, [10] * 6 + [60] * 5),  # a level that has held
        ([10] * 6 + [1000] * 5, [10] * 6),  # a factor of 100 is never one
        ([10 * 1.01**n for n in range(700)], [10 * 1.01**n for n in range(700)]),  # a thousandfold, but no jump
        ([5], [5]),
        ([], []),
    ],
)
def test_prices_off_by_a_factor_are_kept_out(sent: list[float], expected: list[float]) -> None:
    assert kept(sent) == expected


@pytest.mark.parametrize(
    ("stored", "sent", "expected"),
    [
        ([10, 10, 10], [10, 10, 10, 11], [10, 10, 10, 11]),
        ([10, 10, 10], [1000, 1000, 1000, 1000, 1000, 1000], []),  # the whole answer is off
        ([10, 10, 10], [10, 10, 10, 1000, 1000, 1000, 1000, 1000, 1000], [10, 10, 10]),
        ([10, 20, 40], [20, 30, 40, 50], [20, 30, 40, 50]),
        ([10, 10, 10], [50, 50, 50, 50, 50], [50, 50, 50, 50, 50]),  # five sessions on
    ],
)
def test_what_is_stored_says_which_level_is_right(
    stored: list[float], sent: list[float], expected: list[float]
) -> None:
    assert kept(sent, stored) == expected


def test_a_day_whose_prices_disagree_among_themselves_is_kept_out() -> None:
    sent = days([10, 10, 10])
    sent[1] = replace(sent[1], high=1000.0)
    assert judged(sent).history.bars == (sent[0], sent[2])


def test_a_change_from_pence_to_pounds_is_no_jump_and_a_wrong_label_is_one() -> None:
    pence = days([250.0, 252.0, 251.0], date(2026, 2, 24), "GBp")
    pounds = days([2.53, 2.52], END, "GBP")
    mislabelled = days([253.0, 252.0], END, "GBP")
    assert judged(pounds, pence).history.bars == tuple(pounds)
    assert judged(mislabelled, pence).history.bars == ()


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (quote(10.5), quote(10.5)),
        (quote(1050.0), None),
        (quote(0.105), None),
        (quote(1050.0, "GBp"), quote(1050.0, "GBp")),
        (quote(10.5, previous_close=1040.0, open=10.2, high=0.11, low=9.0), quote(10.5, open=10.2, low=9.0)),
    ],
)
def test_a_latest_price_off_by_a_factor_is_kept_out_and_its_other_prices_too(
    latest: Quote, expected: Quote | None
) -> None:
    assert judged(days([10, 10, 10]), latest=latest).history.quote == expected
    assert judged([], days([10, 10, 10]), latest).history.quote == expected


def test_without_anything_to_compare_a_price_passes() -> None:
    assert judged([], latest=quote(7.0)).history.quote == quote(7.0)


def test_what_was_kept_out_is_counted_and_said() -> None:
    found = judge(History(instrument("ACME"), tuple(days([10, 10, 1000, 10])), quote(1000.0), rejected=2), ())
    assert found.history.rejected == 3
    assert found.warnings == (
        "days kept out, prices off by a factor of 4 or more without a split: 1",
        "the latest price is kept out, off by a factor of 4 or more without a split",
    )
    assert judged(days([10, 11]), latest=quote(11.0)).warnings == ()


def test_sixty_series_with_unit_errors_and_sixty_clean_ones() -> None:
    """At least 98 % of the wrong days are kept out, and at most 1 % of clean ones."""
    dice = random.Random(5)
    wrong = caught = clean = lost = 0
    for n in range(60):
        closes = [50.0]
        for _ in range(249):
            closes.append(closes[-1] * max(0.4, dice.gauss(1, 0.04 if n % 2 else 0.015)))
        clean += len(closes)
        lost += len(closes) - len(kept(closes))
        length = dice.choice((1, 1, 2, 7, 30))
        start, times = dice.randrange(len(closes) - length), dice.choice((100, 0.01))
        sent = days([c * times if start <= i < start + length else c for i, c in enumerate(closes)])
        wrong += length
        off = set(sent[start : start + length])
        passed = set(judged(sent).history.bars)
        caught += len(off - passed)
        lost += len(set(sent) - off - passed)
        clean += len(closes) - length
    assert caught >= 0.98 * wrong
    assert lost <= 0.01 * clean
