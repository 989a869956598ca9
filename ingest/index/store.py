"""The vector store of an embedded ledger: a `NodeStore` over one LanceDB table. The only file that knows LanceDB."""

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from itertools import islice
from typing import Any

import lancedb
import pyarrow as pa  # type: ignore[import-untyped]
from lancedb.index import FTS, Bitmap, BTree, IvfRq, LabelList
from lancedb.query import MatchQuery
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from ingest.config import Config
from ingest.errors import ConfigError, StoreError, StoreMissing
from ingest.index import has_index
from ingest.index.contract import RESULT, NodeStore, check_maker, in_order, made_by, no_answer
from ingest.index.filters import LanceSql, predicate
from ingest.index.generations import adopt, current, folder, following, sweep
from ingest.index.rows import last_chunks, to_node, to_row

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
_SQL = LanceSql()
_log = logging.getLogger(__name__)


class LanceStore(NodeStore):
    """A `NodeStore` over LanceDB; a dense query is exact below `INDEXED` nodes."""

    _in_use: Callable[[], Any] = PrivateAttr()

    def __init__(self, in_use: Callable[[], Any]) -> None:
        super().__init__()
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
            done = merge.execute(pa.Table.from_pylist(rows, schema=self._table.schema))
            if done.num_updated_rows:  # else none of their documents was there, to have shrunk
                self._delete(_left_over(nodes))
            self._maintain(before)
        return [n.node_id for n in nodes]

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        with _failing("written"):
            self._delete(_SQL.among("doc_id", [ref_doc_id]))

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
                self._delete(_SQL.among("doc_id", some))

    def one_commit(self) -> AbstractContextManager[None]:
        """Nothing to do: the ledger is another store, and told last."""
        return nullcontext()

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
        condition = predicate(filters, node_ids)
        with _failing("read"):
            found = self._scan([*RESULT], condition)
        return in_order({row["id"]: to_node(row) for row in found}, node_ids)

    def documents(self) -> dict[str, str]:
        with _failing("read"):
            return {row["doc_id"]: row["kind"] for row in self._scan(["doc_id", "kind"], None)}

    @property
    def maker(self) -> dict[str, Any]:
        return _maker(self._table)

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        with _failing("read"):
            for batch in self._table.search().to_batches(batch_size=1_000):
                yield batch.to_pylist()

    def count(self) -> int:
        with _failing("read"):
            return int(self._table.count_rows())

    def _hashes(self, documents: Sequence[str]) -> Iterable[tuple[str, str, str]]:
        with _failing("read"):
            found = self._scan(["id", "doc_id", "content_hash"], _SQL.among("doc_id", documents))
        return ((row["doc_id"], row["id"], row["content_hash"]) for row in found)

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
            search = search.select([*RESULT, score])
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
        raise no_answer(query)


def _left_over(nodes: Sequence[BaseNode]) -> str | None:
    behind = last_chunks(nodes).items()
    return " OR ".join(f"(chunk > {chunk} AND {_SQL.among('doc_id', of)})" for chunk, of in behind) or None


def open_index(config: Config, embed_name: str, dimension: int | None = None, create: bool = False) -> LanceStore:
    """As `ingest.index.open_index`."""
    maker = made_by(embed_name, dimension)
    if not has_index(config) and not create:
        raise StoreMissing(f"there is no index {config.place} yet", "run `bell ingest`")
    if create:
        _make(config, current(config), maker)
        sweep(config)
    store = LanceStore(_following(config, maker))
    with _failing("opened"):
        _ = store.client
    return store


def build_beside(config: Config, embed_name: str, dimension: int) -> tuple[LanceStore, Callable[[], None]]:
    """As `ingest.index.build_beside`."""
    name, maker = following(config), made_by(embed_name, dimension)
    try:
        table = _make(config, name, maker)
    except StoreError:
        shutil.rmtree(folder(config, name))
        table = _make(config, name, maker)
    return LanceStore(lambda: table), lambda: adopt(config, name)


def _make(config: Config, name: str, maker: dict[str, Any]) -> Any:
    """The table `name`, made or completed where that is needed."""
    with _failing("opened"):
        if not folder(config, name).exists():
            _connect(config).create_table(name, schema=_schema(maker))
        table = _open(config, name, maker)
        _ensure_indices(table)
    return table


def _following(config: Config, maker: dict[str, Any]) -> Callable[[], Any]:
    """Gives the table that is in use at each call: opened once, and again after a rebuild."""
    opened: dict[str, Any] = {}

    def in_use() -> Any:
        name = current(config)
        if name not in opened:
            opened[name] = _open(config, name, maker)
        return opened[name]

    return in_use


def _open(config: Config, name: str, maker: dict[str, Any]) -> Any:
    table = _connect(config).open_table(name)
    check_maker(_maker(table), maker)
    return table


def _maker(table: Any) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads((table.schema.metadata or {}).get(b"made_by", b"{}"))
    return stored


def _connect(config: Config) -> Any:
    # Zero: every read looks for what the writer has committed since.
    return lancedb.connect(config.index_path, read_consistency_interval=timedelta(0))


def _schema(maker: dict[str, Any]) -> pa.Schema:
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
            "vector": pa.list_(pa.float32(), maker["dimension"]),
        },
        metadata={"made_by": json.dumps(maker)},
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
