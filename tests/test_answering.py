"""One question in, one checked answer out: what each kind of question gets, in every arm, whatever the model says."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import NO_SOURCE, Answerer
from assistant.retrievers.news import article_metadata
from assistant.types import ARMS, Answer
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


def searching(ledger: Ledger) -> Any:
    """A search that finds every article of the asked symbols known by then: ranking is tested elsewhere."""

    def search(text: str, as_of: datetime, symbols: tuple[str, ...], since: Any, until: Any) -> list[Any]:
        from llama_index.core.schema import NodeWithScore, TextNode

        found: list[Article] = ledger.news.latest(as_of, symbols, since)
        return [NodeWithScore(node=TextNode(text=a.text, metadata=article_metadata(a)), score=1.0) for a in found]

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
    model = ScriptedModel("Kestrel Robotics raised its revenue forecast to 2.4 billion USD [2].")
    answer = ask("How did KSTL do this week, and why?", model)
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
    assert "The store holds no story about TDWL this week." in answer.text


def test_news_is_listed_by_code_with_publisher_and_date(ask: Any) -> None:
    answer = ask("Any news on Kestrel Robotics?")
    assert answer.text == "“Kestrel Robotics lifts its outlook” (Test Wire, 27 Feb 2026) [1]."


def test_a_term_comes_from_the_weights_without_figures_and_says_so(ask: Any) -> None:
    model = ScriptedModel("A drawdown is a fall from a peak. Most are 20 % deep.")
    answer = ask("What is a drawdown?", model)
    assert (answer.status, answer.text) == ("answered", "A drawdown is a fall from a peak.")
    assert answer.citations == ()
    assert NO_SOURCE in answer.warnings
    assert answer.checks == ("withheld (a figure without a reference record): Most are 20 % deep.",)


def test_a_mixed_question_merges_weights_and_ledger(ask: Any) -> None:
    answer = ask("What is drawdown, and what is KSTL's?", ScriptedModel("A drawdown is a fall from a peak."))
    knowledge, figure = answer.text.split("\n\n")
    assert knowledge == "A drawdown is a fall from a peak."
    assert "was -4.31 %: from 110.25 USD on Thu 26 Feb 2026" in figure


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
