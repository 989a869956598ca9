"""`bell reindex` builds a whole index beside the one in use, goes on where it was cut short, then takes its place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice, product
from typing import Any, ClassVar

import pytest
from llama_index.core.vector_stores.types import VectorStoreQuery

from ingest import __main__ as write_side
from ingest.errors import EmbeddingMismatch, StoreError
from ingest.index import generations, has_index
from ingest.index.contract import NodeStore
from ingest.index.store import LanceStore, build_beside, open_index
from ingest.types import Article
from tests.conftest import article, hash_embedding
from tests.sizes import REBUILDS
from tests.test_pipeline import LATER, WIRE, Bench, Killed, bench

__all__ = ["bench"]


@pytest.fixture
def ingested(bench: Bench) -> Bench:
    bench.run()
    return bench


@pytest.fixture
def reindex(ingested: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Reindexes with the named model, of which each text is embedded by the same hash."""

    def run(model: str) -> int:
        monkeypatch.setattr(write_side, "load_embedding", lambda _: Counting(model_name=model))
        monkeypatch.setattr(write_side, "embedding_name", lambda _: model)
        Counting.texts = 0
        return write_side.reindex(ingested.config)

    return run


class Counting(type(hash_embedding())):  # type: ignore[misc]
    """Counts what it embeds."""

    texts: ClassVar[int] = 0

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        Counting.texts += len(texts)
        return [self._get_text_embedding(t) for t in texts]


def stories(number: int) -> list[Article]:
    """Each of a word of its own: the hash knows no digits."""
    words = ("".join(letters) for letters in product("bdfgklmnprstvz", "aeiou", "bdfgklmnprstvz", "aeiou"))
    return [article(f"Copper of {word}", f"The mine in {word} opens.") for word in islice(words, number)]


def near(index: NodeStore, text: str) -> list[str]:
    return index.query(VectorStoreQuery(hash_embedding().get_text_embedding(text), similarity_top_k=3)).ids or []


@contextmanager
def killed_at_add(nth: int) -> Iterator[None]:
    real, left = LanceStore.add, [nth]

    def add(self: LanceStore, nodes: Any, **more: Any) -> list[str]:
        left[0] -= 1
        if not left[0]:
            raise Killed
        return real(self, nodes, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LanceStore, "add", add)
        yield


def killed(*_: Any) -> None:
    raise Killed


def test_the_new_index_holds_what_the_old_one_did(ingested: Bench, reindex: Callable[[str], int]) -> None:
    before = ingested.nodes()
    assert reindex("other") == len(before)
    assert {n.node_id: n.get_content() for n in open_index(ingested.config, "other").get_nodes()} == before
    assert generations.current(ingested.config) == "nodes-2"


