"""The quote gate: series of prices as a source sends them, and what of them may be stored."""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ingest.gate import Judged, judge, readjusted
from ingest.types import Bar, History, Quote
from tests.conftest import SHARED, bar, instrument, weekdays
from tests.sizes import SERIES_STEP, SPLITS

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
        ([100, 101, 99, 50, 51], [100, 101, 99]),  # 2 for 1, or half of it lost: the next sessions tell
        ([100, 101, 99, 98, 99, 34, 33, 33, 34], [100, 101, 99, 98, 99]),
        ([100, 101, 99, 198], [100, 101, 99]),  # 1 for 2
        ([100, 101, 99, 303, 310], [100, 101, 99]),
        ([99] * 6 + [50, 51, 50, 52, 49], [99] * 6 + [50, 51, 50, 52, 49]),  # a level that has held
        ([100, 101, 99, 42, 43], [100, 101, 99, 42, 43]),  # a fall as no split makes it
        ([100, 101, 99, 66, 65], [100, 101, 99, 66, 65]),
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
        ([10, 20, 40], [17, 30, 40, 50], [17, 30, 40, 50]),
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


@pytest.mark.parametrize(
    ("latest", "kept_out"),
    [
        (quote(50.5), True),
        (quote(49.0, open=51.0), True),
        (quote(50.5, open=97.0), False),  # it opened where it was, and fell: no split
        (quote(60.0, open=51.0), False),
        (quote(5050.0, "GBp"), True),  # 50.50 in whole units
    ],
)
def test_a_latest_price_as_after_a_split_is_kept_out_unless_it_fell_in_the_session(
    latest: Quote, kept_out: bool
) -> None:
    assert (judged(days([100, 101, 99]), latest=latest).history.quote is None) is kept_out


def test_a_day_that_opened_near_the_close_before_is_no_split() -> None:
    sent = days([100, 101, 50])
    sent[2] = replace(sent[2], open=98.0, high=99.0)
    assert judged(sent).history.bars == tuple(sent)


@pytest.mark.parametrize(
    ("stored", "sent", "adjusted"),
    [
        ([100, 102, 98], [50, 51, 49, 50], True),
        ([100, 102, 98], [99, 100.98, 97.02, 97], False),  # one in a hundred: a correction
        ([100, 102, 98], [300, 306, 294, 300], True),
        ([100, 102, 98], [20, 20.4, 19.6, 20], True),
        ([100, 102, 98], [100, 102, 49, 50], False),  # not all of them
        ([100, 102, 98], [10_000, 10_200, 9_800], False),  # another unit
        ([100, 102, 98], [1, 1.02, 0.98], False),
        ([100, 102, 98], [100, 102, 98, 97], False),
        ([100], [50], False),  # one day proves nothing
        ([], [50, 51, 49], False),
    ],
)
def test_days_that_come_at_another_level_all_alike_were_adjusted(
    stored: list[float], sent: list[float], adjusted: bool
) -> None:
    before = days(stored, days(sent)[min(2, len(sent) - 1)].day) if stored else []
    assert readjusted(days(sent), before) is adjusted


def test_without_anything_to_compare_a_price_passes() -> None:
    assert judged([], latest=quote(7.0)).history.quote == quote(7.0)


def test_what_was_kept_out_is_counted_and_said() -> None:
    found = judge(History(instrument("ACME"), tuple(days([10, 10, 1000, 10])), quote(1000.0), rejected=2), ())
    assert found.history.rejected == 3
    assert found.warnings == (
        "days kept out, prices off as by a wrong unit or by a split that is not told of: 1",
        "the latest price is kept out, off as by a wrong unit or by a split that is not told of",
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


# Real prices: 68 US symbols, three and a half years


@pytest.fixture(scope="module")
def real() -> dict[str, list[Bar]]:
    file = SHARED / "data" / "prices_daily_us" / "daily_ohlc.csv.gz"
    if not file.exists():
        pytest.skip(f"the captured prices are not at {file}")
    found: dict[str, list[Bar]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            day, (o, h, low, c) = (
                date.fromisoformat(row["date"]),
                (float(row[k]) for k in "open high low close".split()),
            )
            found[row["ticker"]].append(bar("ACME", day, c, open=o, high=h, low=low))
    return found


def test_of_real_prices_nothing_is_kept_out(real: dict[str, list[Bar]]) -> None:
    assert sum(map(len, real.values())) > 50_000
    for symbol, bars in real.items():
        assert judged(bars) == Judged(History(instrument("ACME"), tuple(bars), None)), symbol


def test_of_real_prices_polled_day_by_day_nothing_is_kept_out(real: dict[str, list[Bar]]) -> None:
    for symbol in sorted(real)[::SERIES_STEP]:
        bars = real[symbol]
        for n in range(21, len(bars)):
            sent, latest = bars[n - 6 : n + 1], quote_of(bars[n])
            found = judged(sent, bars[n - 21 : n], latest)
            assert (found.history.bars, found.history.quote) == (tuple(sent), latest), f"{symbol} {bars[n].day}"
            assert not readjusted(sent, bars[n - 21 : n])


@pytest.mark.parametrize("ratio", [2.0, 3.0, 1 / 2, 1 / 3])
def test_a_split_in_real_prices_waits_until_it_is_told_or_has_held(real: dict[str, list[Bar]], ratio: float) -> None:
    """At least 98 of 100 are seen on their first day; told of, or adjusted without a word, they are read again."""
    dice, seen, tried = random.Random(7), 0, 0
    for bars in real.values():
        for n in dice.sample(range(30, len(bars) - 6), SPLITS):
            before, after = bars[n - 21 : n], [split(b, ratio) for b in bars[n : n + 6]]
            tried += 1
            first = judged([*before[-6:], after[0]], before, quote_of(after[0])).history
            seen += (first.bars, first.quote) == (tuple(before[-6:]), None)
            held = judged([*before[-6:], *after], before).history
            assert held.bars == (*before[-6:], *after)
            adjusted = [split(b, ratio) for b in before[-6:]]
            assert readjusted([*adjusted, after[0]], before)
            assert judged([*adjusted, *after], ()).history.bars == (*adjusted, *after)
    assert seen >= 0.98 * tried


def split(bar: Bar, ratio: float) -> Bar:
    prices = {k: round(getattr(bar, k) / ratio, 4) for k in ("open", "high", "low", "close")}
    return replace(bar, **prices)


def quote_of(bar: Bar) -> Quote:
    return replace(quote(bar.close, open=bar.open, high=bar.high, low=bar.low), as_of=bar.closed_at)
