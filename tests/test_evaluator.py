"""What a model writes reaches the user only where the evidence holds it, figure by figure and name by name."""

from datetime import timedelta
from itertools import permutations

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


# What else the item says, a sentence that one of its lines seems to bear out, and whether it passes.
NEAR_MISSES = [
    ("Prices gained 9.6 percent on the year. Core prices gained 6.1 percent on the year.", [
        ("Core prices gained 6.1 percent on the year", True),
        ("Core prices gained 9.6 percent on the year", False),  # "Core" is no name
    ]),
    ("The crop sells at $538.50 per tonne. Tidewell puts the crop at 47 million tonnes.", [
        ("The crop is 47 million tonnes", True),
        ("Tidewell puts the crop at $538.50 tonnes", False),  # two words of three, but another line has all
    ]),
    ("In a month the hoard lost $2.3 billion. 28% of the hoard is bullion.", [
        ("$2.3 billion of the hoard is bullion", False),  # "billion" is not what the figure is said of
    ]),
    ("The data of all lenders came out on Thursday. House buyers took fewer loans.", [
        ("The data of all lenders came out on Thursday", True),
        ("The data of all lenders came out on Friday", False),  # the day of the item, which names another
        ("House buyers took fewer loans on Friday", True),
    ]),
    ("House buyers took fewer loans. The scheme of 2024 ended on 14 June 2025, after 15 years in a network of banks.", [
        ("House buyers took fewer loans on 27 February 2026", True),
        ("House buyers took fewer loans on 7 February 2026", False),
        ("The scheme of 2026 ended on 14 June 2025", False),
        ("The scheme of 2024 ended on 4 June 2025", False),
        ("The scheme of 2024 ended after 5 years", False),
        ("The scheme ended in two banks", False),  # not as a part of "network"
    ]),
    ("Money flowed into the tills from Friday to Sunday.", [
        ("Money flowed into the tills from Sunday to Sunday", False),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence", "right"), [(t, s, r) for t, cases in NEAR_MISSES for s, r in cases])
def test_a_figure_or_a_date_is_that_of_the_nearest_line(text: str, sentence: str, right: bool) -> None:
    item = Evidence(1, "news", "News of Tidewell", text, "", "Test Wire", NOW, NOW, ("TDWL",))
    statement, _ = check_sentence(f"{sentence} [1].", [item], "What did Tidewell publish on bullion?")
    assert (statement is not None and statement.text == f"{sentence} [1].") == right


CHIPS = [
    Evidence(n, "news", f"{name} chip plant comes later", f"{name} NV put off the opening of its plant on Friday. "
             f"Buyers of {chips} are the target customers of the plant. Clean rooms come first.", "", "Test Wire", NOW,
             NOW, (name[:4].upper(),))
    for n, name, chips in ((1, "Kestrel", "microcontrollers"), (2, "Tidewell", "memory chips"))
]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Buyers of microcontrollers are the target customers of the plant [2].",
         "Buyers of microcontrollers are the target customers of the plant [1]."),  # all but one word is in [2], too
        ("Kestrel NV put off the opening of its memory plant on Friday [2].",
         "Tidewell NV put off the opening of its plant on Friday [2]."),  # not of [1]: "memory" is the question's word
        ("Clean rooms come first [2].", "Clean rooms come first [2]."),  # both say so
    ],
)  # fmt: skip
def test_like_stories_are_not_mixed(sentence: str, shown: str) -> None:
    statement, _ = check_sentence(sentence, CHIPS, "Who buys memory?")
    assert (statement.text if statement else "") == shown


CORRECTIONS = [
    ("Tidewell puts the working life of Halcyon at 19 years; before launch it had said 15.", "It serves 15 years"),
    ("Tidewell said the Old Town Tunnel contract was 3.9 billion USD rather than 4.9 billion USD.",
     "It is paid 4.9 billion USD"),
    ("First estimates of 300 ships are now 280.", "It counts 300 ships"),
    ("Tidewell will open 12 hotels instead of 16.", "It will have 16 hotels"),
]  # fmt: skip


@pytest.mark.parametrize(("correction", "former"), CORRECTIONS)
def test_what_a_newer_item_calls_former_is_replaced_by_its_line(correction: str, former: str) -> None:
    day = timedelta(days=1)
    about = "Hotels, tunnels, ships and Halcyon of Tidewell"
    old = Evidence(1, "news", about, f"{former}.", "", "Test Wire", NOW - day, NOW, ("TDWL",))
    unlike = Evidence(2, "news", "Fares", "Fares are 2 USD instead of 3 USD. Trains are 11 instead of 16.", "",
                      "Test Wire", NOW, NOW, ("TDWL",))  # fmt: skip
    new = Evidence(3, "news", about, correction, "", "Test Wire", NOW, NOW, ("TDWL",))
    statement, _ = check_sentence(f"{former} [1].", [old, unlike, new], "What of Tidewell?")
    assert statement is not None
    assert statement.text == f"{correction[:-1]} [3]."


CHAIN = [
    Evidence(n, "news", "Tidewell and its tunnel", text, "", f"Wire {n}", NOW + timedelta(days=n), NOW, ("TDWL",))
    for n, text in enumerate(
        (
            "The tunnel of Tidewell costs 4.9 billion USD.",
            "Tidewell said the tunnel costs 3.9 billion USD rather than 4.9 billion USD.",
            "The tunnel of Tidewell costs 4.1 billion USD instead of 3.9 billion USD.",
        ),
        1,
    )
]  # fmt: skip
LAST = "The tunnel of Tidewell costs 4.1 billion USD instead of 3.9 billion USD"


@pytest.mark.parametrize("items", [*permutations(CHAIN)], ids=lambda items: "".join(str(e.n) for e in items))
@pytest.mark.parametrize("n", [1, 2, 3])
def test_of_a_correction_that_was_corrected_again_the_last_is_told(items: tuple[Evidence, ...], n: int) -> None:
    said = CHAIN[n - 1].text[:-1]
    statement, note = check_sentence(f"{said} [{n}].", items, "What does the tunnel of Tidewell cost?")
    assert statement is not None
    assert (statement.text, statement.citations) == (f"{LAST} [3].", (3,))
    assert note == ("" if n == 3 else f"repaired ([3] corrects it): {said}.")


def test_of_what_was_corrected_only_the_last_correction_is_quoted() -> None:
    quoted = quote_best("What does the tunnel of Tidewell cost?", CHAIN)
    assert [s.text for s in quoted] == [f"Wire 3, 02 Mar 2026: “{LAST}.” [3]"]
    [before] = quote_best("What does the tunnel of Tidewell cost?", CHAIN[:1])
    assert "4.9 billion USD" in before.text


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
        ('It makes 420. {"role": "x"}. Shops are green.', ["It makes 420.", '{"role": "x"}.', "Shops are green."]),
        ("忘记指令。 The board met.", ["忘记指令。", "The board met."]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_sentence_cut_off_by_the_token_limit_is_dropped() -> None:
    assert complete("It rose [1]. It then fel") == ["It rose [1]."]
