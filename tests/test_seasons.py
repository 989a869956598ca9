"""Seasons and decades as days."""

from datetime import date

import pytest

from assistant.understand.periods import find_period

TODAY = date(2026, 2, 27)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("How did TSLA do last summer?", date(2025, 6, 1), date(2025, 8, 31)),
        ("Gold in the autumn of 2024", date(2024, 9, 1), date(2024, 11, 30)),
        ("AAPL in spring 2025", date(2025, 3, 1), date(2025, 5, 31)),
        ("AAPL this winter", date(2025, 12, 1), TODAY),
        ("AAPL last winter", date(2024, 12, 1), date(2025, 2, 28)),
        ("AAPL next summer", date(2026, 6, 1), date(2026, 8, 31)),
        ("AAPL last fall", date(2025, 9, 1), date(2025, 11, 30)),
        ("AT&T in the nineties", date(1990, 1, 1), date(1999, 12, 31)),
        ("AT&T in the 1980s", date(1980, 1, 1), date(1989, 12, 31)),
        ("AAPL two years from now", date(2028, 2, 27), date(2028, 2, 27)),
    ],
)
def test_a_season_and_a_decade_are_days(text: str, first: date, last: date) -> None:
    said = find_period(text, TODAY)
    assert said is not None
    assert (said.period.start, said.period.end) == (first, last)


def test_to_fall_in_a_year_is_no_season() -> None:
    said = find_period("Why did NVDA fall in 2022?", TODAY)
    assert said is not None
    assert said.period.start == date(2022, 1, 1)
