"""Which lines of a story give a reason for a move of its company's price, and which only mention one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from assistant.market.finding import Finding
from assistant.market.load import find
from assistant.reasons import reasons
from assistant.types import Evidence, Part, Period
from ingest.ledger import Ledger
from tests.conftest import NOW, put_market

FEBRUARY = Period(date(2026, 2, 26), date(2026, 2, 27), "since Thursday")
STORY = Evidence(1, "news", "Kestrel opens a plant", "", "", "Test Wire", NOW, NOW, ("KSTL",))

GIVEN = [
    "Kestrel Robotics shares fall 8 % after profit warning",
    "Kestrel slides on licence delay",
    "Shares slid as demand weakened",
    "Kestrel ($KSTL) closed 4.7% lower at 117.13 USD on Friday after a permit slipped into January",
    "Kestrel drops 5.4% because of a share sale",
]
NOT_GIVEN = [
    "Kestrel fell on Monday",
    "Kestrel falls 3 % over the week",
    "Kestrel rises after results",  # the other way
    "Tidewell falls after fire",  # another company
    "Kestrel profit falls on higher costs",  # not its price
    "Kestrel declined to comment on customers",
    "Kestrel could fall after results",
    "Kestrel slips as opinions differ on the cause",
    "Kestrel falls. You should sell now after this",  # never shown
    "Kestrel opens a plant",
]


@pytest.fixture
def fell(ledger: Ledger) -> Finding:
    put_market(ledger, "KSTL", [100.0, 99.0, 91.0], "Kestrel Robotics")
    [finding] = find(ledger, Part("move", "", ("KSTL",), FEBRUARY), NOW, 1)[0]
    return finding


@pytest.mark.parametrize("line", GIVEN)
def test_a_line_with_the_move_and_a_cause_is_a_reason(fell: Finding, line: str) -> None:
    in_text = replace(STORY, text=f"It opened in May. {line}.")
    assert reasons("Why did KSTL fall?", [replace(STORY, title=line)], fell)[0][0] == line
    assert reasons("Why did KSTL fall?", [in_text], fell)[0][0] == f"{line}."
    assert reasons("Why did KSTL move?", [in_text], fell)
    assert not reasons("Why did KSTL rise?", [in_text], fell)


@pytest.mark.parametrize("line", NOT_GIVEN)
def test_what_only_mentions_a_move_is_none(fell: Finding, line: str) -> None:
    assert reasons("Why did KSTL fall?", [replace(STORY, title=line)], fell) == []


def test_in_a_story_of_several_the_line_begins_with_the_company(fell: Finding) -> None:
    story = replace(STORY, symbols=("KSTL", "TDWL"))
    assert reasons("Why did KSTL fall?", [replace(story, title=GIVEN[0])], fell)
    for title in ("Shares slid as demand weakened", "Tidewell down, Kestrel flat, after fire"):
        assert reasons("Why did KSTL fall?", [replace(story, title=title)], fell) == []


def test_it_must_be_of_this_symbol_and_no_older_than_the_move(fell: Finding) -> None:
    story = replace(STORY, title=GIVEN[0])
    for other in (
        replace(story, symbols=("TDWL",)),
        replace(story, published=None),
        replace(story, published=NOW - timedelta(days=4)),
    ):
        assert reasons("Why did KSTL fall?", [other], fell) == []
    assert reasons("Why did KSTL fall?", [story], replace(fell, change=None)) == []
