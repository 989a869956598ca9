"""Several closes told together, and the best and worst stretch of them: by hand over ten known closes."""

from datetime import UTC, date, datetime

import pytest

from assistant.market.facts import answer_part
from assistant.market.load import find
from assistant.market.measures import measure
from assistant.types import Part, Period
from assistant.understand import Vocabulary, understand
from ingest.ledger import Ledger
from tests.conftest import NOW, put_market

CLOSES = [100.0, 102.0, 101.0, 99.0, 103.0, 104.0, 108.0, 107.0, 110.25, 105.5]  # Mon 16 .. Fri 27 Feb 2026
THIS_WEEK = Period(date(2026, 2, 23), date(2026, 2, 27), "this week")
FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28), "in February 2026")
WEDNESDAY = Period(date(2026, 2, 25), date(2026, 2, 25), "on Wed")
MONDAY = Period(date(2026, 2, 16), date(2026, 2, 16), "on Mon")
ENDS = "the split-adjusted closes of"


def told(ledger: Ledger, term: str, period: Period | None = None, text: str = "", as_of: datetime = NOW) -> str:
    part = Part("other", text, ("KSTL",), period, term=term)
    [found] = measure(part, [f.view for f in find(ledger, part, as_of, 1)[0]], 1)
    assert bool(found.statements) != bool(found.gap)
    return found.gap or " ".join(s.text for s in found.statements)


@pytest.mark.parametrize(
    ("term", "period", "text", "expected"),
    [
        ("daily closes", THIS_WEEK, "", "The closes of KSTL this week: 104.00 USD on Mon 23 Feb 2026, 108.00 USD on Tue"
         " 24 Feb 2026, 107.00 USD on Wed 25 Feb 2026, 110.25 USD on Thu 26 Feb 2026, 105.50 USD on Fri 27 Feb 2026"
         " [1]."),
        ("daily closes", None, "last 2 closes", "The closes of KSTL up to Fri 27 Feb 2026: 110.25 USD on Thu 26 Feb"
         " 2026, 105.50 USD on Fri 27 Feb 2026 [1]."),
        ("daily closes", WEDNESDAY, "last 2 closes", "The closes of KSTL up to Wed 25 Feb 2026: 108.00 USD on Tue 24"
         " Feb 2026, 107.00 USD on Wed 25 Feb 2026 [1]."),
        ("daily closes", WEDNESDAY, "", "The closes of KSTL on Wed: 107.00 USD on Wed 25 Feb 2026 [1]."),
        ("days up", MONDAY, "", "No close of KSTL before Mon 16 Feb 2026 is stored to compare with."),
        ("SMA", None, "5-day moving average", "The 5-day moving average of KSTL on Fri 27 Feb 2026 was 106.95 USD, over"
         " the split-adjusted closes from Mon 23 Feb 2026 on; its close that day was 105.50 USD [1]."),
        ("SMA", Period(date(2026, 2, 22), date(2026, 2, 22), "on Sunday"), "its 3 dma", "The 3-day moving average of"
         " KSTL on Fri 20 Feb 2026 was 101.00 USD, over the split-adjusted closes from Wed 18 Feb 2026 on; its close"
         " that day was 103.00 USD [1]."),
        ("SMA", None, "50 day average", "Of KSTL 10 closes are known up to then: too few for 50 days."),
        ("SMA", None, "moving average", "Over how many days the closes of KSTL are to be averaged is not said."),
        ("mean volume", THIS_WEEK, "", "The mean volume of KSTL this week was 1,000 shares a session, from Mon 23 Feb"
         " 2026 to Fri 27 Feb 2026 [1]."),
        ("days up", THIS_WEEK, "", "KSTL closed higher than the session before on 3 of 5 days this week, by"
         f" {ENDS} Mon 23 Feb 2026 to Fri 27 Feb 2026 [1]."),
        ("days down", FEBRUARY, "", "KSTL closed lower than the session before on 4 of 9 days in February 2026, by"
         f" {ENDS} Tue 17 Feb 2026 to Fri 27 Feb 2026 [1]."),
        # up, down, down, up, up, up, down, up, down
        ("run up", FEBRUARY, "", "KSTL did not close higher on Fri 27 Feb 2026 than on Thu 26 Feb 2026: -4.31 %"
         " (-4.75 USD) [1]. The longest run of higher closes in February 2026 was 3 sessions, up to Tue 24 Feb 2026"
         " [1]."),
        ("run down", FEBRUARY, "", "KSTL closed lower than the session before on 1 session in a row up to Fri 27 Feb"
         " 2026: -4.31 % (-4.75 USD) since the close of Thu 26 Feb 2026 [1]. The longest run of lower closes in"
         " February 2026 was 2 sessions, up to Thu 19 Feb 2026 [1]."),
        ("run of closes", Period(date(2026, 2, 16), date(2026, 2, 24), "so far"), "", "KSTL closed higher than the"
         " session before on 3 sessions in a row up to Tue 24 Feb 2026: +9.09 % (+9.00 USD) since the close of Thu"
         " 19 Feb 2026 [1]."),
        ("run up", MONDAY, "", "No close of KSTL before Mon 16 Feb 2026 is stored to compare with."),
        ("best week", FEBRUARY, "", "The best week of KSTL in February 2026, by split-adjusted closes, was that to Fri"
         " 27 Feb 2026: +2.43 % (+2.50 USD), from 103.00 USD on Fri 20 Feb 2026 to 105.50 USD [1]."),
        ("worst month", FEBRUARY, "", "KSTL has the closes of one month in February 2026: no change to compare."),
    ],
)  # fmt: skip
def test_what_is_told_of_several_closes(
    ledger: Ledger, term: str, period: Period | None, text: str, expected: str
) -> None:
    put_market(ledger, "KSTL", CLOSES)
    assert told(ledger, term, period, text) == expected


