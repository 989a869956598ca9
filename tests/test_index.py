"""The vector store alone and inside plain LlamaIndex: filters, both query modes, upserts, who made it."""

import os
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_index.core import VectorStoreIndex
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode

from ingest.config import Config
from ingest.errors import ConfigError, EmbeddingMismatch, StoreError, StoreMissing, StoreVersion
from ingest.index import contract, has_index, open_index, store
from ingest.index.contract import NodeStore
from ingest.index.filters import epoch, predicate
from tests.conftest import hash_embedding
from tests.postgres import STORES, only_files, stored_in

DIMENSION = 64
INJECTIONS = ["AAPL' OR '1'='1", "O'REILLY", 'A"B', "a\\'b", "%", "x'); DROP TABLE nodes; --"]
ODD_SYMBOLS = [*INJECTIONS, "BRK.B", "^GSPC", "EURUSD=X"]


EMBEDDING = hash_embedding()


def node(id_: str, text: str = "some text", doc: str | None = None, **metadata: Any) -> TextNode:
    return TextNode(
        id_=id_,
        text=text,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        embedding=EMBEDDING.get_text_embedding(text),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=doc)} if doc else {},
    )


def one(key: str, value: Any, operator: str = "==") -> MetadataFilters:
    return MetadataFilters(filters=[MetadataFilter(key=key, value=value, operator=FilterOperator(operator))])


def dense(text: str, filters: MetadataFilters | None = None, k: int = 10, **more: Any) -> VectorStoreQuery:
    return VectorStoreQuery(EMBEDDING.get_text_embedding(text), similarity_top_k=k, filters=filters, **more)


def words(text: str, filters: MetadataFilters | None = None, k: int = 10) -> VectorStoreQuery:
    return VectorStoreQuery(query_str=text, mode=VectorStoreQueryMode.TEXT_SEARCH, similarity_top_k=k, filters=filters)


@pytest.fixture(params=STORES)
def config(config: Config, request: pytest.FixtureRequest) -> Config:
    return stored_in(config, request)


@pytest.fixture
def index(config: Config) -> NodeStore:
    return open_index(config, "hash", DIMENSION, create=True)


@pytest.fixture
def market(index: NodeStore) -> NodeStore:
    index.add(
        [
            node("a:0", "Apple shares rise on strong iPhone sales", "a", symbols=["AAPL"], kind="news", source="Wire",
                 published="2026-02-20T10:00:00+00:00", known_from="2026-02-20T10:05:00+00:00", chunk=0),
            node("b:0", "Microsoft and Apple settle their dispute", "b", symbols=["AAPL", "MSFT"], kind="news",
                 source="O'Reilly", published="2026-02-25T10:00:00+00:00", known_from="2026-02-25T10:00:00+00:00",
                 chunk=0),
            node("AAPL:now", "Apple Inc. (AAPL): 231.40 USD", "AAPL:now", symbols=["AAPL"], kind="quote",
                 source="yahoo", published="2026-02-27T21:00:00+00:00", known_from="2026-02-27T21:00:00+00:00"),
            node("stranger", "A text of someone else's about rates"),
        ]
    )  # fmt: skip
    return index


def ids(index: NodeStore, query: VectorStoreQuery) -> set[str]:
    return set(index.query(query).ids or [])


