"""A new index that does not find what it holds is not put in use, and says so; the one before goes on answering."""

from collections.abc import Callable
from typing import Any

import pytest

from ingest import __main__ as write_side
from ingest.config import Config
from ingest.errors import StoreError
from ingest.index import build_beside, generations, open_index
from ingest.index.contract import NodeStore
from ingest.indexing import Indexer
from ingest.ledger import Ledger
from ingest.recall import ASKED, FIRST, check_recall
from tests.conftest import NOW, article, hash_embedding
from tests.sizes import RECALL_STORIES
from tests.test_pipeline import LATER, WIRE, Bench, bench
from tests.test_reindex import near, stories

__all__ = ["bench"]

Hash: Any = type(hash_embedding())


class AllAlike(Hash):  # type: ignore[misc]
    """Tells no two texts apart."""

    def _get_text_embedding(self, _: str) -> list[float]:
        return [1.0, *[0.0] * 63]


class OtherQueries(Hash):  # type: ignore[misc]
    """Embeds questions in another space than texts."""

    def _get_query_embedding(self, query: str) -> list[float]:
        mirrored: list[float] = self._get_text_embedding(query)[::-1]
        return mirrored


@pytest.fixture
def ingested(bench: Bench) -> Bench:
    bench.world.feeds[WIRE] = stories(60)
    bench.run()
    return bench


def reindex(bench: Bench, monkeypatch: pytest.MonkeyPatch, embedding: Any) -> int:
    monkeypatch.setattr(write_side, "load_embedding", lambda _: embedding)
    monkeypatch.setattr(write_side, "embedding_name", lambda _: "other")
    return write_side.reindex(bench.config)


@pytest.mark.parametrize("model", [AllAlike, OtherQueries])
def test_a_model_that_finds_nothing_again_does_not_take_over(
    ingested: Bench, monkeypatch: pytest.MonkeyPatch, model: Callable[..., Any]
) -> None:
    reader, name = open_index(ingested.config, "hash"), generations.current(ingested.config)
    before = near(reader, "Copper of bagu")
    said = r"of 50 stored articles it finds \d+ by .* at least 45 are needed; the one in use stays"
    with pytest.raises(StoreError, match=said) as refused:
        reindex(ingested, monkeypatch, model(model_name="other"))
    assert refused.value.exit_code == 1
    assert generations.current(ingested.config) == name
    assert near(reader, "Copper of bagu") == before
    assert ingested.run(now=LATER).indexed == 0
    reindex(ingested, monkeypatch, hash_embedding())
    assert near(open_index(ingested.config, "other"), "Copper of bagu") == before  # nothing is left of what failed


def test_what_outlets_print_under_one_title_stands_for_each_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.world.feeds[WIRE] = [article("Copper falls", source=f"Outlet {n}") for n in range(3 * FIRST)]
    bench.run()
    count = len(bench.nodes())
    assert reindex(bench, monkeypatch, hash_embedding()) == count


def test_a_store_without_news_is_rebuilt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run("quotes")
    count = len(bench.nodes())
    assert reindex(bench, monkeypatch, hash_embedding()) == count


@pytest.fixture
def many(ledger: Ledger, config: Config) -> NodeStore:
    """An index of many stories, not yet in use."""
    ledger.news.put(stories(RECALL_STORIES))
    index = build_beside(config, "other", 64)[0]
    Indexer(ledger, hash_embedding, lambda _: index).fill(index, hash_embedding(), NOW)
    return index


@pytest.mark.parametrize(("lost", "enough"), [(0, True), (ASKED // 10, True), (ASKED // 10 + 1, False)])
def test_more_than_a_tenth_lost_is_too_much(
    many: NodeStore, ledger: Ledger, lost: int, enough: bool, record_property: Callable[[str, object], None]
) -> None:
    asked = [a.id for a in next(ledger.news.pages(ASKED))]
    many.delete_documents(asked[:lost])
    count = many.count()
    if enough:
        check_recall(ledger.news, many, hash_embedding())
        assert many.count() == count
    else:
        with pytest.raises(StoreError, match=f"finds {ASKED - lost} by"):
            check_recall(ledger.news, many, hash_embedding())
        assert many.count() == 0
    record_property("stories", RECALL_STORIES)
