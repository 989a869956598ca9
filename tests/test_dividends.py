"""A change of price that has an ex-dividend day in it says so, with the amount where it can be trusted."""

from datetime import date, datetime, timedelta

import pytest

from assistant.market.load import find
from assistant.market.measures import measure
from assistant.types import Money, Part, Period, Statement
from ingest.ledger import Ledger
from ingest.types import Action, History
from tests.conftest import NOW, bar, instrument, weekdays

DAYS = weekdays(date(2026, 2, 2), date(2026, 2, 27))
FEBRUARY = Period(date(2026, 2, 3), date(2026, 2, 27), "in February 2026")
MOVE, PRICE = Part("move", "", ("KSTL",), FEBRUARY), Part("price", "", ("KSTL",))


def put(ledger: Ledger, *actions: tuple[date, float], kind: str = "dividend", currency: str = "USD") -> None:
    bars = tuple(bar("KSTL", d, 100.0 + i, fetched=NOW) for i, d in enumerate(DAYS))
    made = tuple(Action("KSTL", d, "split" if kind == "split" else "dividend", v) for d, v in actions)
    ledger.market.put(History(instrument("KSTL", currency=currency), bars, None, made))


def told(ledger: Ledger, part: Part, as_of: datetime = NOW, strict: bool = False) -> list[Statement]:
    [finding] = find(ledger, part, as_of, 1, strict)[0]
    if part.kind == "other":
        [finding] = measure(part, [finding.view], 1)
    return [s for s in finding.statements if "ex-dividend" in s.text]


def test_a_dividend_inside_a_move_is_said_with_its_amount(ledger: Ledger) -> None:
    put(ledger, (date(2026, 2, 17), 0.25))
    [said] = told(ledger, MOVE)
    assert said.text == (
        "KSTL went ex-dividend on Tue 17 Feb 2026, 0.25 USD a share: these prices are not adjusted for dividends, and "
        "the change leaves them out [1]."
    )
    assert [(f.value, f.unit, f.field, f.session) for f in said.figures] == [
        (0.25, "USD", "dividend", date(2026, 2, 17))
    ]
    [finding] = find(ledger, MOVE, NOW, 1)[0]
    assert "KSTL went ex-dividend on Tue 17 Feb 2026, 0.25 USD a share" in finding.evidence(1).text


def test_several_are_summed_from_their_records(ledger: Ledger) -> None:
    put(ledger, (date(2026, 2, 10), 0.25), (date(2026, 2, 24), 0.3))
    [said] = told(ledger, MOVE)
    assert "from Tue 10 Feb 2026 to Tue 24 Feb 2026, 0.55 USD a share in all" in said.text
    [total] = said.figures
    assert total.derived_from
    assert [f.value for f in total.derived_from.inputs] == [0.25, 0.3]


@pytest.mark.parametrize(
    ("ex_date", "part", "is_said"),
    [
        (date(2026, 2, 2), MOVE, False),  # the move starts at that day's close
        (date(2026, 2, 3), MOVE, True),
        (date(2026, 2, 27), MOVE, True),
        (date(2026, 3, 2), MOVE, False),
        (date(2026, 2, 27), PRICE, True),  # against the close before
        (date(2026, 2, 26), PRICE, False),
        (date(2026, 2, 17), Part("high_low", "", ("KSTL",), FEBRUARY), False),  # no change is told
        (date(2026, 2, 17), Part("other", "", ("KSTL",), FEBRUARY, term="sum invested", money=Money(100.0)), True),
        (date(2026, 2, 17), Part("other", "", ("KSTL",), FEBRUARY, term="position gain", shares=(3.0,)), True),
        (date(2026, 2, 17), Part("other", "", ("KSTL",), None, term="position value", shares=(3.0,)), False),
    ],
)
def test_only_a_change_over_the_day_names_it(ledger: Ledger, ex_date: date, part: Part, is_said: bool) -> None:
    put(ledger, (ex_date, 0.25))
    assert bool(told(ledger, part)) == is_said


def test_an_amount_that_cannot_be_trusted_is_left_out(ledger: Ledger) -> None:
    put(ledger, (date(2026, 2, 10), 0.25))
    put(ledger, (date(2026, 2, 17), 4.0), kind="split")
    [said] = told(ledger, MOVE)
    assert said.text.startswith("KSTL went ex-dividend on Tue 10 Feb 2026: these prices")
    assert said.figures == ()


def test_pence_or_pounds_is_not_guessed(ledger: Ledger) -> None:
    put(ledger, (date(2026, 2, 10), 2.5), currency="GBp")
    assert told(ledger, MOVE)[0].figures == ()


def test_what_was_fetched_later_is_not_known_under_strict(ledger: Ledger) -> None:
    put(ledger, (date(2026, 2, 10), 0.25))
    before = NOW - timedelta(hours=1)
    part = Part("move", "", ("KSTL",), Period(date(2026, 2, 3), date(2026, 2, 20), "then"))
    assert told(ledger, part, before)
    [finding] = find(ledger, part, before, 1, strict=True)[0]
    assert finding.view.dividends == []
