"""What is asked about a position, two prices or a rate a year is computed right, and refused where it cannot be."""

import random
from datetime import date, timedelta

import pytest

from assistant.market.load import find
from assistant.market.measures import measure
from assistant.types import Figure, Money, Part, Period
from ingest.ledger import Ledger
from ingest.types import Action, History, Quote
from tests.conftest import NOW, bar, instrument, put_market, weekdays

CLOSES = [100.0, 102.0, 101.0, 99.0, 103.0, 104.0, 108.0, 107.0, 110.25, 105.5]  # Mon 16 .. Fri 27 Feb 2026
LONG = [100.0 * 1.1 ** (i / 261) for i in range(800)]  # a tenth a year, on weekdays
HELD = Period(date(2026, 2, 18), date(2026, 2, 27), "since Wed 18 Feb 2026", from_start=True)


def told(
    ledger: Ledger, term: str, symbols: tuple[str, ...], period: Period | None = None, *shares: float,
    money: Money | None = None,
) -> str:  # fmt: skip
    part = Part("other", "", symbols, period, term=term, shares=shares, money=money)
    findings = measure(part, [f.view for f in find(ledger, part, NOW, 1)[0]], 1)
    return " ".join(s.text for f in findings for s in f.statements) or " ".join(f.gap for f in findings)


def figure(ledger: Ledger, term: str, symbols: tuple[str, ...], period: Period | None = None, *shares: float) -> Figure:
    part = Part("other", "", symbols, period, term=term, shares=shares)
    return measure(part, [f.view for f in find(ledger, part, NOW, 1)[0]], 1)[0].statements[0].figures[0]


# Positions -----------------------------------------------------------------------------------------------------------


def test_a_position_is_worth_its_shares_at_the_last_close(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES, "Kestrel Robotics")
    assert told(ledger, "position value", ("KSTL",), None, 50) == (
        "50 shares of Kestrel Robotics (KSTL) are worth 5,275.00 USD at the split-adjusted close of 105.50 USD on "
        "Fri 27 Feb 2026 [1]."
    )
    value = figure(ledger, "position value", ("KSTL",), None, 50)
    assert value.derived_from is not None
    assert (value.derived_from.formula, [i.value for i in value.derived_from.inputs]) == (
        "shares * price",
        [50.0, 105.5],
    )


def test_while_the_exchange_is_open_the_price_is_no_close(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES, end=date(2026, 2, 26))
    noon = NOW - timedelta(hours=4)
    ledger.market.put(History(instrument("KSTL"), (), Quote("KSTL", 106.0, "USD", noon, "open", 105.5, 105.0, 107.0, 104.0, "yahoo", noon)))  # fmt: skip  # noqa: E501
    part = Part("other", "", ("KSTL",), term="position value", shares=(2,))
    views = [f.view for f in find(ledger, part, noon + timedelta(minutes=5), 1)[0]]
    [finding] = measure(part, views, 1)
    assert "worth 212.00 USD at the price of 106.00 USD at 12:30 EST on Fri 27 Feb 2026" in finding.statements[0].text


