"""The retrievers inside plain LlamaIndex code: exact quotes, fused news, nothing later than asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assistant.postprocessors import RecencyPostprocessor
from assistant.retrievers import NewsRetriever, QuoteRetriever
from assistant.retrievers.search import search_news
from assistant.understand import Vocabulary
from ingest.config import Config
from ingest.index import open_index
from ingest.indexing import Indexer
from ingest.ledger import Ledger
from ingest.nodes import article_nodes
from tests.conftest import NOW, article, hash_embedding, put_market

STORIES = [
    article("Kestrel lifts outlook", "Warehouse orders doubled at Kestrel Robotics.", 5, symbols=("KSTL",)),
    article("Tidewell halts refinery", "A fire shut the largest refinery of Tidewell.", 30, symbols=("TDWL",)),
    article("Kestrel opens a plant", "Kestrel Robotics opened a plant for warehouse robots.", -24, symbols=("KSTL",)),
]


@pytest.fixture
def news(config: Config, ledger: Ledger) -> Any:
    embedding = hash_embedding()
    store = open_index(config, "hash", 64, create=True)
    ledger.news.put(STORIES)
    nodes = [node for story in STORIES for node in article_nodes(story)]
    for node in nodes:
        node.embedding = embedding.get_text_embedding(node.get_content())
    store.add(nodes)

    def retriever(as_of: Any = NOW, **more: Any) -> NewsRetriever:
        return NewsRetriever(store, embedding, ledger, as_of, **more)

    return retriever


def titles(nodes: list[Any]) -> list[str]:
    return [n.metadata["title"] for n in nodes]


def test_news_is_found_by_meaning_and_words_and_hydrated_from_the_ledger(news: Any) -> None:
    [first, *_] = news().retrieve("warehouse orders of Kestrel Robotics")
    assert first.metadata["title"] == "Kestrel lifts outlook"
    assert first.metadata["symbols"] == ["KSTL"]
    assert first.metadata["published"] == (NOW - timedelta(hours=5)).isoformat()


def test_what_was_published_later_is_not_found(news: Any) -> None:
    question = "warehouse robots plant of Kestrel Robotics"
    assert "Kestrel opens a plant" not in titles(news().retrieve(question))
    assert "Kestrel opens a plant" in titles(news(NOW + timedelta(days=2)).retrieve(question))


def test_an_edited_article_is_found_at_an_earlier_instant_by_what_it_said_then(config: Config, ledger: Ledger) -> None:
    embedding, store = hash_embedding(), open_index(config, "hash", 64, create=True)
    first = article("Kestrel names its chief", "Kestrel Robotics is led by Ana Ruiz. It makes robots.", 48)
    second = replace(first, text="Kestrel Robotics is led by Bo Lind. It makes robots.", fetched=NOW)
    third = replace(first, text="Kestrel Robotics is led by Cy Marsh.", fetched=NOW + timedelta(days=2))
    for text in (first, second, third):
        ledger.news.put([text])
        Indexer(ledger, lambda: embedding, lambda _: store).run(text.fetched)

    def found(question: str, as_of: Any) -> list[str]:
        return [n.get_content() for n in NewsRetriever(store, embedding, ledger, as_of).retrieve(question)]

    who = "Who leads Kestrel Robotics, Ana Ruiz, Bo Lind or Cy Marsh?"
    assert found(who, NOW - timedelta(hours=1)) == [first.text]
    assert found(who, NOW + timedelta(hours=1)) == [second.text]
    assert found(who, NOW + timedelta(days=3)) == [third.text]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"symbols": ("TDWL",)}, {"Tidewell halts refinery"}),
        ({"since": NOW - timedelta(hours=10)}, {"Kestrel lifts outlook"}),
        ({"until": NOW - timedelta(hours=10)}, {"Tidewell halts refinery"}),
        ({"symbols": ("AAPL' OR '1'='1",)}, set()),
    ],
)
def test_symbol_and_time_are_filtered_inside_the_store(news: Any, more: Any, expected: set[str]) -> None:
    assert set(titles(news(**more).retrieve("Kestrel Robotics warehouse and Tidewell refinery fire"))) == expected


def test_it_serves_a_plain_query_engine_with_our_postprocessor(news: Any) -> None:
    from llama_index.core.llms import MockLLM
    from llama_index.core.query_engine import RetrieverQueryEngine

    engine = RetrieverQueryEngine.from_args(news(), llm=MockLLM(), node_postprocessors=[RecencyPostprocessor(now=NOW)])
    response = engine.query("Which refinery did Tidewell halt after a fire?")
    assert "Tidewell halts refinery" in titles(response.source_nodes)


def test_an_old_report_that_answers_is_not_buried_by_fresh_ones(config: Config, ledger: Ledger) -> None:
    embedding, store = hash_embedding(), open_index(config, "hash", 64, create=True)
    report = article(
        "Annual report of Kestrel Robotics", "The auditor of Kestrel Robotics is Palgrave and Sons.", 24 * 400
    )
    fresh = [article(f"Kestrel Robotics item {i}", f"Kestrel Robotics opened plant {i}.", i + 1) for i in range(9)]
    stories = [report, *fresh]
    ledger.news.put(stories)
    nodes = [node for story in stories for node in article_nodes(story)]
    for node in nodes:
        node.embedding = embedding.get_text_embedding(node.get_content())
    store.add(nodes)

    def search(text: str) -> list[str]:
        return titles(search_news(store, embedding, ledger, text, NOW).nodes)

    assert report.title in search("Who is the auditor of Kestrel Robotics?")
    assert report.title not in search("Any news on Kestrel Robotics?")


def test_quotes_come_as_nodes_whose_text_code_wrote(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [100.0, 102.5])
    retriever = QuoteRetriever(ledger, Vocabulary({}, ["KSTL"], {"KSTL"}), NOW)
    [node] = retriever.retrieve("What did KSTL close at, and why?")
    assert "closed at 102.50 USD on Fri 27 Feb 2026" in node.get_content()
    assert node.metadata["kind"] == "quote"
