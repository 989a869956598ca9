"""Sentences about prices: every digit from a stored row or a stated calculation over rows, nothing from the future."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from assistant.market.load import find
from assistant.market.measures import measure
from assistant.numbers import find_numbers
from assistant.types import Part, Period
from ingest.ledger import Ledger
from ingest.types import History, Quote
from tests.conftest import NOW, bar, close_of, instrument, put_market

CLOSES = [100.0, 102.0, 101.0, 99.0, 103.0, 104.0, 108.0, 107.0, 110.25, 105.5]  # Mon 16 .. Fri 27 Feb 2026
THIS_WEEK = Period(date(2026, 2, 23), date(2026, 2, 27), "this week")
FRIDAY = Period(date(2026, 2, 27), date(2026, 2, 27), "on Fri 27 Feb 2026")
SATURDAY = Period(date(2026, 2, 28), date(2026, 2, 28), "on Sat 28 Feb 2026")


def told(ledger: Ledger, part: Part, as_of: datetime = NOW) -> str:
    findings, missing = find(ledger, part, as_of, 1)
    assert not missing
    return " ".join(s.text for f in findings for s in f.statements) or " ".join(f.gap for f in findings)


def test_the_latest_close_comes_with_its_day_hour_currency_and_change(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES, "Kestrel Robotics")
    assert told(ledger, Part("price", "", ("KSTL",))) == (
        "Kestrel Robotics (KSTL) closed at 105.50 USD on Fri 27 Feb 2026 (regular close, 16:00 EST) [1]. "
        "That is -4.75 USD (-4.31 %) against the previous close of 110.25 USD on Thu 26 Feb 2026 [1]."
    )


def test_a_close_on_a_day_is_that_days(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    day = date(2026, 2, 18)
    assert "101.00 USD on Wed 18 Feb 2026" in told(ledger, Part("price", "", ("KSTL",), Period(day, day, "that day")))


def test_a_day_without_session_says_so_and_gives_the_close_before(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    day = date(2026, 2, 22)
    text = told(ledger, Part("price", "", ("KSTL",), Period(day, day, "on Sunday")))
    assert text.startswith("NasdaqGS had no session on Sun 22 Feb 2026")
    assert "103.00 USD on Fri 20 Feb 2026" in text


def test_a_move_starts_from_the_last_close_before_the_period(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    [finding] = find(ledger, Part("move", "", ("KSTL",), THIS_WEEK), NOW, 1)[0]
    assert finding.statements[0].text == (
        "KSTL rose this week: +2.43 % (+2.50 USD), from 103.00 USD (close of Fri 20 Feb 2026) "
        "to 105.50 USD (close of Fri 27 Feb 2026) [1]."
    )
    percent = finding.statements[0].figures[0]
    assert percent.value == pytest.approx(2.427184)
    assert (percent.unit, percent.field) == ("percent", "change")
    assert percent.derived_from is not None
    assert [i.value for i in percent.derived_from.inputs] == [103.0, 105.5]


def test_a_move_from_a_named_day_starts_from_that_days_close(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    period = Period(date(2026, 2, 18), date(2026, 2, 25), "from 18 Feb 2026 to 25 Feb 2026", from_start=True)
    text = told(ledger, Part("move", "", ("KSTL",), period))
    assert "from 101.00 USD (close of Wed 18 Feb 2026) to 107.00 USD (close of Wed 25 Feb 2026)" in text


@pytest.mark.parametrize(
    ("extreme", "field", "expected"),
    [
        ("high", "close", "The highest close of KSTL this week was 110.25 USD, on Thu 26 Feb 2026 [1]."),
        ("low", "close", "The lowest close of KSTL this week was 104.00 USD, on Mon 23 Feb 2026 [1]."),
        ("high", "high", "The highest high of the day of KSTL this week was 112.25 USD, on Thu 26 Feb 2026 [1]."),
    ],
)
def test_extremes_name_their_field_and_day(ledger: Ledger, extreme: str, field: str, expected: str) -> None:
    put_market(ledger, "KSTL", CLOSES)
    part = Part("high_low", "", ("KSTL",), THIS_WEEK, field=field, extreme=extreme)  # type: ignore[arg-type]
    assert told(ledger, part) == expected


def test_the_high_of_one_day_is_no_highest_one(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    day = Period(date(2026, 2, 26), date(2026, 2, 26), "on 26 Feb 2026")
    part = Part("high_low", "", ("KSTL",), day, field="high", extreme="high")
    assert told(ledger, part) == "The high of KSTL on Thu 26 Feb 2026 was 112.25 USD [1]."


def test_a_comparison_names_the_winner_by_the_measure_that_was_asked(ledger: Ledger) -> None:
    put_market(ledger, "UPPP", [100.0] * 5 + [101.0])
    put_market(ledger, "DOWN", [100.0] * 5 + [95.0])
    period = Period(date(2026, 2, 27), date(2026, 2, 27), "today")
    moved = told(ledger, Part("comparison", "which moved more", ("UPPP", "DOWN"), period))
    better = told(ledger, Part("comparison", "which did better", ("UPPP", "DOWN"), period))
    assert moved.startswith(
        "DOWN moved more than UPPP: -5.00 % against +1.00 %, a difference in size of 4.00 percentage points"
    )
    assert better.startswith(
        "UPPP did better than DOWN: +1.00 % against -5.00 %, a difference of 6.00 percentage points"
    )


SENSES = [
    ("which moved more in February", "DOWN moved more than UPPP"),
    ("which had the larger percentage change", "DOWN moved more than UPPP"),
    ("which moved the least", "UPPP moved less than DOWN"),
    ("which fell more", "DOWN did worse than UPPP"),
    ("which lost less", "UPPP did better than DOWN"),
    ("the worse performer", "DOWN did worse than UPPP"),
    ("which dropped the most", "DOWN did worse than UPPP"),
    ("did UPPP outperform DOWN", "UPPP did better than DOWN"),
    ("which rose more", "UPPP did better than DOWN"),
]


@pytest.mark.parametrize(("asked", "expected"), SENSES)
def test_a_comparison_ranks_in_the_sense_that_is_asked(ledger: Ledger, asked: str, expected: str) -> None:
    put_market(ledger, "UPPP", [100.0] * 5 + [101.0])
    put_market(ledger, "DOWN", [100.0] * 5 + [95.0])
    assert told(ledger, Part("comparison", asked, ("UPPP", "DOWN"), THIS_WEEK)).startswith(expected)


def test_of_many_symbols_only_the_ranking_is_told(ledger: Ledger) -> None:
    symbols = tuple("ABCDEFG")
    for i, symbol in enumerate(symbols):
        put_market(ledger, symbol, [100.0] * 5 + [100.0 + i])
    text = told(ledger, Part("comparison", "top gainers", symbols, THIS_WEEK))
    assert text == ("G did best this week: G +6.00 % [7], F +5.00 % [6], E +4.00 % [5], D +3.00 % [4], C +2.00 % [3].")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("how many of my stocks rose", "2 of 4 rose this week: D +2.00 % [4], C +1.00 % [3]."),
        ("which of them fell", "1 of 4 fell this week: A -1.00 % [1]."),
        (
            "which of them fell the most",
            "A did worst this week: A -1.00 % [1], B 0.00 % [2], C +1.00 % [3], D +2.00 % [4].",
        ),
    ],
)
def test_which_of_several_rose_or_fell_is_counted(ledger: Ledger, asked: str, expected: str) -> None:
    for i, symbol in enumerate("ABCD"):
        put_market(ledger, symbol, [100.0] * 5 + [99.0 + i])
    assert told(ledger, Part("comparison", asked, tuple("ABCD"), THIS_WEEK)).startswith(expected)


def test_where_none_went_that_way_the_nearest_are_shown(ledger: Ledger) -> None:
    for symbol, last in (("A", 101.0), ("B", 100.5)):
        put_market(ledger, symbol, [100.0] * 5 + [last])
    text = told(ledger, Part("comparison", "which of them fell", ("A", "B"), THIS_WEEK))
    assert text.startswith("0 of 2 fell this week: B +0.50 % [2], A +1.00 % [1].")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("which is the cheapest stock", "A has the lowest price a share"),
        ("which is more expensive", "B has the highest price a share"),
        ("prices of both", "A closed at"),
    ],
)
def test_of_several_prices_the_highest_or_lowest_is_named_where_that_is_asked(
    ledger: Ledger, asked: str, expected: str
) -> None:
    for symbol, last in (("A", 9.5), ("B", 100.5)):
        put_market(ledger, symbol, [100.0] * 5 + [last])
    text = told(ledger, Part("price", asked, ("A", "B")))
    assert text.startswith(expected)
    assert ("A 9.50 USD [1], B 100.50 USD [2]." in text) == (asked == "which is the cheapest stock")


def test_a_hole_in_the_store_is_said_where_it_bears_on_the_answer(ledger: Ledger) -> None:
    days = [date(2026, 2, d) for d in (18, 19, 24, 25, 26)]  # nothing of the 20th, the 23rd and the 27th
    put_market(ledger, "KSTL", CLOSES)
    put_market(ledger, "HOLE", [1.0])
    bars = tuple(bar("HOLE", d, 100.0 + d.day) for d in days)
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM bars WHERE symbol = 'HOLE'")
    ledger.market.put(History(instrument("HOLE"), bars, None))
    [finding] = find(ledger, Part("move", "", ("HOLE",), THIS_WEEK), NOW, 1)[0]
    assert finding.warnings == (
        "HOLE: no close of Fri 20 Feb 2026 is stored; measured from Thu 19 Feb 2026",
        "HOLE is stale: a session has closed since Thu 26 Feb 2026, the newest in the store",
    )


def test_prices_fetched_after_the_asked_instant_are_said_to_be_backfilled(ledger: Ledger) -> None:
    late = bar("KSTL", date(2026, 2, 27), 10.0, fetched=NOW + timedelta(days=30))
    ledger.market.put(History(instrument("KSTL"), (late,), None))
    [finding] = find(ledger, Part("price", "", ("KSTL",)), NOW, 1)[0]
    assert finding.warnings == ("KSTL: backfilled, fetched only on Sun 29 Mar 2026",)


def test_a_day_before_the_calendar_of_any_market_is_no_crash(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    day = date(1, 1, 1)
    assert "is known here from" in told(ledger, Part("price", "", ("KSTL",), Period(day, day, "then")))


def test_an_open_session_is_never_called_a_close(ledger: Ledger) -> None:
    noon = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    put_market(ledger, "KSTL", CLOSES)
    live = Quote("KSTL", 106.0, "USD", noon, "open", 105.5, 105.0, 107.0, 104.0, "yahoo", noon)
    ledger.market.put(History(instrument("KSTL"), (), live))
    text = told(ledger, Part("price", "", ("KSTL",)), as_of=noon + timedelta(minutes=5))
    assert "traded at 106.00 USD at 12:00 EST on Mon 2 Mar 2026, with the session open" in text
    assert "closed at" not in text


NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
MONDAY = Period(date(2026, 3, 2), date(2026, 3, 2), "today")
SO_FAR = "on Mon 2 Mar 2026 until 12:00 EST was"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part("high_low", "", ("KSTL",), MONDAY, extreme="high"), f"The high of KSTL {SO_FAR} 114.00 USD [1]."),
        (Part("high_low", "", ("KSTL",), MONDAY, extreme="low"), f"The low of KSTL {SO_FAR} 104.00 USD [1]."),
        (Part("price", "", ("KSTL",), MONDAY, field="open"), "The open of KSTL on Mon 2 Mar 2026 was 105.00 USD [1]."),
        (Part("high_low", "", ("KSTL",), extreme="high"), "was 114.00 USD, on Mon 2 Mar 2026 until 12:00 EST [1]."),
        (Part("price", "", ("KSTL",), MONDAY, field="volume"), "Of the session of Mon 2 Mar 2026 only its prices so far"
         " are stored. The last close before it follows. KSTL traded 1,000 shares on Fri 27 Feb 2026 [1]."),
    ],
    ids=["high", "low", "open", "of the year", "no volume"],
)  # fmt: skip
def test_of_an_open_session_the_high_low_and_open_so_far_are_told(ledger: Ledger, part: Part, expected: str) -> None:
    put_open(ledger)
    part = replace(part, field=part.extreme or part.field)
    assert told(ledger, part, as_of=NOON + timedelta(minutes=5)).endswith(expected)


def put_open(ledger: Ledger) -> None:
    """Closes up to Friday, and a quote of Monday noon at a new high."""
    put_market(ledger, "KSTL", CLOSES)
    live = Quote("KSTL", 106.0, "USD", NOON, "open", 105.5, 105.0, 114.0, 104.0, "yahoo", NOON)
    ledger.market.put(History(instrument("KSTL"), (), live))


@pytest.mark.parametrize(
    ("term", "day", "as_of", "expected"),
    [
        ("distance from the high", MONDAY, NOON, "KSTL was last at 106.00 USD at 12:00 EST on Mon 2 Mar 2026: -7.02 % "
         "from the high of Mon 2 Mar 2026 until 12:00 EST, 114.00 USD [1]."),
        ("distance from the high", FRIDAY, NOW,
         "KSTL closed at 105.50 USD on Fri 27 Feb 2026: -1.86 % from the high of Fri 27 Feb 2026, 107.50 USD [1]."),
        ("distance from the low", FRIDAY, NOW,
         "KSTL closed at 105.50 USD on Fri 27 Feb 2026: +1.93 % from the low of Fri 27 Feb 2026, 103.50 USD [1]."),
        ("distance from the high", replace(MONDAY, end=date(2026, 3, 6), label="this week"), NOON,
         "-7.02 % from its highest price this week, the 114.00 USD of Mon 2 Mar 2026 until 12:00 EST [1]."),
        ("distance from the high", MONDAY, NOON - timedelta(hours=6),
         "KSTL has no high or low today: The session of Mon 2 Mar 2026 has not begun: it opens at 09:30 EST."),
        ("distance from the high", SATURDAY, NOON,
         "KSTL has no high or low on Sat 28 Feb 2026: NasdaqGS had no session on Sat 28 Feb 2026."),
        ("drawdown", FRIDAY, NOW, "KSTL has one close on Fri 27 Feb 2026: too few for that."),
    ],
)  # fmt: skip
def test_the_distance_from_the_high_of_one_session_needs_that_session_alone(
    ledger: Ledger, term: str, day: Period, as_of: datetime, expected: str
) -> None:
    put_open(ledger)
    part = Part("other", "", ("KSTL",), day, term=term)
    [finding] = measure(part, [f.view for f in find(ledger, part, as_of, 1)[0]], 1)
    assert (finding.gap or " ".join(s.text for s in finding.statements)).endswith(expected)


def test_nothing_of_the_future_leaks(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    poison = bar("KSTL", date(2026, 2, 27), 999.0, fetched=NOW + timedelta(days=3))
    ledger.market.put(History(instrument("KSTL"), (poison, bar("KSTL", date(2026, 3, 2), 888.0)), None))
    for kind in ("price", "move", "high_low"):
        assert not {n.value for n in find_numbers(told(ledger, Part(kind, "", ("KSTL",))))} & {999.0, 888.0, 1001.0}
    later = told(ledger, Part("price", "", ("KSTL",)), as_of=NOW + timedelta(days=4))
    assert "888.00 USD" in later
    assert "999.00 USD" in later  # the revised value counts from its fetch


def test_a_store_behind_the_calendar_says_that_it_is_stale(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    [finding] = find(ledger, Part("price", "", ("KSTL",)), NOW + timedelta(days=4), 1)[0]
    assert finding.warnings == ("KSTL is stale: 2 sessions have closed since Fri 27 Feb 2026, the newest in the store",)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period(date(2026, 3, 9), date(2026, 3, 9), "on 9 March"), "Mon 9 Mar 2026 lies after the time of this answer"),
        (
            Period(date(2024, 1, 2), date(2024, 1, 2), "then"),
            "KSTL is known here from Mon 16 Feb 2026 to Fri 27 Feb 2026",
        ),
    ],
)
def test_what_is_not_covered_is_said_with_what_is(ledger: Ledger, period: Period, expected: str) -> None:
    put_market(ledger, "KSTL", CLOSES)
    assert expected in told(ledger, Part("price", "", ("KSTL",), period))


def test_every_number_of_every_sentence_is_one_of_its_figures(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    put_market(ledger, "TDWL", [c * 10 for c in reversed(CLOSES)])
    both = ("KSTL", "TDWL")
    parts = [Part(k, "", both, p) for k in ("price", "move", "high_low", "comparison") for p in (None, THIS_WEEK)]
    for part in parts:
        for finding in find(ledger, part, NOW, 1)[0]:
            assert finding.statements
            for statement in finding.statements:
                said = [abs(n.value) for n in find_numbers(statement.text)]
                bound = [abs(float(f.text.replace(",", ""))) for f in statement.figures]
                assert all(v in bound for v in said), statement.text


def test_drawdown_and_volatility_are_computed_from_the_closes(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    [finding] = find(ledger, Part("other", "", ("KSTL",), term="drawdown"), NOW, 1)[0]
    [result] = measure(Part("other", "", ("KSTL",), term="drawdown"), [finding.view], 1)
    assert (
        "was -4.31 %: from 110.25 USD on Thu 26 Feb 2026 to 105.50 USD on Fri 27 Feb 2026" in result.statements[0].text
    )
    assert measure(Part("other", "", ("KSTL",), term="beta"), [finding.view], 1) == []


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("best day", "was Tue 24 Feb 2026: +3.85 % (+4.00 USD), from 104.00 USD on Mon 23 Feb 2026 to 108.00 USD"),
        ("worst day", "was Fri 27 Feb 2026: -4.31 % (-4.75 USD), from 110.25 USD on Thu 26 Feb 2026 to 105.50 USD"),
    ],
)
def test_the_best_and_the_worst_day_are_those_of_the_largest_changes(ledger: Ledger, term: str, told: str) -> None:
    put_market(ledger, "KSTL", CLOSES)
    part = Part("other", "", ("KSTL",), THIS_WEEK, term=term)
    [result] = measure(part, [f.view for f in find(ledger, part, NOW, 1)[0]], 1)
    assert told in result.statements[0].text


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("distance from the high", "-6.01 % from its highest price this week, the 112.25 USD of Thu 26 Feb 2026 [1]."),
        ("distance from the low", "+3.43 % from its lowest price this week, the 102.00 USD of Mon 23 Feb 2026 [1]."),
    ],
)
def test_the_distance_from_a_high_or_low_is_that_of_the_latest_price(ledger: Ledger, term: str, told: str) -> None:
    put_market(ledger, "KSTL", CLOSES)
    part = Part("other", "", ("KSTL",), THIS_WEEK, term=term)
    [result] = measure(part, [f.view for f in find(ledger, part, NOW, 1)[0]], 1)
    assert f"closed at 105.50 USD on Fri 27 Feb 2026: {told}" in result.statements[0].text


def test_closed_at_is_the_sessions_own(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    [finding] = find(ledger, Part("price", "", ("KSTL",)), NOW, 1)[0]
    assert finding.statements[0].figures[0].as_of == close_of(date(2026, 2, 27))
