"""What a model writes reaches the user only where the evidence holds it, figure by figure and name by name."""

import pytest

from assistant.evaluator import check_closed_book, check_sentence, quote_best
from assistant.sentences import complete, sentences
from assistant.types import Evidence
from tests.conftest import NOW

ROBOTS = Evidence(
    1, "news", "Kestrel Robotics lifts outlook", "Kestrel Robotics raised its revenue forecast to 2.4 billion USD on "
    "Wednesday after orders from warehouses doubled. Chief executive Ana Ruiz said margins rose to 18.5 %.",
    "https://news.test/1", "Test Wire", NOW, NOW, ("KSTL",),
)  # fmt: skip
REFINERY = Evidence(
    2, "news", "Tidewell halts refinery", "Tidewell Energy shut its largest refinery after a fire on 24 February 2026.",
    "https://news.test/2", "Test Ledger", NOW, NOW, ("TDWL",),
)  # fmt: skip
QUESTION = "Why did Kestrel Robotics rise?"

PASS = [
    ("Kestrel raised its revenue forecast to 2.4 billion USD [1].", 1, "2.4 billion USD"),
    ("Orders from warehouses doubled [1].", 1, None),
    ("Kestrel Robotics raised its forecast after orders doubled.", 1, None),  # cited by code
    ("Tidewell shut its largest refinery after a fire on 24 February 2026 [1].", 2, None),  # cited anew by code
    ("Margins rose to 18.5 percent [1].", 1, "18.5 percent"),
]
WITHHELD = [
    ("Kestrel raised its revenue forecast to 2.6 billion USD [1].", "figure 2.6 billion USD"),
    ("Kestrel raised its revenue forecast to 2.4 million USD [1].", "figure 2.4 million USD"),
    ("Kestrel raised its revenue forecast to 2.4 billion EUR [1].", "figure 2.4 billion EUR"),
    ("Margins rose to 18.5 percentage points [1].", "figure 18.5 percentage points"),
    ("Margins rose to 18.5 [1].", "figure 18.5"),
    ("Kestrel raised its revenue forecast on 3 March 2026 [1].", "'3 march 2026'"),
    ("Kestrel raised its revenue forecast to 2.4 billion USD on Tuesday [1].", "'tuesday'"),
    ("Orders from warehouses tripled [1].", "'tripled'"),
    ("The forecast was raised by Bob Smith of Kestrel [1].", "'bob'"),
    ("Analysts cheered the beautiful weather in town [1].", "'analysts'"),
    ("The chief cheered the beautiful weather in town [1].", "does not bear it out"),
    ("Tidewell raised its revenue forecast to 2.4 billion USD [1].", "'tidewell'"),
    ("Kestrel lowered its revenue forecast to 2.4 billion USD [1].", "the direction"),
    ("Margins rose to 2.4 billion USD [1].", "does not bear it out"),
    ("Chief executive Ana Ruiz lifted the forecast to 18.5 % [1].", "of something else"),
    ("You should buy Kestrel shares now [1].", "advice"),
    ("Kestrel raised its forecast, see https://evil.test [1].", "link"),
    ("Kestrel raised its revenue forecast to 2.4 billion USD [7].", None),  # an invented citation is replaced
]


@pytest.mark.parametrize(("sentence", "cited", "figure"), PASS)
def test_a_supported_sentence_passes_with_its_citation_and_figures(
    sentence: str, cited: int, figure: str | None
) -> None:
    statement, _ = check_sentence(sentence, [ROBOTS, REFINERY], QUESTION)
    assert statement is not None
    assert statement.citations == (cited,)
    assert f"[{cited}]" in statement.text
    assert [f.text for f in statement.figures] == ([figure] if figure else [])
    assert all(f.citation == cited and f.as_of == NOW for f in statement.figures)


