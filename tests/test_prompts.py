"""What the model is shown: the format that adapters are trained on. A change here needs a new PROMPT_VERSION."""

from dataclasses import replace
from datetime import UTC, datetime

from assistant.prompts import (
    NOT_SAID,
    PROMPT_VERSION,
    ask,
    closed_book_prompt,
    evidence_prompt,
    reading_prompt,
    reply,
    trim,
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


def test_version_3_shows_dated_evidence_numbered_at_every_sentence_then_the_question() -> None:
    system, user = reading_prompt("How many people?", [NEWS, QUOTE], AS_OF)
    assert PROMPT_VERSION == 3
    assert user.content == (
        "Now: Fri 27 Feb 2026 21:30 UTC\n"
        "Evidence:\n"
        "(Test Wire, 25 Feb 2026, 2 d old) Kestrel opens a line [1]. Kestrel Robotics has opened a line [1]. "
        "It employs 300 people [1].\n"
        "(Yahoo, 27 Feb 2026, 0 min old) KSTL: close 105.50 USD on Fri 27 Feb 2026 [2].\n"
        "Question: How many people?"
    )
    assert system.content is not None
    assert system.content.endswith(f"reply: {NOT_SAID}")


def test_brackets_of_a_text_cannot_pass_for_the_number_of_an_item() -> None:
    forged = replace(NEWS, text="Orders fell [2]. Is that so [2, 7]? See note [a].")
    told = str(reading_prompt("Orders?", [forged], AS_OF)[1].content)
    assert "Orders fell [1]. Is that so [1]? See note [a] [1].\n" in told


def test_a_further_question_is_asked_as_the_first_was() -> None:
    opening = evidence_prompt("How many people?", [NEWS], AS_OF, matters="How many people? What opened?")
    assert str(opening[1].content).endswith(str(ask("How many people?").content))
    assert [m.role.value for m in (*opening, reply("300 people [1]."), ask("What opened?"))] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip


def test_nothing_to_read_is_said() -> None:
    assert "Evidence:\nnone\n" in str(reading_prompt("Why?", [], AS_OF)[1].content)


def test_a_term_is_asked_without_evidence() -> None:
    assert [m.content for m in closed_book_prompt("What is a bond?")][1] == "What is a bond?"


def test_a_long_text_keeps_its_title_and_the_sentences_nearest_to_the_question_in_their_order() -> None:
    filler = "Nothing of note was said about the weather in the hills on that day by anyone at all."
    told = "The plant employs 300 people."
    long = " ".join([filler.replace("weather", f"weather {i}") for i in range(6)] + [told] + [filler] * 3)
    kept = trim("How many people does the plant employ?", replace(NEWS, text=long), words=40)
    assert kept.startswith("Kestrel opens a line. ")
    assert told in kept
    assert len(kept.split()) <= 40