# Filters


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, {"a:0", "b:0", "AAPL:now", "stranger"}),
        (MetadataFilters(filters=[]), {"a:0", "b:0", "AAPL:now", "stranger"}),
        (one("kind", "news"), {"a:0", "b:0"}),
        (one("source", "O'Reilly"), {"b:0"}),
        (one("id", ["a:0", "nobody"], "in"), {"a:0"}),
        (one("doc_id", [], "in"), set()),
        (one("symbols", ["MSFT", "NVDA"], "any"), {"b:0"}),
        (one("symbols", [], "any"), set()),
        (one("symbols", "AAPL", "contains"), {"a:0", "b:0", "AAPL:now"}),
        (one("symbols", "AAP", "contains"), set()),
        (one("known_from", "2026-02-25T10:00:00Z", "<="), {"a:0", "b:0"}),
        (one("known_from", "2026-02-25T09:59:59Z", "<="), {"a:0"}),
        (one("known_from", epoch("2026-02-25T10:00:00Z"), ">="), {"b:0", "AAPL:now"}),
        (one("published", "2026-02-20T11:00:00+01:00"), {"a:0"}),
        (
            MetadataFilters(
                condition=FilterCondition.OR,
                filters=[
                    one("kind", "quote"),
                    MetadataFilters(
                        condition=FilterCondition.AND,
                        filters=[one("symbols", "AAPL", "contains"), one("published", "2026-02-21", "<=")],
                    ),
                ],
            ),
            {"a:0", "AAPL:now"},
        ),
    ],
)
def test_a_filter_lets_exactly_its_rows_through(
    market: NodeStore, filters: MetadataFilters | None, expected: set[str]
) -> None:
    assert ids(market, dense("apple", filters)) == expected
    assert {n.node_id for n in market.get_nodes(filters=filters)} == expected
    assert ids(market, words("Apple text", filters)) == expected


@pytest.mark.parametrize(
    "filters",
    [
        one("tickers", "AAPL"),
        one("kind = 'news' OR id", "x"),
        one("kind", "news", "!="),
        one("symbols", "AAPL"),
        one("symbols", "AAPL", "any"),
        one("source", [1], "in"),
        one("published", "yesterday", ">="),
        one("published", None, ">="),
        one("published", "2026-02-25", ">"),
        one("text", "apple", "text_match"),
        MetadataFilters(filters=[MetadataFilter(key="kind", value="news")], condition=FilterCondition.NOT),
        MetadataFilters(filters=[MetadataFilters(filters=[])]),
    ],
)
def test_a_filter_that_is_not_understood_is_refused_and_never_ignored(filters: MetadataFilters) -> None:
    with pytest.raises(ConfigError):
        predicate(filters)


@pytest.mark.parametrize("symbol", ODD_SYMBOLS)
def test_a_symbol_is_data_whatever_characters_it_has(index: NodeStore, symbol: str) -> None:
    index.add([node("mine", symbols=[symbol], source=symbol), node("decoy", symbols=["AAPL"], source="AAPL")])
    for filters in (one("symbols", [symbol], "any"), one("symbols", symbol, "contains"), one("source", symbol)):
        assert ids(index, dense("some text", filters)) == {"mine"}
        assert ids(index, words("some text", filters)) == {"mine"}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_finds_itself_and_nothing_else(index: NodeStore, value: str) -> None:
    index.add([node("mine", source=value, symbols=[value]), node("decoy", source=value + "x", symbols=["x" + value])])
    assert {n.node_id for n in index.get_nodes(filters=one("source", value))} == {"mine"}
    assert {n.node_id for n in index.get_nodes(filters=one("symbols", value, "contains"))} == {"mine"}


# Queries


def test_dense_queries_rank_by_cosine_similarity(market: NodeStore) -> None:
    found = market.query(dense("Apple shares rise on strong iPhone sales", k=2))
    assert found.ids is not None
    assert found.similarities is not None
    assert found.ids[0] == "a:0"
    assert found.similarities[0] == pytest.approx(1, abs=1e-3)
    assert len(found.ids) == 2
    assert found.similarities[1] < found.similarities[0]


def test_full_text_ranks_by_words_and_stems(market: NodeStore) -> None:
    found = market.query(words("iPhone sale"))
    assert found.ids == ["a:0"]
    assert found.nodes is not None
    assert found.nodes[0].metadata["source"] == "Wire"


@pytest.mark.parametrize(
    "text", ["Apple AND", '"Apple', "+Apple -shares", "Apple*", "title:Apple", "Apple) OR (", "Apple\x00", "Apple^2 ~"]
)
def test_words_of_a_question_are_never_operators(market: NodeStore, text: str) -> None:
    assert {"a:0", "b:0", "AAPL:now"} <= ids(market, words(text))


@pytest.mark.parametrize("text", ["", "the", "()*", "zzzz"])
def test_a_question_without_a_known_word_finds_nothing(market: NodeStore, text: str) -> None:
    assert ids(market, words(text)) == set()