def test_while_it_is_built_and_after_a_kill_the_old_one_answers(
    ingested: Bench, reindex: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = open_index(ingested.config, "hash")
    before = near(reader, "Apple raises its dividend")
    for nth in (1, 2, 2):
        with killed_at_add(nth), pytest.raises(Killed):
            reindex("other")
        for index in (reader, open_index(ingested.config, "hash")):
            assert near(index, "Apple raises its dividend") == before
        with pytest.raises(EmbeddingMismatch):
            open_index(ingested.config, "other")


def test_it_goes_on_where_it_was_cut_short(
    ingested: Bench, reindex: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.indexing.STEP", 4)
    count = len(ingested.nodes())
    with killed_at_add(4), pytest.raises(Killed):
        reindex("other")
    held = build_beside(ingested.config, "other", 64)[0].count()
    assert 0 < held < Counting.texts < count  # the last step was embedded and not added
    assert reindex("other") == count
    assert Counting.texts == count - held


def test_a_document_is_added_whole_however_long_it_is(
    ingested: Bench, reindex: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, added = LanceStore.add, list[str]()

    def add(self: LanceStore, nodes: Any, **more: Any) -> list[str]:
        added.extend({n.ref_doc_id for n in nodes})
        return real(self, nodes, **more)

    monkeypatch.setattr("ingest.indexing.STEP", 1)
    monkeypatch.setattr(LanceStore, "add", add)
    assert reindex("other") > len(added)
    assert sorted(added) == sorted(open_index(ingested.config, "other").documents())


def test_killed_again_and_again_it_ends_and_the_old_one_answers_throughout(
    ingested: Bench, reindex: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each kill the new one has a document more, and that whole."""
    monkeypatch.setattr("ingest.indexing.STEP", 1)
    ingested.world.feeds[WIRE] = stories(REBUILDS)
    ingested.run(now=LATER)
    before, held = near(open_index(ingested.config, "hash"), "Apple raises its dividend"), []
    nodes: Any = ingested.index.get_nodes()
    for _ in range(REBUILDS):
        with killed_at_add(2), pytest.raises(Killed):
            reindex("other")
        assert near(open_index(ingested.config, "hash"), "Apple raises its dividend") == before
        beside = build_beside(ingested.config, "other", 64)[0]
        held.append(len(beside.documents()))
        assert {n.ref_doc_id for n in beside.changed(nodes)}.isdisjoint(beside.documents())
    assert held == list(range(1, REBUILDS + 1))
    assert reindex("other") == len(nodes)
    assert near(open_index(ingested.config, "other"), "Apple raises its dividend") == before


def test_what_another_model_left_half_built_is_dropped(
    ingested: Bench, reindex: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_at_add(2), pytest.raises(Killed):
        reindex("third")
    count = len(ingested.nodes())
    assert reindex("other") == Counting.texts == count


def test_a_reader_follows_an_index_of_its_model_and_refuses_one_of_another(
    ingested: Bench, reindex: Callable[[str], int]
) -> None:
    reader = open_index(ingested.config, "hash")
    reindex("hash")
    ingested.world.feeds[WIRE] = [article("Copper falls")]
    ingested.run(now=LATER)
    assert len(near(reader, "Copper falls")) == 3
    assert reader.get_nodes([near(reader, "Copper falls")[0]])[0].get_content() == "Copper falls"
    reindex("other")
    with pytest.raises(EmbeddingMismatch, match="hash"):
        near(reader, "Copper falls")


def test_a_kill_between_the_change_and_the_marks_costs_nothing(
    ingested: Bench, reindex: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested.ledger.news.put([article("Waits to be indexed")])
    with monkeypatch.context() as patch:
        patch.setattr(type(ingested.ledger.news), "mark_indexed", killed)
        with pytest.raises(Killed):
            reindex("hash")
    assert "Waits to be indexed" in ingested.nodes().values()
    assert ingested.run(now=LATER).indexed == 0
    assert ingested.ledger.news.unindexed_ids() == set()


def test_an_ingest_after_a_cut_short_rebuild_writes_to_the_index_in_use(
    ingested: Bench, reindex: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_at_add(2), pytest.raises(Killed):
        reindex("other")
    ingested.world.feeds[WIRE] = [article("Copper falls")]
    assert ingested.run(now=LATER).indexed == 1
    assert "Copper falls" in ingested.nodes().values()
    reindex("other")
    assert "Copper falls" in {n.get_content() for n in open_index(ingested.config, "other").get_nodes()}


def test_what_is_no_longer_in_the_ledger_is_not_in_a_rebuilt_index(
    ingested: Bench, reindex: Callable[[str], int]
) -> None:
    index = build_beside(ingested.config, "other", 64)[0]
    [node] = ingested.index.get_nodes(["AAPL:now"])
    index.add([node.model_copy(update={"id_": "GONE:now", "relationships": {}, "embedding": [0.1] * 64})])
    reindex("other")
    assert "GONE:now" not in open_index(ingested.config, "other").documents()


def test_the_next_writer_deletes_what_is_no_longer_used(ingested: Bench, reindex: Callable[[str], int]) -> None:
    for model in ("hash", "hash"):
        reindex(model)
    ingested.world.feeds[WIRE] = [article("Copper falls")]
    ingested.run(now=LATER + timedelta(days=1))
    assert sorted(p.name for p in ingested.config.index_path.glob("*.lance")) == ["nodes-3.lance"]


def test_a_damaged_index_is_rebuilt(ingested: Bench, reindex: Callable[[str], int]) -> None:
    count = len(ingested.nodes())
    for manifest in (ingested.config.index_path / "nodes.lance" / "_versions").iterdir():
        manifest.write_bytes(b"damaged")
    with pytest.raises(StoreError, match="bell reindex"):
        open_index(ingested.config, "hash")
    assert reindex("hash") == count
    assert open_index(ingested.config, "hash").count() == count


@pytest.mark.parametrize("text", ["", "nodes-x", "../elsewhere", "nodes-2\n", "\xff"])
def test_a_pointer_that_names_nothing_is_as_if_there_were_none(ingested: Bench, text: str) -> None:
    (ingested.config.index_path / "current").write_text(text, encoding="latin-1")
    assert generations.current(ingested.config) == "nodes"
    assert has_index(ingested.config)