@pytest.mark.parametrize(("sentence", "reason"), WITHHELD)
def test_an_unsupported_sentence_is_withheld_with_its_reason(sentence: str, reason: str | None) -> None:
    statement, note = check_sentence(sentence, [ROBOTS, REFINERY], QUESTION)
    if reason is None:
        assert statement is not None
        assert statement.citations == (1,)
    else:
        assert statement is None
        assert reason in note


@pytest.mark.parametrize(
    "slipped",
    [
        "Chief executive Arena Ruiz said margins rose to 18.5 % [1].",
        "Chief executive Ana Ruiz said margins rose to 19.5 % [1].",
        "Chief executive Ana Ruiz said margins fell to 18.5 % [1].",
    ],
)
def test_a_slipped_copy_is_shown_as_it_stands(slipped: str) -> None:
    statement, note = check_sentence(slipped, [ROBOTS, REFINERY], QUESTION)
    assert statement is not None
    assert statement.text == "Chief executive Ana Ruiz said margins rose to 18.5 % [1]."
    assert [f.text for f in statement.figures] == ["18.5 %"]
    assert "as it stands in [1]" in note


ACCOUNTS = Evidence(
    1, "news", "Tidewell publishes accounts", "Tidewell Energy reported a net result of (1,234) thousand USD for the "
    "year. Its operating loss was 2,500 thousand USD.", "https://news.test/3", "Test Wire", NOW, NOW, ("TDWL",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "as_written"),
    [
        ("Tidewell Energy reported a net result of (1,234) thousand USD for the year [1].", True),
        ("Tidewell Energy reported a net result of -1,234 thousand USD for the year [1].", True),
        ("Tidewell Energy reported a net loss of 1,234 thousand USD for the year [1].", True),
        ("Its operating result was a loss of (2,500) thousand USD [1].", True),
        ("Tidewell Energy reported a net result of 1,234 thousand USD for the year [1].", False),
        ("Tidewell Energy reported a net gain of 1,234 thousand USD for the year [1].", False),
    ],
)
def test_brackets_of_accounts_are_a_minus(sentence: str, as_written: bool) -> None:
    statement, _ = check_sentence(sentence, [ACCOUNTS], "What did Tidewell report?")
    assert statement is not None
    assert (statement.text == sentence) == as_written
    told = statement.figures[0].value
    assert abs(told) in {1_234_000, 2_500_000}
    assert as_written or told == -1_234_000  # the line as it stands


def test_without_evidence_nothing_passes() -> None:
    assert check_sentence("Kestrel rose.", [], QUESTION) == (None, "withheld (no evidence): Kestrel rose.")


def test_a_figure_from_the_weights_passes_only_with_a_reference_record() -> None:
    record = Evidence(1, "reference", "basis point", "One basis point is 0.01 %.", "", "convention", None, None)
    checked = check_closed_book("A basis point is 0.01 %. It is used for yields. Most are worth 5 %.", [record])
    assert [s.text for s in checked.statements] == ["A basis point is 0.01 % [1].", "It is used for yields."]
    assert checked.statements[0].figures[0].citation == 1
    assert checked.notes == ("withheld (a figure without a reference record): Most are worth 5 %.",)


def test_the_quotation_is_the_sentence_nearest_to_the_question_with_its_figures_bound() -> None:
    [first, second] = quote_best("Why did margins rise at Kestrel?", [ROBOTS, REFINERY])
    assert first.text == ("Test Wire, 27 Feb 2026: “Chief executive Ana Ruiz said margins rose to 18.5 %.” [1]")
    assert [(f.value, f.unit, f.symbol, f.field) for f in first.figures] == [(18.5, "percent", "KSTL", "quoted")]
    assert second.citations == (2,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme Inc. rose. So did U.S. Steel Corp. shares.", ["Acme Inc. rose.", "So did U.S. Steel Corp. shares."]),
        ("It closed at 3.5 USD. Then fell.", ["It closed at 3.5 USD.", "Then fell."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("He said “stop.” They did.", ["He said “stop.”", "They did."]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_sentence_cut_off_by_the_token_limit_is_dropped() -> None:
    assert complete("It rose [1]. It then fel") == ["It rose [1]."]
