"""What counts as right, abstained, wrong, rightly cited and in house form: answer and verdict side by side."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from assistant.prompts import NOT_SAID
from assistant.types import Answer, Figure, Status
from evaluation.questions import Question, Response
from evaluation.scoring import Judge, holds
from evaluation.terms import TEMPLATES, Entry, Glossary, TermJudge, fold, load_glossary
from tests.conftest import NOW, ROOT, hash_embedding

JUDGE = Judge(lambda _question, _text: False)
SOURCES = {1: "https://a.test/1", 2: "https://a.test/2"}


def asked(family: Any, *must: str, **more: Any) -> Question:
    return Question(family, "What?", must, frozenset({"https://a.test/2"} if must else ()), NOW, **more)


def outcome(question: Question, text: str) -> str:
    return JUDGE(question, Response(text, SOURCES)).outcome


@pytest.mark.parametrize(
    ("must", "text", "right"),
    [
        ("1,250", "It will employ 1250 people [2].", True),
        ("1,250", "It will employ 1,300 people [2].", False),
        ("1,250", "It will cost $1,250 [2].", False),
        ("$320 million", "The cost is 320 million dollars [2].", True),
        ("$320 million", "The cost is $320 billion [2].", False),
        ("$320 million", "The cost is $320 [2].", False),
        ("4.7%", "It grew 4.7 per cent [2].", True),
        ("4.7%", "It grew 4.7 percentage points [2].", False),
        ("25 basis points", "The rate rose 25 bps [2].", True),
        ("2.5 years", "The loan runs for 2.5 years [2].", True),
        ("2.5 years", "The loan runs for 2.5 months [2].", False),
        ("12 ships", "It owns 12 large ships [2].", True),
        ("12 ships", "It owns 12 planes [2].", False),
        ("2027", "Work starts in 2027 [2].", True),
        ("2027", "Work starts in 2028 [2].", False),
        ("Straits Bourse", "It lists on the “Straits Bourse” [2].", True),
        ("the Straits Bourse", "It lists on Straits Bourse's market [2].", True),
        ("Straits Bourse", "It lists on the Bourse of Straits [2].", False),
        ("[2]", "It says nothing [2].", False),
    ],
)
def test_a_short_span_must_be_stated_in_value_unit_scale_and_words(must: str, text: str, right: bool) -> None:
    assert outcome(asked("news", must), text) == ("correct" if right else "wrong")


def test_a_long_span_counts_when_nearly_all_of_it_is_said() -> None:
    span = "the proposal hung on too many conditions and left holders without cash"
    assert outcome(
        asked("filings", span), "The proposal hung on many conditions and left holders without cash [2]."
    ) == ("correct")
    question = asked("filings", span)
    assert outcome(question, "The proposal hung on many conditions and left holders without cash [2].") == "correct"
    assert outcome(question, "The proposal left holders without cash [2].") == "wrong"


def test_all_spans_are_needed() -> None:
    question = asked("filings", "Level 1", "Level 3")
    assert outcome(question, "Level 1 and Level 3 [2].") == "correct"
    assert outcome(question, "Level 1 [2].") == "wrong"


def test_a_cell_of_a_table_may_gain_its_unit_only_in_filings() -> None:
    assert holds("It was $948,578.", "948,578", loose_unit=True)
    assert not holds("It was $948,578.", "948,578")


def test_an_answer_that_says_everything_is_wrong() -> None:
    padding = "and more of the same, " * 15
    assert outcome(asked("news", "1,250"), f"It employs 1,250 people, {padding}as said [2].") == "wrong"
    assert outcome(asked("news", "1,250"), "It employs 1,250 people, and more of the same, as said [2].") == "correct"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The plant will employ 600 people [2].", "correct"),
        ("The plant will employ 250 people [1].", "wrong"),
        ("The plant will employ 600 people, not 250 [2].", "correct"),
        ("The plant will employ 600 people instead of the 250 first announced [2].", "correct"),
        ("In place of 250 people, the plant will employ 600 [2].", "correct"),
        ("The number is now 600; it had been 250 [2].", "correct"),
        ("The plant was to employ 250 people; 600 is the number now [2].", "wrong"),  # not said which one holds
        ("The plant will employ 250 people, not 600 [2].", "wrong"),
        ("The plant will employ 250 or 600 people [2].", "wrong"),
        ("The plant will employ 600 people and cost $250 [2].", "correct"),  # another unit is no candidate
    ],
)
def test_in_a_conflict_one_candidate_must_be_named_or_the_other_called_the_former(text: str, expected: str) -> None:
    assert outcome(asked("conflict", "600"), text) == expected


@pytest.mark.parametrize(
    ("family", "text", "expected"),
    [
        ("unanswerable", NOT_SAID, "correct"),
        ("unanswerable", f"{NOT_SAID} [1]", "correct"),
        ("unanswerable", "The evidence does not mention the price.", "correct"),
        ("unanswerable", "The company does not give the price [1].", "wrong"),  # a claim: it is cited
        ("unanswerable", "The evidence is not only a list of hotels.", "wrong"),
        ("unanswerable", f"It was 5 % [1]. {NOT_SAID}", "wrong"),
        ("unanswerable", "It was 5 % [1].", "wrong"),
        ("false_premise", "It closed because of demand [1].", "wrong"),
        ("false_premise", NOT_SAID, "correct"),
        ("news", NOT_SAID, "abstained"),
        ("news", "", "abstained"),
        ("news", f"1,250 [2]. {NOT_SAID}", "correct"),
    ],
)
def test_saying_so_is_right_only_where_there_is_no_answer(family: Any, text: str, expected: str) -> None:
    question = asked(family, "1,250") if family == "news" else asked(family)
    assert outcome(question, text) == expected


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("KSTL fell this week: -1.23 % [2].", True),
        ("KSTL fell 1.23 percent [2].", True),
        ("KSTL rose 1.23 percent [2].", False),
        ("KSTL moved +1.23 % [2].", False),
        ("KSTL moved 1.23 % [2].", False),
        ("KSTL fell 1.24 % [2].", False),
        ("KSTL fell 1.23 USD [2].", False),
    ],
)
def test_a_move_needs_its_sign_in_figures_or_in_words(text: str, right: bool) -> None:
    assert outcome(asked("move", "-1.23 %"), text) == ("correct" if right else "wrong")


def answered(status: Status = "answered", **changes: Any) -> Response:
    at = datetime(2026, 2, 26, 21, tzinfo=UTC)
    given: dict[str, Any] = {"value": 231.4, "unit": "USD", "symbol": "KSTL", "as_of": at}
    figure = Figure(text="231.40", field="close", citation=1, **(given | changes))
    text = "KSTL closed at 231.40 USD [1]."
    return Response(text, {1: "KSTL"}, Answer("?", text, status, "hybrid", NOW, figures=(figure,)))


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (answered(), "correct"),
        (answered(symbol="TDWL"), "wrong"),
        (answered(value=231.5), "wrong"),
        (answered(unit="EUR"), "wrong"),
        (answered(as_of=datetime(2026, 2, 25, 21, tzinfo=UTC)), "wrong"),
        (answered(as_of=None), "wrong"),
        (answered("abstained"), "abstained"),
    ],
)
def test_the_product_is_held_to_symbol_and_day_of_the_figures_record(response: Response, expected: str) -> None:
    question = Question("price", "?", ("231.40 USD",), frozenset({"KSTL"}), NOW, "KSTL", date(2026, 2, 26))
    assert JUDGE(question, response).outcome == expected


@pytest.mark.parametrize(
    ("text", "cited", "right", "supported"),
    [
        ("1,250 people [2].", 1, 1, True),
        ("1,250 people [1].", 1, 0, False),
        ("1,250 people [1][2].", 2, 1, False),
        ("1,250 people [2, 7].", 2, 1, False),  # [7] was never shown
        ("1,250 people.", 0, 0, False),
        ("9 people [2].", 1, 1, False),  # rightly cited, and wrong
    ],
)
def test_citations_are_counted_by_source(text: str, cited: int, right: int, supported: bool) -> None:
    verdict = JUDGE(asked("news", "1,250"), Response(text, SOURCES))
    assert (verdict.cited, verdict.cited_right, verdict.supported) == (cited, right, supported)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("It employs 1,250 people [2].", True),
        ("It employs 1,250 people. [2]", True),
        ("[2] It employs 1,250 people.", True),
        ("It employs 1,250 people [2]. It opens in May.", False),
        ("It employs 1,250 people [9].", False),
        ("I think it employs 1,250 people [2].", False),
        ("As an AI, 1,250 people [2].", False),
        ("One [2]. Two [2]. Three [2]. Four [2].", False),
        (NOT_SAID, True),
        ("", False),
    ],
)
def test_house_form_is_short_cited_and_without_filler(text: str, form: bool) -> None:
    assert JUDGE(asked("news", "1,250"), Response(text, SOURCES)).house_form is form


def test_an_explanation_in_house_form_uses_the_language_of_finance() -> None:
    judge = Judge(lambda _question, _text: True, frozenset({"bond", "yield"}))
    question = Question("term", "What is duration?", ("x",), term="duration")
    assert judge(question, Response("How far a bond moves.")).house_form
    assert not judge(question, Response("How long it lasts.")).house_form


# Terms -----------------------------------------------------------------------------------------------------------

BOND = Entry("bond", "A loan to an issuer that pays interest and is repaid at maturity.", ("What is a bond?",))
SHARE = Entry("share", "A part of a company that votes and receives dividends.", ("What is a share?",))


def term_judge() -> tuple[TermJudge, Question]:
    questions = [Question("term", "?", (e.definition,), term=e.term) for e in (BOND, SHARE)]
    return TermJudge(questions, hash_embedding()), questions[0]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("A loan to an issuer, repaid at maturity, that pays interest.", True),
        ("A part of a company that votes and receives dividends.", False),  # another's definition
        ("A loan.", False),  # too few of its key words
        ("Good. Fine. A loan to an issuer that pays interest and is repaid at maturity.", False),  # third sentence
    ],
)
def test_a_term_is_explained_by_meaning_and_key_words_in_two_sentences(text: str, right: bool) -> None:
    judge, question = term_judge()
    assert judge(question, text) is right


def test_terms_are_asked_in_no_wording_of_training() -> None:
    glossary = load_glossary(ROOT / "adapters" / "knowledge")
    trained = {fold(a) for e in glossary.entries for a in e.asks}
    questions = glossary.questions()
    assert len({q.term for q in questions}) == len(questions) == 60
    assert not trained & {fold(q.text) for q in questions}
    only = Entry("yield", "x", tuple(t.format(term="yield") for t in TEMPLATES[:-1]))
    for seed in range(10):
        assert [q.text for q in Glossary((only,)).questions(1, seed)] == [TEMPLATES[-1].format(term="yield")]