def test_an_empty_store_finds_nothing(index: NodeStore) -> None:
    assert ids(index, dense("apple")) == ids(index, words("apple")) == set()


@pytest.mark.parametrize(
    "query",
    [
        dense("apple", mode=VectorStoreQueryMode.HYBRID),
        dense("apple", mode=VectorStoreQueryMode.MMR),
        VectorStoreQuery(query_str="apple", mode=VectorStoreQueryMode.DEFAULT),
        VectorStoreQuery(mode=VectorStoreQueryMode.TEXT_SEARCH),
    ],
)
def test_other_modes_are_refused(market: NodeStore, query: VectorStoreQuery) -> None:
    with pytest.raises(ConfigError, match="mode"):
        market.query(query)


def test_ids_and_documents_of_a_query_narrow_it(market: NodeStore) -> None:
    assert ids(market, dense("apple", node_ids=["a:0", "AAPL:now"])) == {"a:0", "AAPL:now"}
    assert ids(market, dense("apple", node_ids=["a:0", "AAPL:now"], doc_ids=["a"])) == {"a:0"}


def test_more_rows_than_a_default_limit_are_read(index: NodeStore) -> None:
    index.add([node(f"n{i}", symbols=["X"]) for i in range(1_200)])
    assert len(index.get_nodes(filters=one("symbols", "X", "contains"))) == 1_200
    assert len(ids(index, dense("some text", k=1_100))) == 1_100


# Writing


def test_adding_again_replaces(index: NodeStore) -> None:
    index.add([node("a:0", "old words", "a"), node("b:0", "other", "b")])
    index.add([node("a:0", "new words", "a")])
    assert [n.get_content() for n in index.get_nodes(["b:0", "a:0"])] == ["other", "new words"]
    assert ids(index, words("old")) == set()
    assert ids(index, words("new")) == {"a:0"}


def test_chunks_left_over_by_a_shrunken_article_go(index: NodeStore) -> None:
    index.add([node(f"{doc}:{n}", doc=doc, chunk=n) for doc in "ab" for n in range(4)])
    index.add([node("a:0", doc="a", chunk=0), node("a:1", doc="a", chunk=1)])
    assert {n.node_id for n in index.get_nodes()} == {"a:0", "a:1", "b:0", "b:1", "b:2", "b:3"}


def test_an_article_may_arrive_in_two_calls(index: NodeStore) -> None:
    index.add([node(f"a:{n}", doc="a", chunk=n) for n in range(4)])
    index.add([node("a:0", "new", doc="a", chunk=0), node("a:1", "new", doc="a", chunk=1)])
    index.add([node("a:2", "new", doc="a", chunk=2)])
    assert {n.node_id: n.get_content() for n in index.get_nodes()} == {"a:0": "new", "a:1": "new", "a:2": "new"}


def test_deleting_by_document_by_id_by_filter_and_all(market: NodeStore) -> None:
    market.delete("a")
    assert {n.node_id for n in market.get_nodes()} == {"b:0", "AAPL:now", "stranger"}
    market.delete_nodes(["stranger"])
    market.delete_nodes(filters=one("kind", "quote"))
    assert {n.node_id for n in market.get_nodes()} == {"b:0"}
    with pytest.raises(ConfigError, match="clear"):
        market.delete_nodes()
    market.clear()
    assert market.get_nodes() == []


def test_a_node_comes_back_as_it_was(market: NodeStore) -> None:
    [found] = market.get_nodes(["b:0"])
    assert found.metadata["symbols"] == ["AAPL", "MSFT"]
    assert found.ref_doc_id == "b"
    assert found.get_content() == "Microsoft and Apple settle their dispute"


def test_a_document_is_changed_unless_all_its_chunks_are_held_as_they_are(index: NodeStore) -> None:
    held = [node("a:0", "one", "a", chunk=0), node("a:1", "two", "a", chunk=1), node("b:0", "three", "b", chunk=0)]
    assert index.changed(held) == held
    index.add(held)
    assert index.changed(held) == []
    shrunken = [node("a:0", "one", "a", chunk=0)]
    assert index.changed([*shrunken, held[2]]) == shrunken
    edited = [held[0], node("a:1", "TWO", "a", chunk=1)]
    assert index.changed(edited) == edited


