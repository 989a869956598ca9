"""Figures in prose: what is one, what is none, and how ours are printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.numbers import digit_tokens, find_numbers, price_text, same, signed_text

FIGURES = [
    ("closed at 264.18 USD on Fri 27 Feb 2026 (16:00 EST) [1].", [(264.18, "USD")]),
    ("fell -0.15 % to $1,234.5 billion", [(-0.15, "percent"), (1234.5e9, "USD")]),
    ("cut rates by 25 basis points, the first 25bp since 2019", [(25, "basis points"), (25, "basis points")]),
    ("sold 2,000 shares at 9:30 a.m. on 2026-02-27", [(2000, "shares")]),
    ("rose 2.1 percentage points, not 2.1 percent", [(2.1, "percentage points"), (2.1, "percent")]),
    ("€3.2bn and £4m", [(3.2e9, "EUR"), (4e6, "GBP")]),
    ("a yield of 4.05% on the 10-year note, a 52-week high, the past 3 months", [(4.05, "percent")]),
    ("May 12 percent", [(12, "percent")]),
    ("In Q3 2026 the S&P 500 and Form 4 and the 10-K of covid-19", []),
    ("on 3 March 2026, March 3rd, Mar 3, 2026, in March 2026, at 16:00", []),
    ("no digits at all", []),
    (
        "a net result of (1,234), $(1,234.5) million and ($0.12) a share",
        [(-1234, ""), (-1234.5e6, "USD"), (-0.12, "USD")],
    ),
    ("USD (3,400) thousand, a margin of (12.5)%", [(-3400e3, "USD"), (-12.5, "percent")]),
    (
        "rose (2.3%), staff (1,234 people), note (12), up from (of 5,000)",
        [(2.3, "percent"), (1234, ""), (12, ""), (5000, "")],
    ),
]


@pytest.mark.parametrize(("text", "expected"), FIGURES)
def test_finds_figures_with_unit_and_scale_and_passes_over_dates_and_names(
    text: str, expected: list[tuple[float, str]]
) -> None:
    found = find_numbers(text)
    assert [n.unit for n in found] == [u for _, u in expected]
    assert [n.value for n in found] == pytest.approx([v for v, _ in expected])


def test_dates_and_names_with_digits_are_tokens_to_be_found_verbatim() -> None:
    assert digit_tokens("On 27 Feb 2026 the S&P 500 rose 3 % [2].") == ["27 feb 2026", "s&p 500"]


@given(st.floats(-1e7, 1e7).filter(lambda v: abs(v) >= 1))
def test_a_printed_price_is_found_again(value: float) -> None:
    found = find_numbers(f"it closed at {price_text(value)} USD today")
    assert [n.unit for n in found] == ["USD"]
    assert found[0].value == pytest.approx(value, abs=0.0051)


@given(st.floats(-99, 99))
def test_a_signed_percent_is_found_again_with_its_sign(value: float) -> None:
    text = signed_text(value)
    [found] = find_numbers(f"{text} %")
    assert found.unit == "percent"
    assert found.value == pytest.approx(round(value, 2), abs=1e-9)
    assert not text.startswith("-0.00")


@given(st.text())
def test_any_text_is_read_without_failing(text: str) -> None:
    for number in find_numbers(text):
        assert any(c.isdigit() for c in text[number.start : number.end])


SAME = [
    ("3 %", "3 percent", True),
    ("3 %", "3 percentage points", False),
    ("3 %", "3.1 %", False),
    ("$2 million", "2,000,000 USD", True),
    ("$2 million", "2,000,000 EUR", False),
    ("-3 %", "3 %", False),
    ("(1,234)", "-1,234", True),
    ("(1,234)", "1,234", False),
    ("(1,234)", "+1,234", False),
    ("$(1.5) million", "-1,500,000 USD", True),
    ("25 bp", "0.25 percentage points", False),
]


@pytest.mark.parametrize(("left", "right", "expected"), SAME)
def test_two_mentions_state_one_figure_only_with_equal_value_and_unit(left: str, right: str, expected: bool) -> None:
    assert same(find_numbers(left)[0], find_numbers(right)[0]) is expected