def test_a_session_that_ends_where_the_last_one_did_is_no_run(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [100.0, 101.0, 101.0])
    text = told(ledger, "run of closes", FEBRUARY)
    assert (
        text == "KSTL did not close higher or lower on Fri 27 Feb 2026 than on Thu 26 Feb 2026: 0.00 % (0.00 USD) [1]."
    )


def test_of_many_closes_the_last_ten_are_listed(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [100.0 + i for i in range(40)])
    text = told(ledger, "daily closes", FEBRUARY)
    assert text.startswith("The last 10 closes of KSTL in February 2026: 130.00 USD on Mon 16 Feb 2026, ")
    assert text.count("USD") == 10


def test_a_moving_average_of_an_earlier_day_reaches_as_far_back_as_it_needs(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [100.0 + i for i in range(300)])
    day = Period(date(2026, 1, 30), date(2026, 1, 30), "on 30 Jan 2026")
    assert "was 279.50 USD" in told(ledger, "SMA", day, "200-day average")  # 180 to 379


def test_nothing_of_the_future_is_averaged(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    friday = datetime(2026, 2, 20, 22, tzinfo=UTC)
    assert "on Fri 20 Feb 2026 was 101.00 USD" in told(ledger, "SMA", None, "3-day average", friday)
    assert "110.25" not in told(ledger, "daily closes", None, "last 9 closes", friday)


def test_without_any_close_it_is_said(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    before = datetime(2026, 1, 2, tzinfo=UTC)
    for term in ("SMA", "daily closes"):
        assert told(ledger, term, None, "last 5 closes", before) == "No price of KSTL was known at that time."


VOCABULARY = Vocabulary({"kestrel robotics": ("KSTL",)}, ("KSTL",), ("KSTL",))


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("KSTL last 5 closes", "daily closes"),
        ("show me the closes of KSTL this week", "daily closes"),
        ("daily closing prices of KSTL in January", "daily closes"),
        ("closing prices of KSTL last week", "daily closes"),
        ("closing prices of KSTL on Friday", "price"),
        ("closing price of KSTL", "price"),
        ("highest daily close of KSTL this month", "high_low"),
        ("20 day moving average of KSTL", "SMA"),
        ("is KSTL above its 50 day average", "SMA"),
        ("KSTL 200dma", "SMA"),
        ("20-day EMA of KSTL", "exponential moving average"),
        ("average price of KSTL over the last 10 days", "average close"),
        ("what was the average volume of KSTL last week", "mean volume"),
        ("how many days did KSTL rise in January?", "days up"),
        ("on how many days this month did KSTL close lower?", "days down"),
        ("how many days did it take KSTL to rise 10 %", "move"),
        ("how many days in a row has KSTL risen", "run up"),
        ("longest losing streak of KSTL this year", "run down"),
        ("did KSTL fall three days in a row?", "run down"),
        ("how many straight sessions has KSTL been green", "run up"),
        ("is KSTL on a streak", "run of closes"),
        ("why did KSTL fall three days in a row", "reason"),
        ("what was KSTL's best week this year", "best week"),
        ("worst month of KSTL", "worst month"),
        ("biggest weekly drop of KSTL this year", "worst week"),
        ("which month did KSTL gain the most in 2025?", "best month"),
        ("how has KSTL done this month", "move"),
    ],
)
def test_what_is_asked_is_read_as_that(question: str, read: str) -> None:
    [part] = understand(question, VOCABULARY, date(2026, 2, 27)).parts
    assert (part.term if part.kind == "other" else part.kind) == read
    assert part.symbols == ("KSTL",)


@pytest.mark.parametrize("question", ["OHLC of KSTL on Friday", "open, high, low and close of KSTL on Friday"])
def test_all_four_prices_of_a_day_are_each_told(question: str) -> None:
    parts = understand(question, VOCABULARY, date(2026, 2, 27)).parts
    assert [(p.kind, p.field) for p in parts] == [("price", "open"), ("high_low", "high"), ("price", "close")]
    assert {p.period.start for p in parts if p.period} == {date(2026, 2, 27)}


@pytest.mark.parametrize(
    "question",
    ["KSTL ohlc", "what were KSTL's open, high, low and close?", "open, high, low, close and volume of KSTL"],
)
def test_all_four_prices_of_no_day_are_those_of_the_last_session(ledger: Ledger, question: str) -> None:
    put_market(ledger, "KSTL", CLOSES)
    parts = understand(question, VOCABULARY, date(2026, 2, 27)).parts
    fields = ["open", "high", "close", *(["volume"] if "volume" in question else [])]
    assert [p.field for p in parts] == fields
    findings = [f for p in parts for f in answer_part(p, [v.view for v in find(ledger, p, NOW, 1)[0]], 1)]
    said = [s.text for f in findings for s in f.statements if " KSTL " in s.text or s.text.startswith("KSTL ")]
    assert all("on Fri 27 Feb 2026" in s for s in said)
    assert [s.split(" of KSTL")[0] for s in said[:3]] == ["The open", "The high", "The low"]


def test_a_period_in_days_before_a_measure_is_its_period() -> None:
    [part] = understand("30 day volatility of KSTL", VOCABULARY, date(2026, 2, 27)).parts
    assert part.period
    assert (part.period.start, part.period.end) == (date(2026, 1, 29), date(2026, 2, 27))