@only_files
def test_adding_nothing_writes_nothing(market: Any) -> None:
    before = market.client.version
    assert market.add([]) == []
    market.delete("nobody")
    market.delete_nodes(["nobody"])
    assert market.client.version == before


def test_a_node_without_a_vector_is_a_clear_error(index: NodeStore) -> None:
    with pytest.raises(ValueError, match="embedding not set"):
        index.add([TextNode(text="x")])
    with pytest.raises(StoreError, match="cannot be written"):
        index.add([TextNode(text="x", embedding=[1.0, 2.0])])


def test_a_filter_narrows_before_the_best_are_taken(index: NodeStore) -> None:
    index.add([node(f"near{n}", "apple apple apple", symbols=["AAPL"]) for n in range(30)])
    index.add([node("far", "apple and a harvest of pears", symbols=["PEAR"])])
    pears = one("symbols", "PEAR", "contains")
    assert ids(index, dense("apple", pears, k=1)) == ids(index, words("apple", pears, k=1)) == {"far"}


def test_an_undated_article_is_placed_where_it_was_first_seen(index: NodeStore) -> None:
    index.add([node("undated", first_seen="2026-02-25T10:00:00Z", known_from="2026-02-26T10:00:00Z")])
    assert ids(index, dense("some text", one("published", "2026-02-25T10:00:00Z"))) == {"undated"}


