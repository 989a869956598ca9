"""One question in, one checked answer out: what each kind of question gets, in every arm, whatever the model says."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import Answerer
from assistant.prompts import NOT_SAID
from assistant.reading import DEED_TOLD, DENIED, NO_SOURCE, NOT_TOLD, OTHER_FIGURE, REASON_TOLD
from assistant.relevance import relevant
from assistant.retrievers.news import article_metadata
from assistant.types import ARMS, Answer, Found
from assistant.understand import Vocabulary
from ingest.ledger import Ledger
from ingest.types import Article
from tests.conftest import NOW, ScriptedModel, article, put_market

CLOSES = [100.0, 102.0, 101.0, 99.0, 103.0, 104.0, 108.0, 107.0, 110.25, 105.5]
STORY = article(
    "Kestrel Robotics lifts its outlook",
    "Kestrel Robotics raised its revenue forecast to 2.4 billion USD after orders from warehouses doubled.",
    symbols=("KSTL",),
)

DRAWDOWN = "A drawdown is a percentage fall from an earlier peak to a later point."


def searching(ledger: Ledger) -> Any:
    """A search that finds every article of the asked symbols known by then, or where none is asked of every one that
    holds the question's words: ranking is tested elsewhere."""

    def search(text: str, as_of: datetime, symbols: tuple[str, ...], since: Any, until: Any) -> Found:
        from llama_index.core.schema import NodeWithScore, TextNode

        found: list[Article] = ledger.news.latest(as_of, symbols, since)
        found = [a for a in found if (symbols or relevant(text, a.text, None)) and (not until or a.first_seen <= until)]
        nodes = (TextNode(text=a.text, metadata=article_metadata(a)) for a in found)
        return Found([NodeWithScore(node=node, score=1.0) for node in nodes])

    return search


@pytest.fixture
def ask(ledger: Ledger) -> Any:
    put_market(ledger, "KSTL", CLOSES, "Kestrel Robotics")
    put_market(ledger, "TDWL", list(reversed(CLOSES)), "Tidewell Energy")
    ledger.news.put([STORY])

    def asking(question: str, model: ScriptedModel | None = None, **more: Any) -> Answer:
        vocabulary = Vocabulary(ledger.market.names(), ["KSTL", "TDWL"], {"KSTL", "TDWL"})
        zone = ZoneInfo("America/New_York")
        chosen = model or ScriptedModel()
        answerer = Answerer(ledger, vocabulary, searching(ledger), lambda: chosen, lambda: NOW, zone)
        return answerer.ask(question, **more).answer

    return asking


def test_a_price_is_answered_by_code_and_asks_no_model(ask: Any) -> None:
    model = ScriptedModel("It closed at 999 USD.")
    answer = ask("What did KSTL close at?", model)
    assert answer.status == "answered"
    assert "closed at 105.50 USD on Fri 27 Feb 2026" in answer.text
    assert model.asked == []
    assert [(c.n, c.kind, c.stale) for c in answer.citations] == [(1, "quote", False)]


def test_two_parts_are_answered_in_order_with_citations_numbered_as_they_come(ask: Any) -> None:
    model = ScriptedModel("Kestrel Robotics raised its revenue forecast to 2.4 billion USD [1].")
    answer = ask("How did KSTL do this week, and why?", model)
    assert not any("repaired" in check for check in answer.checks)  # the model's items are numbered from 1 on
    move, reason = answer.text.split("\n\n")
    assert move.startswith("Kestrel Robotics (KSTL) rose this week: +2.43 %")
    assert reason == "Kestrel Robotics raised its revenue forecast to 2.4 billion USD [2]."
    assert [(c.n, c.kind, c.title) for c in answer.citations][1] == (2, "news", STORY.title)
    assert {f.citation for f in answer.figures} == {1, 2}


