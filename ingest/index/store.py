"""The vector store: a LlamaIndex `BasePydanticVectorStore` over one LanceDB table. The only file that knows LanceDB."""

import json
import logging
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

import lancedb
import pyarrow as pa  # type: ignore[import-untyped]
from lancedb.index import FTS, Bitmap, BTree, IvfRq, LabelList
from lancedb.query import MatchQuery
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode, TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from ingest.config import Config
from ingest.errors import ConfigError, EmbeddingMismatch, StoreError, StoreMissing, StoreVersion
from ingest.index import has_index
from ingest.index.filters import among, predicate
from ingest.index.generations import adopt, current, folder, following, sweep
from ingest.index.rows import document, left_over, to_node, to_row

SCHEMA = 1  # of the table below: another number is refused
COMMITS = 32  # each leaves a version and a piece of the table behind, until they are merged
KEEP = timedelta(minutes=10)  # old versions live this long, for readers in the middle of a query
# Rows that the indices have not seen yet are found by scanning them (10,000: 77 ms for full text, against 4 ms). A
# tenth of the store may wait, but at least and at most this many rows:
SHARE, LEAST, MOST = 0.1, 2_000, 10_000
# From so many nodes on the vectors have an index of their own, which finds `CANDIDATES` to compare exactly. All of its
# `PARTS` are looked into: with fewer it silently loses matches as soon as a filter is set, and saves next to nothing.
INDEXED, PARTS, CANDIDATES = 50_000, 128, 1_000

_INDICES = {
    "id": BTree(),
    "doc_id": BTree(),
    "published": BTree(),
    "known_from": BTree(),
    "symbols": LabelList(),
    "kind": Bitmap(),
    "text": FTS(),
}
_RESULT = ["id", "node_json"]
_log = logging.getLogger(__name__)