def test_a_store_behind_the_calendar_is_said_whatever_is_computed(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", LONG, end=date(2026, 2, 26))
    put_market(ledger, "TDWL", LONG, end=date(2026, 2, 26))
    stale = "KSTL is stale: a session has closed since Thu 26 Feb 2026, the newest in the store"
    for term in (
        "drawdown",
        "best day",
        "volatility",
        "average close",
        "CAGR",
        "price ratio",
        "price spread",
        "position value",
    ):
        symbols = ("KSTL", "TDWL") if term.startswith("price") else ("KSTL",)
        part = Part("other", "", symbols, term=term, shares=(1.0,) * len(symbols))
        findings = measure(part, [f.view for f in find(ledger, part, NOW, 1)[0]], 1)
        assert stale in findings[0].warnings, term


def test_positions_are_summed_in_one_currency_only(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    put_market(ledger, "TDWL", [c * 2 for c in CLOSES])
    put_market(ledger, "HRWM", [50.0], currency="EUR")
    both = told(ledger, "position value", ("KSTL", "TDWL"), None, 10, 5)
    assert both.endswith("Together they are worth 2,110.00 USD [1][2].")
    mixed = told(ledger, "position value", ("KSTL", "HRWM"), None, 10, 5)
    assert "are worth 1,055.00 USD" in mixed
    assert "are worth 250.00 EUR" in mixed
    assert mixed.endswith(
        "KSTL is quoted in USD and HRWM is quoted in EUR, and no exchange rate is applied here: no total is computed."
    )


def test_pence_make_pounds(ledger: Ledger) -> None:
    put_market(ledger, "TDWL.L", [250.0], currency="GBp")
    put_market(ledger, "KSTL.L", [3.0], currency="GBP")
    both = told(ledger, "position value", ("TDWL.L", "KSTL.L"), None, 100, 100)
    assert "are worth 250.00 GBP at the split-adjusted close of 250.00 GBp" in both
    assert both.endswith("Together they are worth 550.00 GBP [1][2].")


def test_a_gain_starts_at_the_close_of_the_day_of_purchase(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    assert told(ledger, "position gain", ("KSTL",), HELD, 20) == (
        "20 shares of KSTL bought at the close of Wed 18 Feb 2026 gained: +90.00 USD (+4.46 %), from 2,020.00 USD "
        "(101.00 USD each) to 2,110.00 USD (105.50 USD each, close of Fri 27 Feb 2026), at split-adjusted closes, "
        "dividends and costs not counted [1]."
    )
    assert "On which day KSTL was bought is not said" in told(ledger, "position gain", ("KSTL",), None, 20)


def test_a_loss_is_a_loss_and_several_are_summed(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    put_market(ledger, "TDWL", list(reversed(CLOSES)))
    text = told(ledger, "position gain", ("KSTL", "TDWL"), HELD, 10, 100)
    assert "100 shares of TDWL bought at the close of Wed 18 Feb 2026 lost: -700.00 USD (-6.54 %)" in text
    assert text.endswith("Together they lost: -655.00 USD [1][2].")


def test_shares_from_before_a_split_are_counted_as_what_they_became(ledger: Ledger) -> None:
    days = weekdays(date(2026, 2, 2), date(2026, 2, 27))
    bars = tuple(bar("KSTL", d, 100.0 + i, fetched=NOW) for i, d in enumerate(days))
    ledger.market.put(History(instrument("KSTL"), bars, None, (Action("KSTL", date(2026, 2, 17), "split", 4.0),)))
    period = Period(date(2026, 2, 3), date(2026, 2, 27), "since Tue 3 Feb 2026", from_start=True)
    text = told(ledger, "position gain", ("KSTL",), period, 10)
    assert "10 shares of KSTL (40 after splits) bought at the close of Tue 3 Feb 2026 gained: +720.00 USD" in text
    assert "from 4,040.00 USD (101.00 USD each) to 4,760.00 USD (119.00 USD each" in text
    day = Period(date(2026, 2, 3), date(2026, 2, 3), "on 3 Feb 2026")
    assert "(40 after splits) were worth 4,040.00 USD" in told(ledger, "position value", ("KSTL",), day, 10)


def test_100_drawn_positions_are_worth_shares_times_price(ledger: Ledger) -> None:
    rng = random.Random(3)
    closes = [round(rng.uniform(5, 900), 2) for _ in range(60)]
    bars = put_market(ledger, "KSTL", closes)
    for _ in range(100):
        shares = rng.choice([rng.randrange(1, 5000), rng.randrange(1, 999) / 8])
        first, last = sorted(rng.sample(range(60), 2))
        period = Period(bars[first].day, bars[last].day, "then", from_start=True)
        gain = figure(ledger, "position gain", ("KSTL",), period, shares)
        assert gain.value == pytest.approx(shares * (closes[last] - closes[first]), abs=1e-5)
        value = figure(ledger, "position value", ("KSTL",), period, shares)
        assert float(value.text.replace(",", "")) == pytest.approx(shares * closes[last], abs=0.0051)


# Sums and prices that the question gives ----------------------------------------------------------------------------


def test_a_sum_grows_as_the_price_did(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES, "Kestrel Robotics")
    assert told(ledger, "sum invested", ("KSTL",), HELD, money=Money(1000.0, "USD")) == (
        "1,000.00 USD invested in Kestrel Robotics (KSTL) at the close of Wed 18 Feb 2026 (101.00 USD) came to "
        "1,044.55 USD (105.50 USD, close of Fri 27 Feb 2026): +44.55 USD (+4.46 %), at split-adjusted closes, "
        "dividends and costs not counted [1]."
    )
    assert "On which day it was invested" in told(ledger, "sum invested", ("KSTL",), money=Money(1000.0))
    assert "no exchange rate is applied" in told(ledger, "sum invested", ("KSTL",), HELD, money=Money(500.0, "EUR"))
    early = Period(date(2020, 1, 2), date(2026, 2, 27), "since Thu 2 Jan 2020", from_start=True)
    assert "No close of" in told(ledger, "sum invested", ("KSTL",), early, money=Money(500.0))


def test_a_gain_on_a_price_of_the_question(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    assert told(ledger, "position gain", ("KSTL",), None, 40, money=Money(12.5)) == (
        "40 shares of KSTL bought at 12.50 USD each, as the question says, gained: +3,720.00 USD (+744.00 %), from "
        "500.00 USD to 4,220.00 USD (105.50 USD each, close of Fri 27 Feb 2026), dividends and costs not counted [1]."
    )
    assert "lost: -1,780.00 USD" in told(ledger, "position gain", ("KSTL",), None, 40, money=Money(150.0, "USD"))
    assert "amount of nothing" in told(ledger, "position gain", ("KSTL",), None, 40, money=Money(0.0))


def test_a_price_in_pence_costs_pounds(ledger: Ledger) -> None:
    put_market(ledger, "TDWL.L", [250.0], currency="GBp")
    for money in (Money(200.0), Money(200.0, "GBp"), Money(2.0, "GBP")):
        text = told(ledger, "position gain", ("TDWL.L",), None, 100, money=money)
        assert "gained: +50.00 GBP (+25.00 %), from 200.00 GBP to 250.00 GBP" in text


def test_a_price_of_before_a_split_buys_what_the_shares_became(ledger: Ledger) -> None:
    days = weekdays(date(2026, 2, 2), date(2026, 2, 27))
    bars = tuple(bar("KSTL", d, 100.0 + i, fetched=NOW) for i, d in enumerate(days))
    ledger.market.put(History(instrument("KSTL"), bars, None, (Action("KSTL", date(2026, 2, 17), "split", 4.0),)))
    period = Period(date(2026, 2, 3), date(2026, 2, 27), "since Tue 3 Feb 2026", from_start=True)
    text = told(ledger, "position gain", ("KSTL",), period, 10, money=Money(404.0))
    assert "10 shares of KSTL (40 after splits) bought at 404.00 USD each" in text
    assert "gained: +720.00 USD" in text


def test_100_drawn_sums_and_prices(ledger: Ledger) -> None:
    rng = random.Random(5)
    closes = [round(rng.uniform(5, 900), 2) for _ in range(60)]
    bars = put_market(ledger, "KSTL", closes)
    for _ in range(100):
        first = rng.randrange(59)
        money = Money(round(rng.uniform(1, 90_000), 2))
        period = Period(bars[first].day, bars[-1].day, "then", from_start=True)
        worth = asked_with(ledger, "sum invested", period, money)
        assert worth.value == pytest.approx(money.value * closes[-1] / closes[first], abs=1e-5)
        gain = asked_with(ledger, "position gain", None, money, 7)
        assert gain.value == pytest.approx(7 * (closes[-1] - money.value), abs=1e-5)


def asked_with(ledger: Ledger, term: str, period: Period | None, money: Money, *shares: float) -> Figure:
    part = Part("other", "", ("KSTL",), period, term=term, shares=shares, money=money)
    return measure(part, [f.view for f in find(ledger, part, NOW, 1)[0]], 1)[0].statements[0].figures[0]


# Two prices ----------------------------------------------------------------------------------------------------------


def test_a_ratio_and_a_spread_are_of_one_day(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", CLOSES)
    put_market(ledger, "TDWL", [50.0, 40.0], end=date(2026, 2, 26))  # a session behind
    assert told(ledger, "price ratio", ("KSTL", "TDWL")) == (
        "The price of KSTL was 2.76 times that of TDWL at the split-adjusted closes of Thu 26 Feb 2026: 110.25 USD [1] "
        "against 40.00 USD [2]."
    )
    assert told(ledger, "price spread", ("TDWL", "KSTL")) == (
        "The spread of TDWL over KSTL was -70.25 USD a share at the split-adjusted closes of Thu 26 Feb 2026: "
        "40.00 USD [1] against 110.25 USD [2]."
    )
    ratio = figure(ledger, "price ratio", ("KSTL", "TDWL"))
    assert ratio.unit == ""
    assert ratio.value == pytest.approx(110.25 / 40)


@pytest.mark.parametrize("term", ["price ratio", "price spread"])
def test_prices_in_two_currencies_are_not_set_against_each_other(ledger: Ledger, term: str) -> None:
    put_market(ledger, "KSTL", CLOSES)
    put_market(ledger, "TDWL", CLOSES, currency="EUR")
    assert told(ledger, term, ("KSTL", "TDWL")) == (
        f"KSTL is quoted in USD and TDWL is quoted in EUR, and no exchange rate is applied here: their {term} is not "
        "computed."
    )
    assert told(ledger, term, ("KSTL",)) == f"A {term} is of two symbols."


def test_pence_against_pounds_is_of_pounds(ledger: Ledger) -> None:
    put_market(ledger, "TDWL.L", [250.0], currency="GBp")
    put_market(ledger, "KSTL.L", [5.0], currency="GBP")
    assert figure(ledger, "price ratio", ("TDWL.L", "KSTL.L")).text == "0.5000"
    spread = figure(ledger, "price spread", ("KSTL.L", "TDWL.L"))
    assert (spread.text, spread.unit) == ("+2.50", "GBP")


def test_no_common_day_is_said(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [1.0], end=date(2026, 2, 27))
    put_market(ledger, "TDWL", [1.0], end=date(2026, 2, 26))
    assert "No day on which both KSTL and TDWL closed is stored" in told(ledger, "price ratio", ("KSTL", "TDWL"))


# A rate a year -------------------------------------------------------------------------------------------------------


def test_a_cagr_is_the_rate_that_makes_the_last_close_of_the_first(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", LONG)
    period = Period(date(2024, 2, 28), date(2026, 2, 27), "over the past 2 years")
    text = told(ledger, "CAGR", ("KSTL",), period)
    assert text.startswith("The CAGR of KSTL over the past 2 years was +10.")
    assert "on Tue 27 Feb 2024 to " in text
    assert text.endswith("on Fri 27 Feb 2026, at split-adjusted closes, dividends not counted [1].")
    rate = figure(ledger, "CAGR", ("KSTL",), period)
    assert rate.derived_from
    first, last = rate.derived_from.inputs
    assert first.value * (1 + rate.value / 100) ** (731 / 365.25) == pytest.approx(last.value)


def test_less_than_a_year_has_no_rate_a_year_nor_has_what_is_not_stored(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", LONG)
    month = Period(date(2026, 2, 1), date(2026, 2, 27), "this month")
    assert told(ledger, "CAGR", ("KSTL",), month).startswith("No rate a year is told")
    decade = Period(date(2016, 2, 28), date(2026, 2, 27), "over the past 10 years")
    assert "cannot be measured" in told(ledger, "CAGR", ("KSTL",), decade)
    stored = Period(date(1900, 1, 1), date(2026, 2, 27), "in all that is stored")
    assert "was +10." in told(ledger, "CAGR", ("KSTL",), stored)