@pytest.mark.parametrize(
    "lie",
    [
        "Kestrel Robotics raised its forecast to 9.9 billion USD [2].",
        "You should buy KSTL now [2].",
        "Bob Smith of Tidewell raised the forecast [2].",
        "see https://evil.test",
        "",
    ],
)
def test_where_the_model_says_nothing_that_holds_the_evidence_is_quoted(ask: Any, lie: str) -> None:
    answer = ask("Why did KSTL rise this week?", ScriptedModel(lie))
    assert answer.status == "answered"
    assert "“Kestrel Robotics raised its revenue forecast to 2.4 billion USD after orders" in answer.text
    for poison in ("9.9", "buy", "Bob", "evil"):
        assert poison not in answer.text
    assert any("quotations" in note for note in answer.checks)


def test_a_why_question_shows_the_move_so_that_a_false_premise_shows(ask: Any) -> None:
    answer = ask("Why did TDWL rise this week?", use_model=False)
    assert answer.text.startswith("Tidewell Energy (TDWL) fell this week: -3.85 %")
    assert answer.status == "abstained"
    assert answer.text.endswith(DENIED)
    assert "The store holds no story about TDWL this week." in ask("Why did TDWL fall this week?", use_model=False).text


def test_a_headline_that_gives_the_reason_is_quoted_where_the_model_names_none(ask: Any, ledger: Ledger) -> None:
    title = "Kestrel Robotics shares climb 2.4% on raised outlook"
    ledger.news.put([article(title, symbols=("KSTL",))])
    answer = ask("Why did KSTL rise this week?", ScriptedModel(NOT_SAID))
    move, reason = answer.text.split("\n\n")
    assert move.startswith("Kestrel Robotics (KSTL) rose this week: +2.43 %")
    assert reason == f"{REASON_TOLD}\nTest Wire, 27 Feb 2026: “{title}” [2]"
    assert answer.status == "answered"
    assert [f.text for f in answer.figures if f.field == "quoted"] == ["2.4%"]
    older = ask("Why did KSTL rise on 19 February 2026?", ScriptedModel(NOT_SAID))
    assert REASON_TOLD not in older.text


def test_news_is_listed_by_code_with_publisher_and_date(ask: Any) -> None:
    answer = ask("Any news on Kestrel Robotics?")
    assert answer.text == "“Kestrel Robotics lifts its outlook” (Test Wire, 27 Feb 2026) [1]."


FORECAST = "Kestrel Robotics raised its revenue forecast to 2.4 billion USD [1]."


@pytest.mark.parametrize(
    "question",
    [
        "What forecast did Kestrel Robotics raise?",
        "By how much did KSTL raise its revenue forecast?",
        "What is KSTL's revenue?",  # no figure that code computes, but the story tells it
        "Why did KSTL raise its forecast?",  # no move, so no price stands before the answer
        "What did KSTL forecast in 2025 and 2024 respectively?",  # told later than the years it is about
        "What revenue will KSTL have in December 2026?",
    ],
)
def test_a_question_of_fact_is_read_from_the_stories_and_gets_neither_headlines_nor_prices(
    ask: Any, question: str
) -> None:
    answer = ask(question, ScriptedModel(FORECAST))
    assert (answer.status, answer.text) == ("answered", FORECAST)
    assert [c.kind for c in answer.citations] == ["news"]


@pytest.mark.parametrize(
    ("question", "found"),
    [("What did KSTL announce since today?", True), ("What did KSTL forecast in February 2026?", True),
     ("Any news on KSTL in January 2026?", False), ("Any news on KSTL this week?", True)],
)  # fmt: skip
def test_a_period_bounds_news_on_both_sides_and_a_fact_from_below(ask: Any, question: str, found: bool) -> None:
    assert (ask(question, ScriptedModel(FORECAST)).status == "answered") is found


def test_nothing_reported_since_the_time_asked_about_is_no_answer(ledger: Ledger, ask: Any) -> None:
    old = article("Tidewell plans a dam", "Tidewell plans a dam.", 24 * 30, symbols=("TDWL",))
    ledger.news.put([old])
    model = ScriptedModel("Tidewell plans a dam [1].")
    assert ask("What did TDWL plan in January 2026?", model).status == "answered"
    assert ask("What did TDWL plan yesterday?", model).status == "abstained"