class LanceStore(BasePydanticVectorStore):
    """Nodes with their vectors, full text and the columns that filters use (see `filters`).

    Queries are dense (cosine, `DEFAULT`) or full text (`TEXT_SEARCH`); all are exact, but for dense ones in a store of
    `INDEXED` nodes or more. Made by `open_index`.
    """

    _in_use: Callable[[], Any] = PrivateAttr()

    def __init__(self, in_use: Callable[[], Any]) -> None:
        super().__init__(stores_text=True)
        self._in_use = in_use

    @property
    def _table(self) -> Any:
        return self._in_use()

    @classmethod
    def class_name(cls) -> str:
        return "LanceStore"

    @property
    def client(self) -> Any:
        return self._table

    # Writing

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        """Inserts `nodes` or replaces those of the same id, in one commit; then drops the chunks that a shrunken
        document has left over. The cost does not depend on the size of the store."""
        if not nodes:
            return []
        rows = [to_row(n) for n in nodes]
        with _failing("written"):
            before = self._table.version
            merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(pa.Table.from_pylist(rows, schema=self._table.schema))
            self._delete(left_over(nodes))
            self._maintain(before)
        return [n.node_id for n in nodes]

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        with _failing("written"):
            self._delete(among("doc_id", [ref_doc_id]))

    def delete_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **_: Any) -> None:
        condition = predicate(filters, node_ids)
        if condition is None:
            raise ConfigError("delete_nodes needs ids or filters", "use clear() to delete all nodes")
        with _failing("written"):
            self._delete(condition)

    def clear(self) -> None:
        with _failing("written"):
            self._delete("true")

    def delete_documents(self, documents: Iterable[str]) -> None:
        wanted = iter(documents)
        with _failing("written"):
            while some := list(islice(wanted, 1_000)):
                self._delete(among("doc_id", some))

    def _delete(self, condition: str | None) -> None:
        # A delete that matches nothing would still commit a version.
        if condition and self._table.count_rows(condition):
            self._table.delete(condition)

    def _maintain(self, before: int) -> None:
        """Merges pieces, extends the indices and drops old versions once enough has gathered since version `before`
        or earlier. That is work in proportion to the store: done this seldom, it adds little to each write's cost."""
        unindexed = self._table.index_stats("text_idx").num_unindexed_rows
        bearable = min(max(LEAST, SHARE * self._table.count_rows()), MOST)
        if unindexed <= bearable and before // COMMITS == self._table.version // COMMITS:
            return
        for _ in range(3):
            try:
                self._table.optimize(cleanup_older_than=KEEP)
                self._index_vectors()
                break
            except (OSError, RuntimeError, ValueError) as error:  # nothing is lost: a later write tries again
                _log.warning("the index was not compacted: %s", error)

    def _index_vectors(self) -> None:
        if self._table.count_rows() >= INDEXED and not any("vector" in i.columns for i in self._table.list_indices()):
            self._table.create_index("vector", config=IvfRq(distance_type="cosine", num_partitions=PARTS))

    # Reading

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """The nodes of these ids that pass `filters`, in the order of `node_ids` where given."""
        condition = predicate(filters, node_ids)
        with _failing("read"):
            found = self._scan(_RESULT, condition)
        nodes = {row["id"]: to_node(row) for row in found}
        return [nodes[i] for i in dict.fromkeys(node_ids) if i in nodes] if node_ids is not None else [*nodes.values()]

    def documents(self) -> dict[str, str]:
        """The id of every document it holds, and of which kind that is."""
        with _failing("read"):
            return {row["doc_id"]: row["kind"] for row in self._scan(["doc_id", "kind"], None)}

    def count(self) -> int:
        """How many nodes there are."""
        with _failing("read"):
            return int(self._table.count_rows())

    def changed(self, nodes: Sequence[TextNode]) -> list[TextNode]:
        """Those of `nodes`, all chunks of their documents, whose document the store does not hold in this very form."""
        wanted: dict[str, dict[str, str]] = defaultdict(dict)
        stored: dict[str, dict[str, str]] = defaultdict(dict)
        for node in nodes:
            wanted[document(node)][node.node_id] = node.hash
        with _failing("read"):
            for row in self._scan(["id", "doc_id", "content_hash"], among("doc_id", list(wanted))):
                stored[row["doc_id"]][row["id"]] = row["content_hash"]
        return [n for n in nodes if stored.get(document(n)) != wanted[document(n)]]

    def _scan(self, columns: list[str], condition: str | None) -> list[dict[str, Any]]:
        query = self._table.search().select(columns)
        return list((query.where(condition) if condition else query).to_list())

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        """The `similarity_top_k` best nodes with their scores: cosine similarity, or BM25 for full text. The words of
        `query_str` are words and never operators."""
        # LlamaIndex's retrievers send an empty list of ids for "any".
        condition = predicate(query.filters, query.node_ids or None, query.doc_ids or None)
        with _failing("read"):
            search, score = self._search(query)
            search = search.select([*_RESULT, score])
            rows = (search.where(condition, prefilter=True) if condition else search).limit(query.similarity_top_k)
            # Copies of one text score the same: by their ids, not by the chance of a parallel scan.
            found = sorted(rows.to_list(), key=lambda r: (r[score] if score == "_distance" else -r[score], r["id"]))
        return VectorStoreQueryResult(
            nodes=[to_node(row) for row in found],
            similarities=[row[score] if score == "_score" else 1 - row[score] for row in found],
            ids=[row["id"] for row in found],
        )

    def _search(self, query: VectorStoreQuery) -> tuple[Any, str]:
        if query.mode == VectorStoreQueryMode.DEFAULT and query.query_embedding is not None:
            dense = self._table.search(query.query_embedding, vector_column_name="vector").distance_type("cosine")
            return dense.nprobes(PARTS).refine_factor(-(-CANDIDATES // max(query.similarity_top_k, 1))), "_distance"
        if query.mode == VectorStoreQueryMode.TEXT_SEARCH and query.query_str is not None:
            words = MatchQuery(query.query_str, "text")  # type: ignore[call-arg]  # its defaults are pydantic's
            return self._table.search(words, query_type="fts"), "_score"
        raise ConfigError(
            f"the index has no answer to a query of mode `{query.mode.value}` in this form",
            "use `default` with query_embedding or `text_search` with query_str",
        )


def open_index(config: Config, embed_name: str, dimension: int | None = None, create: bool = False) -> LanceStore:
    """The index under home, as made by the embedding model `embed_name`; a rebuilt one is followed as soon as it is in
    use, and refused if another model made it.

    `create` (the write side; needs `dimension`) makes it where there is none. Raises `StoreMissing`, `StoreVersion`
    or `EmbeddingMismatch`: vectors of two models cannot be compared, so they are never mixed.
    """
    made_by = _made_by(embed_name, dimension)
    if not has_index(config) and not create:
        raise StoreMissing(f"there is no index under {config.home} yet", "run `bell ingest`")
    if create:
        _make(config, current(config), made_by)
        sweep(config)
    store = LanceStore(_following(config, made_by))
    with _failing("opened"):
        _ = store.client
    return store


def build_beside(config: Config, embed_name: str, dimension: int) -> tuple[LanceStore, Callable[[], None]]:
    """An index beside the one in use, which that does not notice, and how to put it in its place.

    Begins where an earlier call for the same model was cut short; what one for another model left is dropped.
    """
    name, made_by = following(config), _made_by(embed_name, dimension)
    try:
        table = _make(config, name, made_by)
    except StoreError:
        shutil.rmtree(folder(config, name))
        table = _make(config, name, made_by)
    return LanceStore(lambda: table), lambda: adopt(config, name)


def _make(config: Config, name: str, made_by: dict[str, Any]) -> Any:
    """The table `name`, made or completed where that is needed."""
    with _failing("opened"):
        if not folder(config, name).exists():
            _connect(config).create_table(name, schema=_schema(made_by))
        table = _open(config, name, made_by)
        _ensure_indices(table)
    return table


def _following(config: Config, made_by: dict[str, Any]) -> Callable[[], Any]:
    """Gives the table that is in use at each call: opened once, and again after a rebuild."""
    opened: dict[str, Any] = {}

    def in_use() -> Any:
        name = current(config)
        if name not in opened:
            opened[name] = _open(config, name, made_by)
        return opened[name]

    return in_use


def _open(config: Config, name: str, made_by: dict[str, Any]) -> Any:
    table = _connect(config).open_table(name)
    _check(table, made_by)
    return table


def _connect(config: Config) -> Any:
    # Zero: every read looks for what the writer has committed since.
    return lancedb.connect(config.index_path, read_consistency_interval=timedelta(0))


def _made_by(embed_name: str, dimension: int | None) -> dict[str, Any]:
    return {"embedding": embed_name, "dimension": dimension, "schema": SCHEMA}


def _check(table: Any, made_by: dict[str, Any]) -> None:
    stored = json.loads((table.schema.metadata or {}).get(b"made_by", b"{}"))
    if stored.get("schema") != SCHEMA:
        raise StoreVersion(
            f"the index has schema {stored.get('schema')}, this version reads {SCHEMA}", "run `bell reindex`"
        )
    ours = made_by | ({"dimension": stored["dimension"]} if made_by["dimension"] is None else {})
    if stored != ours:
        known = f" ({made_by['dimension']} dimensions)" if made_by["dimension"] else ""
        raise EmbeddingMismatch(
            f"the index was made with {stored['embedding']} ({stored['dimension']} dimensions), "
            f"the configuration names {ours['embedding']}{known}",
            "run `bell reindex`, or set embed_model back",
        )


def _schema(made_by: dict[str, Any]) -> pa.Schema:
    string, time = pa.string(), pa.int64()
    return pa.schema(
        {
            "id": string,
            "doc_id": string,
            "chunk": pa.int32(),
            "text": string,  # what full text searches: the title and the chunk
            "symbols": pa.list_(string),
            "published": time,
            "known_from": time,
            "source": string,
            "kind": string,
            "content_hash": string,
            "node_json": string,
            "vector": pa.list_(pa.float32(), made_by["dimension"]),
        },
        metadata={"made_by": json.dumps(made_by)},
    )


def _ensure_indices(table: Any) -> None:
    """Also completes a table whose maker was killed half-way."""
    present = {column for index in table.list_indices() for column in index.columns}
    for column, index in _INDICES.items():
        if column not in present:
            table.create_index(column, config=index)


@contextmanager
def _failing(done: str) -> Iterator[None]:
    """LanceDB reports with plain built-in errors: one of ours is raised instead."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, pa.ArrowException) as error:
        raise StoreError(f"the index cannot be {done}: {str(error)[:200]}", "run `bell reindex`") from error
