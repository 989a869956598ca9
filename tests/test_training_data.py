"""The mixture: built from the repository alone, told what is left out, the same for a seed, split by group."""

import json
import math
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import data
from assistant.numbers import find_numbers, same
from assistant.pointing import lines_of
from assistant.prompts import NOT_SAID, reading_prompt
from assistant.types import Evidence
from examples import Example
from examples.filings import filing_examples, load_tatqa
from examples.ledger import ledger_examples
from examples.market import held_out, invented_prices, load_prices, market_examples
from examples.reports import cloze_examples, report_examples
from examples.terms import load_terms, term_examples
from ingest.config import Config
from ingest.ledger import Ledger
from tests.conftest import SHARED, article, put_market

SHARES = {
    "term_passes": 1, "market": 20, "stories": 8, "filings_passes": 1, "clozes": 30,
    "unanswerable": 0.25, "no_evidence": 1,
}  # fmt: skip


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data, "SHARED", tmp_path / "nowhere")


def stated(text: str, span: str) -> bool:
    """Whether `text` holds `span`: its figure, or its words."""
    figures = find_numbers(span)
    return span in text or bool(figures and any(same(figures[0], n) for n in find_numbers(text)))


@pytest.mark.usefixtures("alone")
def test_the_repository_alone_gives_a_mixture_and_says_what_is_left_out() -> None:
    made = data.build(SHARES, 7, {})
    assert set(made.counts) == {"term", "stories", "no evidence", "invented market"}
    assert [line.split(" (")[0] for line in made.told] == [
        "left out: prices", "left out: tatqa",
    ]  # fmt: skip
    assert made.counts["term"]["examples"] == len(load_terms(data.HERE / "knowledge"))
    assert all(told["licence"] for told in made.counts.values())


@pytest.mark.usefixtures("alone")
def test_before_the_first_ingest_the_ledger_is_left_out_and_said(config: Config) -> None:
    made = data.build(SHARES, 7, {}, config)
    assert any(line.startswith("left out: your ledger") for line in made.told)


@pytest.mark.usefixtures("alone")
def test_the_same_seed_gives_the_same_mixture() -> None:
    assert data.build(SHARES, 3, {}).examples == data.build(SHARES, 3, {}).examples
    assert data.build(SHARES, 3, {}).examples != data.build(SHARES, 4, {}).examples


@pytest.mark.usefixtures("alone")
def test_own_rows_are_read_in_the_form_of_examples(tmp_path: Path) -> None:
    item = {
        "n": 1, "kind": "news", "title": "Staff", "text": "Kestrel employs 300 people.", "url": "", "source": "Wire",
        "published": "2026-02-25T09:00:00+00:00", "fetched": None, "symbols": ["KSTL"],
    }  # fmt: skip
    row = {
        "family": "news", "question": "How many?", "must": ["300"],
        "evidence": [item], "as_of": "2026-02-27T21:30:00+00:00", "cites": [1],
    }  # fmt: skip
    file = tmp_path / "own.jsonl"
    file.write_text(json.dumps(row) + "\n")
    (made,) = (e for e in data.build(SHARES, 7, {"own": file}).examples if e.question == "How many?")
    (asked,) = data.conversations([made])
    assert asked.messages[2].content == "1b"
    assert asked.messages[1].content == reading_prompt(made.question, made.evidence, made.as_of or NEVER)[1].content
    assert made.evidence[0].published == datetime(2026, 2, 25, 9, 0, tzinfo=UTC)


NEVER = datetime.max.replace(tzinfo=UTC)
AT = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)


def test_a_term_is_asked_in_as_many_ways_as_there_are_passes() -> None:
    records = load_terms(data.HERE / "knowledge")[:50]
    made = list(term_examples(records, random.Random(1), 4))
    for record in records:
        asked = [e.question for e in made if e.group == record["term"]]
        assert len(set(asked)) == 4
        assert {e.definition for e in made if e.group == record["term"]} == {record["definition"]}


def test_one_symbol_is_enough_to_be_asked_about() -> None:
    symbol, prices = next(iter(invented_prices(random.Random(2), 1).items()))
    assert len(list(market_examples({symbol: prices}, random.Random(3), 10, 0.0))) == 10


def test_a_market_question_is_answered_by_an_item_that_states_it_and_only_by_those() -> None:
    for example in market_examples(invented_prices(random.Random(2)), random.Random(3), 60, 0.25):
        texts = {e.n: e.text for e in example.evidence}
        if not example.must:
            assert not example.cites
            continue
        assert all(stated(texts[n], example.must[0]) for n in example.cites)
        assert all(example.group in e.symbols for e in example.evidence if e.n in example.cites)


def _check_filings(examples: list[Example]) -> None:
    for example in examples:
        texts = {e.n: " ".join(e.text.split()) for e in example.evidence}
        shown = set(texts)
        assert shown == set(range(1, len(shown) + 1))
        if example.must:
            said = " ".join(texts[n] for n in sorted(example.cites))
            assert all(stated(said, " ".join(m.split()).rstrip(".")) for m in example.must), example.question
        assert bool(example.cites) == bool(example.must)
    refused = sum(not e.must for e in examples) / len(examples)
    assert 0.15 < refused < 0.35


