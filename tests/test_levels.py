"""The price level that a question names, and what is none."""

import pytest

from assistant.levels import Level, level_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("when did @ fall below 50?", Level(50.0, False, False)),
        ("When did AAPL close above $1,200.50?", Level(1200.5, True, True)),
        ("Did TSLA hit 300 this week?", Level(300.0, None, False)),
        ("did it drop through 80", Level(80.0, False, False)),
        ("Has KO been over 70 since May?", Level(70.0, True, False)),
        ("When did it close above its 50-day average?", None),
        ("When did it cross the 200 day line?", None),
        ("Why did it rise over 5 %?", None),
        ("When did revenue top 40 billion?", None),
        ("Is AAPL above 200?", None),  # of now, not of when
        ("How did it do over 3 months?", None),
    ],
)
def test_a_level_is_read_with_its_side(text: str, expected: Level | None) -> None:
    assert level_of(text) == expected
