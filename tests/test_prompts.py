"""What the model is shown: the format that adapters are trained on. A change here needs a new PROMPT_VERSION."""

from datetime import UTC, datetime

from assistant.prompts import (
    NOT_SAID,
    PROMPT_VERSION,
    ask,
    closed_book_prompt,
    first_item_end,
    reading_prompt,
    reply,
)
from assistant.types import Evidence

AS_OF = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
NEWS = Evidence(
    n=1,
    kind="news",
    title="Kestrel opens a line",
    text="Kestrel Robotics has opened a line. It employs 300 people.",
    url="",
    source="Test Wire",
    published=datetime(2026, 2, 25, 9, 0, tzinfo=UTC),
    fetched=AS_OF,
)
QUOTE = Evidence(2, "quote", "KSTL: prices", "KSTL: close 105.50 USD on Fri 27 Feb 2026.", "", "Yahoo", AS_OF, AS_OF)


def test_version_4_shows_dated_evidence_line_by_line_with_marks_then_the_question() -> None:
    system, user = reading_prompt("How many people?", [NEWS, QUOTE], AS_OF)
    assert PROMPT_VERSION == 4
    assert user.content == (
        "Now: Fri 27 Feb 2026 21:30 UTC\n"
        "Evidence:\n"
        "(Test Wire, 25 Feb 2026, 2 d old)\n"
        "Kestrel opens a line [1a]\n"
        "Kestrel Robotics has opened a line. [1b]\n"
        "It employs 300 people. [1c]\n"
        "(Yahoo, 27 Feb 2026, 0 min old)\n"
        "KSTL: close 105.50 USD on Fri 27 Feb 2026. [2a]\n"
        "Question: How many people?"
    )
    assert system.content is not None
    assert system.content.endswith(f"reply: {NOT_SAID}")


def test_up_to_the_end_of_its_first_item_a_prompt_is_that_of_the_item_alone() -> None:
    both, alone = (str(reading_prompt("How many people?", e, AS_OF)[1].content) for e in ([NEWS, QUOTE], [NEWS]))
    end = first_item_end(both)
    assert end == first_item_end(alone) == both.index("(Yahoo")
    assert both[:end] == alone[:end]
    assert first_item_end("Question: what is [1a]?") == 0


def test_a_further_question_is_asked_as_the_first_was() -> None:
    opening = reading_prompt("How many people?", [NEWS], AS_OF, matters="How many people? What opened?")
    assert str(opening[1].content).endswith(str(ask("How many people?").content))
    assert [m.role.value for m in (*opening, reply("1c"), ask("What opened?"))] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip


def test_nothing_to_read_is_said() -> None:
    assert "Evidence:\nnone\n" in str(reading_prompt("Why?", [], AS_OF)[1].content)


def test_a_term_is_asked_without_evidence() -> None:
    assert [m.content for m in closed_book_prompt("What is a bond?")][1] == "What is a bond?"