def test_a_users_own_store_gives_questions_on_its_prices_and_its_stories(config: Config, ledger: Ledger) -> None:
    for symbol in ("KSTL", "TDWL"):
        put_market(ledger, symbol, [100 + 5 * math.sin(i) for i in range(90)])
    told = "{0} said on Monday that orders for its robots rose by {1} percent in the year."
    ledger.news.put(
        article(f"{n} has more to do", told.format(n, 10 + i)) for i, n in enumerate(("Kestrel", "Tidewell"))
    )
    made = list(ledger_examples(config, random.Random(1), 12, 0.25))
    assert {"price", "move", "news", "unanswerable"} >= {e.family for e in made} >= {"price", "move"}
    stories = [e for e in made if e.family == "news"]
    assert all(stated(e.evidence[min(e.cites) - 1].text, e.must[0].rstrip(".")) for e in stories)


@pytest.mark.usefixtures("shared")
def test_filings_give_questions_whose_passage_is_there_or_was_removed() -> None:
    questions, passages = load_tatqa(SHARED / "data" / "tatqa", "dev")
    _check_filings(list(filing_examples(questions, passages, random.Random(1), 0.25)))


@pytest.mark.usefixtures("shared")
def test_the_passages_of_a_filing_are_asked_for_all_they_answer_and_for_some_that_they_do_not() -> None:
    questions, passages = load_tatqa(SHARED / "data" / "tatqa", "dev")
    text = [q for q in questions if q.answer_from == "text"]
    made = list(report_examples(text, passages, random.Random(1), 0.25))
    _check_filings(made)
    assert {q.question for q in text} <= {e.question for e in made}
    assert len({id(e.evidence) for e in made}) < len(made) / 2


@pytest.mark.usefixtures("shared")
def test_a_sentence_asked_for_in_its_own_words_is_the_answer() -> None:
    _, passages = load_tatqa(SHARED / "data" / "tatqa", "dev")
    made = list(cloze_examples(passages, random.Random(1), 200))
    assert 200 <= len(made) <= 210
    for example in made:
        texts = {e.n: " ".join(e.text.split()) for e in example.evidence}
        if example.must:
            (n,) = example.cites
            assert " ".join(example.must[0].split()) in texts[n]


def test_a_third_of_the_market_questions_stand_alone_over_their_own_finding() -> None:
    made = list(market_examples(invented_prices(random.Random(2)), random.Random(3), 120, 0.25))
    shared = Counter(id(e.evidence) for e in made)
    alone = [e for e in made if shared[id(e.evidence)] == 1 and len(e.evidence) == 1]
    assert len(alone) >= 30
    assert all(e.must and e.cites == {1} for e in alone[:-1])  # the last draw may be cut short


def test_questions_in_a_row_that_share_their_evidence_are_one_conversation() -> None:
    made = list(market_examples(invented_prices(random.Random(2)), random.Random(3), 40, 0.2))
    talks = list(data.conversations(made))
    assert len(talks) == len({id(e.evidence) for e in made})
    replies = [m.content for talk in talks for m in talk.messages if m.role.value == "assistant"]
    assert [reply == NOT_SAID for reply in replies] == [not e.must for e in made]
    for example in made:
        marked = {line.mark: line.text for line in lines_of(example.evidence, "")}
        pointed = data.pointer(example, lines_of(example.evidence, ""))
        assert not example.must or stated(marked[str(pointed)], example.must[0])


def test_a_question_is_left_out_whose_answer_the_trimming_took_away() -> None:
    filler = " ".join(f"Nothing of note was said of the weather in the hills on day {i} by anyone." for i in range(9))
    item = Evidence(
        1, "news", "Kestrel", f"Kestrel employs 300 people. {filler} Its roof is green.", "", "Wire", AT, AT
    )
    asked = [
        Example("news", "a", "How many people does Kestrel employ?", ("300",)),
        Example("news", "a", "What colour is it?", ("green",)),
    ]
    shared = [replace(e, evidence=(item,), as_of=AT, cites=frozenset({1})) for e in asked]
    shared = [replace(e, evidence=shared[0].evidence) for e in shared]
    (talk,) = data.conversations(shared)
    assert [m.content for m in talk.messages[2:]] == ["1a"]


@pytest.mark.usefixtures("shared")
def test_training_takes_neither_a_third_of_the_symbols_nor_a_day_after_2025() -> None:
    prices = load_prices(SHARED / "data" / "prices_daily_us", data.TRAINING_YEARS)
    made = list(data._real_market(SHARED / "data" / "prices_daily_us", random.Random(1), 80, 0.2))
    assert not {e.group for e in made} & held_out(prices)
    assert not {s for e in made for item in e.evidence for s in item.symbols} & held_out(prices)
    assert all(e.as_of and e.as_of < datetime(2026, 1, 2, tzinfo=UTC) for e in made)