def test_what_no_symbol_was_linked_to_is_read_where_it_tells_of_the_company(ledger: Ledger, ask: Any) -> None:
    ledger.news.put([article("Dam approved", "Regulators approved the dam of Tidewell.")])
    model = ScriptedModel("Regulators approved the dam of Tidewell [1].")
    assert ask("Who approved the dam of Tidewell?", model).text == "Regulators approved the dam of Tidewell [1]."
    assert ask("Who sold the mine of Tidewell?", model).status == "abstained"


def test_where_the_model_finds_no_answer_it_is_abstained_with_the_nearest_stories(ask: Any) -> None:
    answer = ask("Who is the chief executive of KSTL?", ScriptedModel(NOT_SAID))
    assert answer.status == "abstained"
    assert answer.text == f"{NOT_TOLD}\n“{STORY.title}” (Test Wire, 27 Feb 2026) [1]."
    assert [c.title for c in answer.citations] == [STORY.title]
    assert "the model found no answer in the evidence" in answer.checks


@pytest.mark.parametrize(
    ("question", "said", "status"),
    [
        ("How much revenue does KSTL forecast?", "Kestrel Robotics raised its forecast [1].", "abstained"),
        (
            "How much revenue does KSTL forecast?",
            "Kestrel Robotics raised its forecast to 2.4 billion USD [1].",
            "answered",
        ),
        (
            "How much revenue does KSTL forecast?",
            "Orders from warehouses doubled [1]. 2.4 billion USD [1].",
            "answered",
        ),
        ("What did KSTL say of its forecast?", "Kestrel Robotics raised its forecast [1].", "answered"),
    ],
)
def test_where_a_figure_is_asked_for_an_answer_without_one_is_none(
    ask: Any, question: str, said: str, status: str
) -> None:
    answer = ask(question, ScriptedModel(said))
    assert answer.status == status
    assert any("not what is asked for" in note for note in answer.checks) == (status == "abstained")
    assert not any("quotations" in note for note in answer.checks)


@pytest.mark.parametrize(
    ("said", "cited"),
    [
        ("Kestrel Robotics raised its forecast. Orders from warehouses doubled [1].", (1,)),
        ("[1] Kestrel Robotics raised its forecast. Orders from warehouses doubled.", (1,)),
        ("Kestrel Robotics raised its forecast to 2.4 billion USD [1, 7].", (1,)),
    ],
)
def test_marks_before_behind_and_between_sentences_are_understood(ask: Any, said: str, cited: tuple[int, ...]) -> None:
    answer = ask("What did KSTL say of its forecast?", ScriptedModel(said))
    assert tuple(c.n for c in answer.citations) == cited
    assert answer.status == "answered"


def test_each_kind_of_question_takes_the_arm_that_was_measured_best(ledger: Ledger, ask: Any) -> None:
    vocabulary = Vocabulary(ledger.market.names(), ["KSTL"], {"KSTL"})
    model = ScriptedModel(DRAWDOWN, adapter="tuned")
    routes: dict[Any, Any] = {"term": "base"}
    answerer = Answerer(
        ledger, vocabulary, searching(ledger), lambda: model, lambda: NOW, ZoneInfo("UTC"), routes=lambda: routes
    )
    term, fact = "What is a drawdown?", "What did KSTL say of its forecast?"
    assert [answerer.ask(q).answer.arm for q in (term, fact)] == ["base", "hybrid"]
    assert answerer.ask(term, "lora").answer.arm == "lora"  # an arm that was asked for is kept
    assert [adapted for adapted, _ in model.asked] == [False, True, True]


def test_a_price_of_an_unknown_symbol_is_read_where_a_story_tells_it(ledger: Ledger, ask: Any) -> None:
    ledger.news.put([article("ZZZQ ends lower", "ZZZQ closed at 14 USD.")])
    answer = ask("What did ZZZQ close at?", ScriptedModel("ZZZQ closed at 14 USD [1]."))
    assert (answer.status, answer.text) == ("answered", "ZZZQ closed at 14 USD [1].")


