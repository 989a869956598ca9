"""A figure is printed and read back as the same figure: percent is no percentage point, a million no billion, a penny
no pound. Every item is drawn, printed as our code prints, and read by the code that reads prose."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.market.load import find
from assistant.market.measures import measure
from assistant.market.money import in_major, major
from assistant.numbers import count_text, find_numbers, price_text, signed_text
from assistant.types import Figure, Part, Period
from ingest.ledger import Ledger
from tests.conftest import NOW, put_market

ITEMS = settings(max_examples=250, deadline=None, derandomize=True)

CURRENCIES = "USD EUR GBP GBp JPY CHF CAD AUD SEK ZAR ZAc ILA INR HKD KRW BRL PLN TRY TWD".split()
SCALES = {
    "": 1.0,
    " thousand": 1e3,
    " million": 1e6,
    " million dollars": 1e6,
    " billion": 1e9,
    "bn": 1e9,
    "k": 1e3,
    "m": 1e6,
}
RATES = {
    "%": "percent", " %": "percent", " percent": "percent", " per cent": "percent",
    " percentage points": "percentage points", " pp": "percentage points",
    " basis points": "basis points", " bps": "basis points",
}  # fmt: skip
PRICES = st.floats(0.0002, 900_000, allow_nan=False)


def read(text: str) -> tuple[float, str]:
    """The one figure of `text`, as value and unit."""
    [number] = find_numbers(f"The figure stood at {text}, it was said.")
    return number.value, number.unit


@ITEMS
@given(PRICES, st.sampled_from(CURRENCIES), st.booleans())
def test_a_price_is_read_back_in_its_own_currency(value: float, currency: str, before: bool) -> None:
    text = price_text(value)
    said, unit = read(f"{currency} {text}" if before else f"{text} {currency}")
    assert (said, unit) == (float(text.replace(",", "")), currency)
    assert said == pytest.approx(value, abs=0.005)


@ITEMS
@given(st.floats(-5000, 5000), st.sampled_from(sorted(RATES)))
def test_percent_points_and_basis_points_are_three_things(value: float, unit: str) -> None:
    text = signed_text(value)
    assert read(f"{text}{unit}") == (float(text.replace(",", "")), RATES[unit])


@ITEMS
@given(
    st.decimals(0, 99_999, places=2), st.sampled_from(sorted(SCALES)), st.sampled_from(["", "$", "-$", "€", "£", "¥"])
)
def test_a_scale_is_applied_once(value: float, scale: str, sign: str) -> None:
    said, unit = read(f"{sign}{value:,}{scale}")
    assert said == pytest.approx(float(value) * SCALES[scale] * (-1 if sign.startswith("-") else 1))
    sold = {"": "USD" if "dollars" in scale else "", "-$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
    assert unit == sold[sign] or "dollars" in scale


@ITEMS
@given(st.integers(1, 9_999_999), st.integers(0, 8))
def test_a_count_of_shares_keeps_its_fractions(units: int, places: int) -> None:
    value = units / 10**places
    text = count_text(value)
    said, unit = read(f"{text} shares")
    assert (said, unit) == (float(text.replace(",", "")), "shares")
    assert said == pytest.approx(value)
    assert not text.endswith((".", ".0"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250p", (250.0, "GBp")), ("250 pence", (250.0, "GBp")), ("GBp 250.50", (250.5, "GBp")),
        ("250.50 GBP", (250.5, "GBP")), ("£2.50", (2.5, "GBP")), ("9,876 ZAc", (9876.0, "ZAc")),
        ("1.234,56 EUR", (1234.56, "EUR")), ("12,5 %", (12.5, "percent")), ("1.234.567,8 €", (1234567.8, "EUR")),
        ("1,234.56 EUR", (1234.56, "EUR")), ("12,500 EUR", (12500.0, "EUR")), ("¥15,480", (15480.0, "JPY")),
        ("−0.25 percentage points", (-0.25, "percentage points")), ("25bps", (25.0, "basis points")),
        ("$1.5bn", (1.5e9, "USD")), ("3.2 trillion dollars", (3.2e12, "USD")),
    ],
)  # fmt: skip
def test_how_others_write_it_is_read_too(text: str, expected: tuple[float, str]) -> None:
    assert read(text) == expected


def test_a_word_is_no_currency() -> None:
    assert [n.unit for n in find_numbers("They try 5 times, and all 7 pen 9 letters.")] == ["", "", ""]


# Hundredths --------------------------------------------------------------------------------------------------------


@ITEMS
@given(st.integers(1, 10_000_000), st.sampled_from([("GBp", "GBP"), ("ZAc", "ZAR"), ("ILA", "ILS")]))
def test_a_penny_is_a_hundredth_of_a_pound(hundredths: int, units: tuple[str, str]) -> None:
    small, large = units
    price = Figure(price_text(hundredths), float(hundredths), small, "X.L", "close", None, 1)
    pounds = in_major(price)
    assert (pounds.value, pounds.unit) == (hundredths / 100, large)
    assert pounds.derived_from is not None
    assert pounds.derived_from.inputs == (price,)
    assert read(f"{pounds.text} {pounds.unit}") == (float(pounds.text.replace(",", "")), large)


@pytest.mark.parametrize("currency", ["USD", "GBP", "JPY", "EUR"])
def test_a_whole_currency_is_left_as_it_is(currency: str) -> None:
    price = Figure("1.00", 1.0, currency, "X", "close", None, 1)
    assert in_major(price) is price
    assert major(currency) == currency


@pytest.mark.parametrize("period", [None, Period(date(2026, 2, 26), date(2026, 2, 26), "on that day")])
def test_a_price_in_pence_is_told_in_pounds_too(ledger: Ledger, period: Period | None) -> None:
    put_market(ledger, "TDWL.L", [250.5, 251.0], currency="GBp")
    [finding] = find(ledger, Part("price", "", ("TDWL.L",), period), NOW, 1)[0]
    said = finding.statements[0].figures[0]
    last = finding.statements[-1]
    assert (said.unit, said.value) == ("GBp", 250.5 if period else 251.0)
    assert last.text == f"A GBp is a hundredth of a GBP: that price is {said.value / 100:.2f} GBP [1]."
    assert [f.unit for f in last.figures] == ["GBP"]


def test_a_price_in_dollars_is_told_once(ledger: Ledger) -> None:
    put_market(ledger, "TDWL", [250.5, 251.0])
    [finding] = find(ledger, Part("price", "", ("TDWL",)), NOW, 1)[0]
    assert len(finding.statements) == 2


@pytest.mark.parametrize(
    ("symbol", "said", "moved"),
    [
        ("^GSPC", "closed at 6,900.00 points", "+1.47 % (+100.00 points), from 6,800.00 points"),
        ("^TNX", "closed at 4.20 percent", "-1.18 % (-5.0 basis points), from 4.25 percent"),
    ],
)
def test_an_index_is_told_in_points_and_a_yield_in_percent_and_basis_points(
    ledger: Ledger, symbol: str, said: str, moved: str
) -> None:
    closes = [6800.0, 6900.0] if symbol == "^GSPC" else [4.25, 4.20]
    put_market(ledger, symbol, closes, kind="index")
    [price] = find(ledger, Part("price", "", (symbol,)), NOW, 1)[0]
    assert said in price.statements[0].text
    [move] = find(ledger, Part("move", "", (symbol,)), NOW, 1)[0]
    assert moved in move.statements[0].text
    amount = move.statements[0].figures[1]
    assert amount.derived_from
    assert (amount.value, amount.derived_from.formula) in {(100.0, "last - first"), (-5.0, "(last - first) * 100")}


def test_an_index_is_set_against_no_currency(ledger: Ledger) -> None:
    put_market(ledger, "^GSPC", [6900.0], kind="index")
    put_market(ledger, "KSTL", [100.0])
    part = Part("other", "", ("KSTL", "^GSPC"), term="price spread")
    [finding] = measure(part, [f.view for f in find(ledger, part, NOW, 1)[0]], 1)
    assert "KSTL is quoted in USD and ^GSPC is quoted in points" in finding.gap