@only_files
def test_rows_are_found_before_and_after_the_indices_see_them(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LEAST", 40)
    monkeypatch.setattr(store, "COMMITS", 10**9)
    index = open_index(config, "hash", DIMENSION, create=True)
    unseen = []
    for n in range(60):
        index.add([node(f"n{n}", f"word{n} apple", symbols=[f"S{n}"])])
        unseen.append(index.client.index_stats("text_idx").num_unindexed_rows)
        assert ids(index, words(f"word{n}")) == {f"n{n}"}
    assert max(unseen) > 1  # some were found by scanning
    assert min(unseen[10:]) <= 1  # and the indices did catch up
    assert ids(index, words("word0")) == {"n0"}
    assert ids(index, dense("apple", one("symbols", "S3", "contains"))) == {"n3"}


@only_files
def test_small_writes_leave_few_files(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEEP", timedelta(milliseconds=1))
    index = open_index(config, "hash", DIMENSION, create=True)
    for n in range(6 * store.COMMITS):
        index.add([node(f"n{n % 10}", f"text {n}")])
    assert len(index.client.list_versions()) <= store.COMMITS + 10
    assert sum(len(names) for _, _, names in os.walk(config.index_path)) < 6 * store.COMMITS
    assert len(index.get_nodes()) == 10


@only_files
def test_a_failing_compaction_loses_nothing(
    index: NodeStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "COMMITS", 1)
    tries = []

    def conflict(**_: Any) -> None:
        tries.append(1)
        raise RuntimeError("commit conflict")

    monkeypatch.setattr(index.client, "optimize", conflict)
    index.add([node("a")])
    assert {n.node_id for n in index.get_nodes()} == {"a"}
    assert len(tries) == 3
    assert "not compacted" in caplog.text


def test_a_large_store_indexes_its_vectors_and_loses_nothing_behind_a_narrow_filter(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    if config.database_url:
        pytest.skip("of the store in PostgreSQL tests/test_postgres.py proves it")
    for name, value in {"INDEXED": 1_000, "LEAST": 500, "PARTS": 16, "CANDIDATES": 300}.items():
        monkeypatch.setattr(store, name, value)
    vectors = np.random.default_rng(0).standard_normal((1_200, DIMENSION))
    nodes = [node(f"n{n:04}", symbols=["RARE" if n % 100 == 0 else "HOT"]) for n in range(len(vectors))]
    for made, vector in zip(nodes, vectors, strict=True):
        made.embedding = vector.tolist()
    index = open_index(config, "hash", DIMENSION, create=True)
    index.add(nodes)
    assert any("vector" in found.columns for found in index.client.list_indices())

    def found(filters: MetadataFilters | None) -> list[str]:
        query = VectorStoreQuery(vectors[7].tolist(), similarity_top_k=10, filters=filters)
        return index.query(query).ids or []

    cosines = vectors @ vectors[7] / np.linalg.norm(vectors, axis=1)
    nearest = [f"n{n:04}" for n in np.argsort(-cosines)]
    rare = [n for n in nearest if int(n[1:]) % 100 == 0]
    assert found(one("symbols", "RARE", "contains")) == rare[:10]
    assert found(None)[0] == "n0007"
    assert len({*found(None)} & {*nearest[:10]}) >= 8
    index.add([node("new").model_copy(update={"embedding": vectors[7].tolist()})])
    assert "new" in found(None)[:2]  # also before the index has seen it


# Opening


def test_a_reader_sees_what_the_writer_committed_since(config: Config, index: NodeStore) -> None:
    reader = open_index(config, "hash")
    index.add([node("a", "apple")])
    assert ids(reader, dense("apple")) == ids(reader, words("apple")) == {"a"}


def test_nothing_ingested_yet_is_said(config: Config) -> None:
    assert not has_index(config)
    with pytest.raises(StoreMissing, match="bell ingest"):
        open_index(config, "hash")
    assert not config.index_path.exists()


@pytest.mark.parametrize(("name", "dimension"), [("other", DIMENSION), ("other", None), ("hash", 384)])
def test_another_embedding_model_is_refused_by_name(
    config: Config, index: NodeStore, name: str, dimension: int | None
) -> None:
    with pytest.raises(EmbeddingMismatch, match=f"hash.*{name}.*bell reindex"):
        open_index(config, name, dimension)


def test_another_schema_is_refused(config: Config, index: NodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "SCHEMA", contract.SCHEMA + 1)
    with pytest.raises(StoreVersion, match="bell reindex"):
        open_index(config, "hash")


@only_files
def test_a_table_whose_maker_was_killed_half_way_is_completed(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "_ensure_indices", killed)
        with pytest.raises(KeyboardInterrupt):
            open_index(config, "hash", DIMENSION, create=True)
    index = open_index(config, "hash", DIMENSION, create=True)
    index.add([node("a", "apple")])
    assert ids(index, words("apple")) == {"a"}


# Inside plain LlamaIndex


@pytest.fixture
def plain(market: NodeStore) -> VectorStoreIndex:
    return VectorStoreIndex.from_vector_store(market, embed_model=EMBEDDING)


def test_it_works_as_a_plain_llamaindex_store(plain: VectorStoreIndex) -> None:
    filters = MetadataFilters(filters=[one("symbols", ["AAPL"], "any"), one("kind", "news")])
    found = plain.as_retriever(similarity_top_k=5, filters=filters).retrieve("Apple shares")
    assert [n.node_id for n in found] == ["a:0", "b:0"]
    assert found[0].score is not None
    assert found[0].metadata["source"] == "Wire"
    by_words = plain.as_retriever(vector_store_query_mode="text_search", similarity_top_k=5).retrieve("iPhone")
    assert [n.node_id for n in by_words] == ["a:0"]


def test_plain_llamaindex_writes_and_deletes_through_it(plain: VectorStoreIndex) -> None:
    plain.insert_nodes([TextNode(id_="z:0", text="Nvidia builds chips", metadata={"symbols": ["NVDA"]})])
    retriever = plain.as_retriever(similarity_top_k=9, filters=one("symbols", "NVDA", "contains"))
    assert [n.node_id for n in retriever.retrieve("chips")] == ["z:0"]
    plain.delete_ref_doc("z:0")
    assert retriever.retrieve("chips") == []


@pytest.mark.parametrize("query", [dense, words])
def test_copies_of_one_text_come_in_the_order_of_their_ids(index: NodeStore, query: Any) -> None:
    for copy in ("c", "a", "d", "b"):
        index.add([node(copy, "The same words of a story")])
    assert index.query(query("story of words")).ids == ["a", "b", "c", "d"]
