"""Which lines of a story answer what a company did in so many words, and which only share words with the question."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.deeds import deeds
from assistant.types import Evidence
from tests.conftest import NOW

STORY = Evidence(1, "news", "", "", "", "Test Wire", NOW, NOW, ("KSTL",))
NAMES = {"kestrel", "robotics", "kstl"}


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("What did Kestrel Robotics raise?", "Kestrel Robotics raises full-year outlook after record orders"),
        ("What has KSTL raised?", "Kestrel raises full-year outlook"),
        ("what did it raise? (KSTL)", "Kestrel raised its outlook on Wednesday"),
        ("Which plant did Kestrel shut?", "Kestrel Robotics (KSTL) has shut its Millhaven plant after a fire"),
        ("How many engineers will Kestrel hire?", "Kestrel Robotics to hire 300 engineers in Millhaven"),
        ("Whom did Kestrel sue?", "Kestrel sues Tidewell over a patent"),
        ("What is Kestrel recalling?", "Kestrel is recalling 600 robots"),
        ("What did Kestrel bid for?", "Kestrel bids for Tidewell"),
        ("What did Kestrel buy?", "Kestrel bought a rival for 90 million USD"),
    ],
)
def test_a_line_with_the_company_the_deed_and_its_object_answers(question: str, line: str) -> None:
    told = replace(STORY, text=f"It rained. {line}.")
    assert deeds(question, [replace(STORY, title=line)], NAMES)[0][0] == line
    assert deeds(question, [told], NAMES) == [(f"{line}.", told)]


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("What did Kestrel raise?", "Tidewell raises its dividend as Kestrel watches"),  # somebody else
        ("What did Kestrel cut?", "Kestrel raises full-year outlook"),  # another deed
        ("Which dividend did Kestrel raise?", "Kestrel raises full-year outlook"),  # of another thing
        ("What did Kestrel acquire?", "Kestrel acquired by Tidewell for 2 billion USD"),  # it was done to it
        ("What did Kestrel shut?", "Kestrel was shut out of the tender"),
        ("What did Kestrel order?", "Kestrel orders rise 20 %"),  # a noun
        ("What did Kestrel hire?", "Kestrel to hire 300 engineers"),  # it has not yet
        ("What did Kestrel buy?", "Kestrel may buy a rival"),
        ("What did Kestrel raise?", "Kestrel denies it will not raise prices"),
        ("What did Kestrel not raise?", "Kestrel raises full-year outlook"),
        ("What did Kestrel raise in 2024?", "Kestrel raises full-year outlook"),  # another time
        ("How many engineers did Kestrel hire?", "Kestrel hires engineers in Millhaven"),  # no number
        ("Why did Kestrel raise its outlook?", "Kestrel raises its outlook"),
        ("What did Kestrel say?", "Kestrel says orders doubled"),  # no word to tell the line by
        ("What did Kestrel raise?", "Kestrel raises a question: you should sell now"),  # never shown
    ],
)
def test_what_only_shares_words_does_not(question: str, line: str) -> None:
    assert deeds(question, [replace(STORY, title=line)], NAMES) == []


def test_what_a_newer_item_corrects_is_told_as_corrected() -> None:
    old = replace(STORY, title="Kestrel hires 300 engineers in Millhaven", published=NOW - timedelta(days=1))
    line = "Kestrel corrects: it hires 250 engineers in Millhaven instead of 300"
    new = replace(STORY, n=2, title=line)
    assert deeds("How many engineers does Kestrel hire?", [old, new], NAMES)[0] == (line, new)