def test_a_fact_that_nothing_stored_tells_is_abstained_from_with_what_is_known(ask: Any) -> None:
    answer = ask("What did Foobar Corp earn in 2025?")
    assert answer.status == "abstained"
    assert "The store holds no story about that in 2025." in answer.text
    assert "No symbol or company that this store knows is named in that." in answer.text


def test_a_term_comes_from_the_weights_without_figures_and_says_so(ask: Any) -> None:
    model = ScriptedModel(f"{DRAWDOWN} Most are 20 % deep.")
    answer = ask("What is a drawdown?", model)
    assert (answer.status, answer.text) == (
        "answered",
        DRAWDOWN,
    )
    assert answer.citations == ()
    assert NO_SOURCE in answer.warnings
    assert answer.checks == ("withheld (a figure without a reference record): Most are 20 % deep.",)
    assert "a sentence of the model was withheld: `--explain` or /why tells which" in answer.warnings


@pytest.mark.parametrize(
    ("said", "warned"),
    [
        ("Kestrel Robotics raised its revenue forecast to 2.4 billion USD [1].", ()),
        (
            "Kestrel Robotics raised its revenue forecast to 2.4 billion USD after orders from warehouses doubled [7].",
            ("a sentence of the model was put right from the evidence: `--explain` or /why tells which",),
        ),
        (
            "Kestrel Robotics raised its revenue forecast to 9.9 billion USD [1]. It will hire 5,000 people [1].",
            ("2 sentences of the model were withheld: `--explain` or /why tells which",),
        ),
    ],
)
def test_what_binding_withheld_or_put_right_is_warned_of(ask: Any, said: str, warned: tuple[str, ...]) -> None:
    answer = ask("What revenue forecast did Kestrel Robotics raise?", ScriptedModel(said, adapter="finance"))
    assert answer.warnings == warned
    assert "9.9" not in answer.text


REPORT = article(
    "Notes to the accounts",
    "Warranty liability is a component of accrued liabilities. Claims are settled within 24 months.",
    symbols=(),
)


@pytest.mark.parametrize(
    ("question", "said", "status", "text"),
    [
        (
            "What is warranty liability a component of?",
            "Warranty liability is a component of accrued liabilities [1].",
            "answered",
            "Warranty liability is a component of accrued liabilities [1].",
        ),
        # The weights would make something up about a document that they have never seen.
        ("How is the warranty liability settled?", NOT_SAID, "abstained", NOT_TOLD),
        # In general nothing but the weights can tell, whatever the stories are about.
        ("Why should a company state its warranty liability?", NOT_SAID, "answered", "A drawdown is"),
    ],
)
def test_what_the_glossary_does_not_list_is_read_in_the_stories_first(
    ledger: Ledger, ask: Any, question: str, said: str, status: str, text: str
) -> None:
    ledger.news.put([REPORT])
    answer = ask(question, ScriptedModel(lambda prompt: said if "Evidence:" in prompt else DRAWDOWN))
    assert (answer.status, text in answer.text) == (status, True)


def test_a_term_that_a_stored_text_defines_is_read_there_and_cited(ledger: Ledger, ask: Any) -> None:
    text = "Trade receivables are amounts due from customers for goods sold. They carry no interest."
    ledger.news.put([article("Notes to the accounts", text)])
    answer = ask("What are trade receivables?", ScriptedModel("Trade receivables are amounts due from customers [1]."))
    assert answer.text == "Trade receivables are amounts due from customers [1]."
    assert NO_SOURCE not in answer.warnings
    weights = ask(
        "What are trade receivables?",
        ScriptedModel("Trade receivables are the money that customers owe a company for goods delivered on credit."),
        arm="lora",
    )
    assert (weights.citations, NO_SOURCE in weights.warnings) == ((), True)


@pytest.mark.parametrize(
    ("said", "use_model"), [("A bond is a share of a company's profit.", True), ("", True), ("", False)]
)
def test_where_the_weights_say_something_else_the_glossary_is_quoted(ask: Any, said: str, use_model: bool) -> None:
    answer = ask("What is a bond?", ScriptedModel(said), use_model=use_model)
    assert answer.text.startswith("A bond is a tradable loan")
    assert [(c.kind, c.title) for c in answer.citations] == [("reference", "bond")]
    assert NO_SOURCE not in answer.warnings
    assert answer.status == "answered"


