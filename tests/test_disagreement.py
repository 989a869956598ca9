"""Which lines tell one thing with different figures, and which are of different things."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.disagreement import contradicts, otherwise
from assistant.types import Evidence, Statement
from tests.conftest import NOW

LINE = "Kestrel Robotics earned 412 million USD in the third quarter, 9 % more than a year earlier."
STORY = Evidence(1, "news", "Kestrel profit rises", LINE, "", "Wire A", NOW, NOW, ("KSTL",))


@pytest.mark.parametrize(
    "other",
    [
        LINE.replace("412", "421"),
        LINE.replace("9 %", "19 %"),
        LINE.replace("million", "billion"),
        "Kestrel Robotics has earned 421 million USD in its third quarter, 9 % more than a year earlier",
    ],
)
def test_the_same_words_with_another_figure_contradict(other: str) -> None:
    assert contradicts(LINE, other)
    assert contradicts(other, LINE)


@pytest.mark.parametrize(
    "other",
    [
        LINE,
        LINE.replace("412 million", "412.0 million"),
        LINE.replace("earned 412 million USD in", "earned money in"),  # less is said
        LINE.replace("third", "second"),  # of another time
        LINE.replace("quarter", "quarter of 2025"),
        LINE.replace("Kestrel Robotics", "Tidewell Energy"),
        LINE.replace("earned", "was sued for"),
        LINE.replace("412 million USD", "412 %"),
        LINE.replace("412 million USD", "not 421 but 412 million USD"),
        "Up 9 %.",
    ],
)
def test_another_fact_or_a_correction_does_not(other: str) -> None:
    assert not contradicts(LINE, other)


def test_only_another_publisher_of_those_days_disagrees() -> None:
    said = Statement(f"{LINE.rstrip('.')} [1].", (), (1,))
    line = LINE.replace("412", "421")
    other = replace(STORY, n=2, source="Wire B", text=f"It was raining. {line}")
    assert otherwise(said, [STORY, other]) == [(line, other)]
    assert otherwise(replace(said, text=f"Wire A, 27 Feb 2026: “{LINE}” [1]"), [STORY, other]) == [(line, other)]
    assert otherwise(said, [STORY, replace(other, source="Wire A")]) == []
    assert otherwise(said, [STORY, replace(other, published=NOW - timedelta(days=4))]) == []
    assert otherwise(said, [STORY, replace(other, published=None)]) == []
