"""What a store has nothing to say about gets no answer: the nearest text is not enough."""

import pytest

from assistant.abbreviations import spelled_out
from assistant.relevance import defines, names_nothing, relevant, used_as_names

CASES = [
    ("What did the Federal Reserve announce?", "Federal Reserve issues a statement", 0.69, True),
    ("What did the Federal Reserve announce?", "Commission announces enforcement results", 0.32, False),
    ("What did the Bank of Japan decide?", "Regional Bank rises on lending income", 0.47, False),
    ("What did the ECB decide?", "Monetary policy decisions European Central Bank", 0.32, True),
    ("What is included in Service costs?", "The costs of services include wages", 0.6, True),
    ("How did GDP do?", "Gross domestic product, third estimate", 0.68, True),
    ("What happened to wheat prices?", "Consumer prices rise", 0.39, False),
    ("What happened to consumer prices?", "Consumer prices rise", 0.39, True),
    ("Any iPhone news?", "A new iPhone is shown", None, True),
    ("Any news on lithium mining?", "Chip maker warns of delay", 0.29, False),
    ("Who is buying robots for warehouses?", "Grocers plan to automate", 0.5, True),
]


@pytest.mark.parametrize(("question", "text", "cosine", "expected"), CASES)
def test_a_text_is_relevant_by_its_names_its_words_or_its_nearness(
    question: str, text: str, cosine: float | None, expected: bool
) -> None:
    assert relevant(question, text, cosine) is expected


OURS = "Reserves held by Ruvistria slid last month. The stock was 143 billion dollars."
THEIRS = "The statistics office of Paveth put import cover at 11 months."
KNOWN = used_as_names([OURS, THEIRS, "Zubrin Holds Its Annual Meeting", "A long queue formed at Long Moor."])


@pytest.mark.parametrize(
    "question",
    ["Ruvistria import cover, months?", "ruvistria import cover", "How long does Ruvistria's import cover last?"],
)
def test_a_near_text_about_another_subject_is_not_relevant(question: str) -> None:
    assert relevant(question, OURS, 0.6, KNOWN)
    assert not relevant(question, THEIRS, 0.8, KNOWN)


def test_names_are_what_running_text_writes_with_a_capital_and_never_without() -> None:
    assert sorted(KNOWN) == ["moor", "paveth", "ruvistria"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Ruvistria FX reserves level", OURS),
        ("Ruvistria PPI y/y?", "Producer prices in Ruvistria rose."),
        ("What did Ruvistria say in October?", OURS),
    ],
)
def test_an_abbreviation_or_a_month_is_no_subject(question: str, text: str) -> None:
    assert relevant(question, text, 0.5, KNOWN)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Paveth PPI y/y?", "Paveth PPI (producer price index) y/y (from a year before)?"),
        ("Who is Orchetti's CFO?", "Who is Orchetti's CFO (finance chief, chief financial officer)?"),
        ("my mom asks about Orchetti", "my mom asks about Orchetti"),
    ],
)
def test_abbreviations_are_searched_in_words_too(question: str, expected: str) -> None:
    assert spelled_out(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("latest news", True),
        ("What is in the news today?", True),
        ("Any headlines?", True),
        ("Any iPhone news?", False),
    ],
)
def test_a_question_for_news_as_such_names_nothing(question: str, expected: bool) -> None:
    assert names_nothing(question) is expected


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("EBITDA", "We report two measures. EBITDA is calculated by adding back depreciation.", True),
        ("trade receivables", "Trade receivables are amounts due from customers.", True),
        ("credit risk", "The credit risk (note 4) represents what we may lose.", True),
        ("EBITDA", "EBITDA rose by 4 percent.", False),
        ("EBITDA", "Growth in EBITDA is slow.", False),
        ("bond", "Bondholders are to vote.", False),
    ],
)
def test_a_definition_has_the_term_as_its_subject(term: str, text: str, expected: bool) -> None:
    assert defines(term, text) is expected