def test_a_mixed_question_merges_weights_and_ledger(ask: Any) -> None:
    answer = ask(
        "What is drawdown, and what is KSTL's?",
        ScriptedModel(DRAWDOWN),
    )
    knowledge, figure = answer.text.split("\n\n")
    assert knowledge == DRAWDOWN
    assert "was -4.31 %: from 110.25 USD on Thu 26 Feb 2026" in figure


RAISED = "Kestrel Robotics raised its revenue forecast to 2.4 billion USD after orders from warehouses doubled [1]."


@pytest.mark.parametrize(
    "question",
    [
        "What did KSTL close at, and what forecast did Kestrel Robotics raise?",
        "What forecast did Kestrel Robotics raise, and what did it close at?",
    ],
)
def test_a_price_and_a_fact_in_one_question_are_answered_each_by_its_own_means(ask: Any, question: str) -> None:
    model = ScriptedModel(RAISED)
    answer = ask(question, model)
    assert answer.status == "answered"
    assert len(answer.text.split("\n\n")) == 2
    assert "closed at 105.50 USD" in answer.text
    assert "2.4 billion USD" in answer.text
    assert {c.kind for c in answer.citations} == {"quote", "news"}
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("question", "told", "missing"),
    [
        ("What did KSTL close at, and what contract did KSTL win?", "closed at 105.50 USD", NOT_TOLD),
        ("What did KSTL close at in 2019, and what forecast did Kestrel raise?", "2.4 billion", "is not covered"),
        ("What did KSTL close at, and what contract did TDWL win?", "closed at 105.50 USD", "no story about TDWL"),
    ],
)
def test_the_part_that_has_no_answer_is_abstained_from_beside_the_one_that_has(
    ask: Any, question: str, told: str, missing: str
) -> None:
    answer = ask(question, ScriptedModel(RAISED if "forecast" in question else NOT_SAID))
    assert answer.status == "answered"
    assert told in answer.text
    assert missing in answer.text


def test_two_parts_without_an_answer_are_an_abstention(ask: Any) -> None:
    answer = ask("What did KSTL close at in 2019, and what contract did KSTL win?", ScriptedModel(NOT_SAID))
    assert (answer.status, answer.figures) == ("abstained", ())
    assert "is not covered" in answer.text
    assert NOT_TOLD in answer.text


def test_a_headline_that_answers_in_so_many_words_is_quoted_where_the_model_refuses(ask: Any) -> None:
    answer = ask("What did Kestrel Robotics lift?", ScriptedModel(NOT_SAID))
    assert answer.status == "answered"
    assert answer.text.splitlines() == [
        DEED_TOLD,
        "Test Wire, 27 Feb 2026: “Kestrel Robotics lifts its outlook” [1]",
    ]
    assert ask("What did Kestrel Robotics cut?", ScriptedModel(NOT_SAID)).status == "abstained"


def test_two_sources_with_different_figures_are_both_shown(ledger: Ledger, ask: Any) -> None:
    ledger.news.put([article(STORY.title, STORY.text.replace("2.4", "2.9"), source="Other Wire", symbols=("KSTL",))])
    for said in (RAISED, RAISED.replace("2.4", "2.9").replace("[1]", "[2]")):
        answer = ask("What revenue forecast did Kestrel Robotics raise?", ScriptedModel(said))
        read, other = answer.text.split("\n\n")
        assert other.startswith(OTHER_FIGURE)
        assert ("2.4 billion" in read) != ("2.4 billion" in other)
        assert ("2.9 billion" in read) != ("2.9 billion" in other)
        assert "sources disagree on a figure" in answer.warnings
        assert {c.source for c in answer.citations} == {"Test Wire", "Other Wire"}
        assert {f.value for f in answer.figures} == {2.4e9, 2.9e9}


