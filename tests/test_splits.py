"""Prices of one answer are all on one basis, and the answer says which: no fall of 75 % is made of a split."""

from datetime import UTC, date, datetime, timedelta

import pytest

from assistant.market.load import find, load_view
from assistant.numbers import find_numbers
from assistant.types import Part, Period
from ingest.ledger import Ledger
from ingest.types import Action, Bar, History
from tests.conftest import NOW, bar, close_of, instrument, put_market, weekdays

DAYS = weekdays(date(2026, 2, 2), date(2026, 2, 27))
SPLIT = date(2026, 2, 17)  # a Tuesday
FEBRUARY = Period(date(2026, 2, 3), date(2026, 2, 27), "in February 2026")
RATIOS = [
    (2.0, "2 for 1"),
    (4.0, "4 for 1"),
    (1.5, "3 for 2"),
    (10.0, "10 for 1"),
    (0.05, "1 for 20"),
    (0.1, "1 for 10"),
]


def traded(ratio: float, fetched: datetime | None = None, until: date = DAYS[-1], adjusted: bool = False) -> list[Bar]:
    """Sessions up to `until`, at 100, 101, ... after the split and as traded (or adjusted) before it."""
    made = []
    for i, day in enumerate(d for d in DAYS if d <= until):
        factor = ratio if day < SPLIT and not adjusted else 1.0
        close = (100.0 + i) * factor
        made.append(bar("KSTL", day, close, fetched, open=close, high=close, low=close))
    return made


def put(ledger: Ledger, bars: list[Bar], ratio: float | None) -> None:
    actions = (Action("KSTL", SPLIT, "split", ratio),) if ratio else ()
    ledger.market.put(History(instrument("KSTL"), tuple(bars), None, actions))


def told(ledger: Ledger, part: Part, as_of: datetime = NOW) -> tuple[str, tuple[str, ...]]:
    [finding] = find(ledger, part, as_of, 1)[0]
    return " ".join(s.text for s in finding.statements) or finding.gap, finding.warnings


MOVE, PRICE = Part("move", "", ("KSTL",), FEBRUARY), Part("price", "", ("KSTL",))


@pytest.mark.parametrize(("ratio", "said"), RATIOS)
def test_a_split_inside_a_move_is_said(ledger: Ledger, ratio: float, said: str) -> None:
    put(ledger, traded(ratio, fetched=NOW, adjusted=True), ratio)
    text, _ = told(ledger, MOVE)
    assert "KSTL rose in February 2026: +19.00 % (+19.00 USD), from 100.00 USD" in text
    assert text.endswith(
        f"KSTL split {said} on Tue 17 Feb 2026; the prices before are split-adjusted, not as traded then [1]."
    )


@pytest.mark.parametrize(("ratio", "said"), RATIOS)
def test_prices_stored_before_a_split_are_not_mixed_with_those_stored_after(
    ledger: Ledger, ratio: float, said: str
) -> None:
    put(ledger, traded(ratio), ratio)  # each fetched on its own day, and never again
    for part in (PRICE, MOVE, Part("high_low", "", ("KSTL",), FEBRUARY, field="close")):
        text, _ = told(ledger, part)
        for number in find_numbers(text):
            assert number.unit != "percent" or abs(number.value) < 20, text
            assert number.unit != "USD" or abs(number.value) < 120, text
    assert told(ledger, MOVE)[1][-1].startswith(
        "KSTL: prices from before its split of Tue 17 Feb 2026 are stored as traded"
    )


def test_a_split_that_the_poll_read_again_leaves_nothing_out(ledger: Ledger) -> None:
    put(ledger, traded(4.0, until=date(2026, 2, 16)), None)
    put(ledger, traded(4.0, fetched=NOW, adjusted=True), 4.0)
    view = load_view(ledger, "KSTL", NOW, FEBRUARY)
    assert view
    assert (len(view.bars), view.unadjusted) == (len(DAYS), None)
    before = load_view(ledger, "KSTL", datetime(2026, 2, 16, 22, tzinfo=UTC), FEBRUARY)
    assert before
    assert before.bars[-1].close == 4 * 110.0  # what was known then, as it was known


def test_between_the_split_and_its_first_poll_only_one_basis_is_shown(ledger: Ledger) -> None:
    put(ledger, traded(4.0, until=date(2026, 2, 16)), None)
    put(ledger, traded(4.0, fetched=NOW, adjusted=True), 4.0)
    text, warnings = told(ledger, PRICE, as_of=close_of(date(2026, 2, 18)) + timedelta(hours=1))
    assert "closed at 112.00 USD on Wed 18 Feb 2026" in text
    assert "+1.00 USD (+0.90 %) against the previous close of 111.00 USD on Tue 17 Feb 2026" in text
    assert not any("-7" in w for w in warnings)


def test_a_replay_that_stores_adjusted_prices_from_the_start_is_left_whole(ledger: Ledger) -> None:
    put(ledger, traded(4.0, adjusted=True), 4.0)  # fetched day by day, but from today's history
    text, warnings = told(ledger, MOVE)
    assert "+19.00 %" in text
    assert not warnings


def test_a_price_from_before_a_split_is_said_to_be_adjusted(ledger: Ledger) -> None:
    put(ledger, traded(4.0, fetched=NOW, adjusted=True), 4.0)
    early, late = (Period(d, d, "then") for d in (date(2026, 2, 12), date(2026, 2, 20)))
    assert "split 4 for 1" in told(ledger, Part("price", "", ("KSTL",), early))[0]
    assert "split" not in told(ledger, Part("price", "", ("KSTL",), late))[0]


def test_a_split_after_the_time_of_the_answer_is_not_told_but_its_mark_is(ledger: Ledger) -> None:
    put(ledger, traded(4.0, fetched=NOW, adjusted=True), 4.0)
    text, warnings = told(ledger, PRICE, as_of=close_of(date(2026, 2, 12)) + timedelta(hours=1))
    assert "split" not in text
    assert "KSTL: these prices are adjusted for a split after the time of this answer" in warnings


def test_the_numbers_of_a_split_are_figures_with_a_record(ledger: Ledger) -> None:
    put(ledger, traded(1.5, fetched=NOW, adjusted=True), 1.5)
    [finding] = find(ledger, MOVE, NOW, 1)[0]
    assert [(f.text, f.field, f.session, f.source) for f in finding.statements[-1].figures] == [
        ("3", "split", SPLIT, "yahoo"), ("2", "split", SPLIT, "yahoo"),
    ]  # fmt: skip
    assert all(f.checksum for f in finding.statements[-1].figures)
    assert "split 3 for 2 on Tue 17 Feb 2026" in finding.evidence(1).text


def test_a_dividend_changes_no_price(ledger: Ledger) -> None:
    bars = traded(1.0)
    ledger.market.put(History(instrument("KSTL"), tuple(bars), None, (Action("KSTL", SPLIT, "dividend", 5.0),)))
    text, warnings = told(ledger, MOVE)
    assert "+19.00 %" in text
    assert "split" not in text + "".join(warnings)


@pytest.mark.parametrize(
    ("kind", "basis"),
    [("equity", "split-adjusted prices"), ("etf", "split-adjusted prices"), ("index", ""), ("currency", "")],
)
def test_the_evidence_names_its_basis(ledger: Ledger, kind: str, basis: str) -> None:
    put_market(ledger, "KSTL", [1.0, 2.0], kind=kind)
    [finding] = find(ledger, PRICE, NOW, 1)[0]
    assert finding.evidence(1).basis == basis
