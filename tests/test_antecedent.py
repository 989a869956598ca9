"""A line that names nobody is shown with its story's headline, its own words untouched."""

from dataclasses import replace

import pytest

from assistant.antecedent import with_headlines
from assistant.evaluator import bind
from assistant.types import Evidence, Statement
from tests.conftest import NOW

PLANT = Evidence(
    1, "news", "Norvane opens plant for 40 million USD", "Norvane opened a plant in Orbury. It employs 300 people.", "",
    "Test Wire", NOW, NOW, ("NRVN",),
)  # fmt: skip
OTHER = replace(PLANT, n=2, title="Tidewell shuts a mine")


def shown(*told: tuple[str, Evidence]) -> list[Statement]:
    return list(with_headlines((bind(text, item) for text, item in told), [PLANT, OTHER]))


def test_a_line_that_names_nobody_comes_after_its_headline() -> None:
    [said] = shown(("It employs 300 people.", PLANT))
    assert said.text == "“Norvane opens plant for 40 million USD”: It employs 300 people [1]."
    assert [(f.text, f.citation) for f in said.figures] == [("40 million USD", 1), ("300", 1)]


@pytest.mark.parametrize(
    "line", ["The company hired 20 engineers.", "They agreed on Friday.", "This was the first.", "Its sales rose."]
)
def test_so_do_other_words_for_what_was_said_before(line: str) -> None:
    assert shown((line, PLANT))[0].text.startswith("“Norvane opens plant for 40 million USD”: ")


def test_after_a_line_of_the_same_story_it_needs_none() -> None:
    texts = [s.text for s in shown(("Norvane opened a plant in Orbury.", PLANT), ("It employs 300 people.", PLANT))]
    assert texts == ["Norvane opened a plant in Orbury [1].", "It employs 300 people [1]."]
    [_, other] = shown(("Norvane opened a plant in Orbury.", PLANT), ("It employs 300 people.", OTHER))
    assert other.text == "“Tidewell shuts a mine”: It employs 300 people [2]."


def test_a_quotation_with_its_day_too() -> None:
    said = Statement("Test Wire, 27 Feb 2026: “It now employs 300 people.” [1]", (), (1,))
    [told] = with_headlines([said], [PLANT])
    assert told.text.startswith("“Norvane opens plant for 40 million USD”: Test Wire, 27 Feb 2026: “It now")


@pytest.mark.parametrize("line", ["Norvane opened a plant.", "Italy buys more.", "Bothwell resigned."])
def test_a_line_that_names_somebody_stays_as_it_is(line: str) -> None:
    assert "“" not in shown((line, PLANT))[0].text


def test_where_no_headline_may_be_shown_it_stays_too() -> None:
    untitled = replace(PLANT, title="")
    [said] = with_headlines([bind("It employs 300 people.", untitled)], [untitled])
    assert said.text == "It employs 300 people [1]."