def test_prices_in_another_currency_are_told_as_quoted_and_that_is_said(ask: Any) -> None:
    unconverted = "KSTL is told in USD, as quoted: no exchange rate is applied"
    assert unconverted in ask("KSTL price in euros").warnings
    assert unconverted in ask("How did KSTL do this week in GBP?").warnings
    assert unconverted not in ask("KSTL price in dollars").warnings


def test_advice_is_refused_with_what_can_be_done_instead(ask: Any) -> None:
    answer = ask("Should I buy KSTL?", ScriptedModel("Yes, buy."))
    assert answer.status == "refused"
    assert "gives no advice" in answer.text
    assert "compare symbols" in answer.text
    assert answer.figures == ()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did ZZZQ close at?", "ZZZQ is no symbol that this store knows"),
        ("What is the price?", "No symbol or company that this store knows is named in that. Followed: KSTL, TDWL."),
        ("", "There is no question in that."),
        ("What did KSTL close at on 30 February?", "“30 February” names no day, or two"),
    ],
)
def test_what_is_not_known_is_said_and_abstained_from(ask: Any, question: str, expected: str) -> None:
    answer = ask(question)
    assert (answer.status, answer.figures) == ("abstained", ())
    assert expected in answer.text


def test_every_arm_works_and_only_context_and_adapter_differ(ask: Any) -> None:
    told, adapters = {}, {}
    for arm in ARMS:
        model = ScriptedModel("A bond is a loan to its issuer.", adapter="finance")
        told[arm] = [
            ask("What is a bond?", model, arm=arm).status,
            ask("What did KSTL close at?", model, arm=arm).status,
        ]
        adapters[arm] = {on for on, _ in model.asked}
    assert told == {
        "base": ["answered", "abstained"],
        "lora": ["answered", "abstained"],
        "rag": ["answered", "answered"],
        "hybrid": ["answered", "answered"],
    }
    assert adapters == {"base": {False}, "rag": {False}, "lora": {True}, "hybrid": {True}}


@pytest.mark.parametrize("arm", ["lora", "hybrid"])
def test_a_missing_adapter_is_said(ask: Any, arm: str) -> None:
    answer = ask("What is a bond?", ScriptedModel("A bond is a loan to its issuer."), arm=arm)
    assert any("no adapter is installed" in w for w in answer.warnings)
    assert answer.model.adapter is None


def test_the_stream_yields_exactly_the_text_of_the_answer(ledger: Ledger, ask: Any) -> None:
    vocabulary = Vocabulary(ledger.market.names(), ["KSTL"], {"KSTL"})
    model = ScriptedModel("Orders from warehouses doubled [2]. Kestrel Robotics raised its revenue forecast [2].")
    answerer = Answerer(ledger, vocabulary, searching(ledger), lambda: model, lambda: NOW, ZoneInfo("UTC"))
    stream = answerer.ask("How did KSTL do this week, and why?")
    pieces = list(stream)
    assert len(pieces) == 3
    assert "".join(pieces) == stream.answer.text


def test_an_earlier_as_of_knows_nothing_later(ask: Any) -> None:
    then = datetime.fromisoformat("2026-02-25T15:00:00+00:00")
    answer = ask("How did KSTL do this week, and why?", as_of=then, use_model=False)
    assert "to 108.00 USD (close of Tue 24 Feb 2026)" in answer.text
    assert "outlook" not in answer.text


def test_it_is_a_query_engine_of_llama_index(ledger: Ledger, ask: Any) -> None:
    from assistant.query_engine import FinanceQueryEngine

    vocabulary = Vocabulary(ledger.market.names(), ["KSTL"], {"KSTL"})
    answerer = Answerer(ledger, vocabulary, searching(ledger), ScriptedModel, lambda: NOW, ZoneInfo("America/New_York"))
    response = FinanceQueryEngine(answerer).query("What did KSTL close at?")
    assert "105.50 USD" in str(response)
    assert response.source_nodes[0].metadata["kind"] == "quote"
    assert response.metadata is not None
    assert response.metadata["status"] == "answered"
