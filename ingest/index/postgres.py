"""The vector store of a ledger in PostgreSQL: a `NodeStore` over one pgvector table of the same database.

LlamaIndex's own `PGVectorStore` (0.9.0) is not used: it commits by itself, so that an article's chunks and their mark
in the ledger were two commits; its ids are not unique, so that nothing can be replaced; it pastes values into its SQL.
"""

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import MetadataFilters, VectorStoreQuery, VectorStoreQueryResult
from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, delete, func, select, text
from sqlalchemy.exc import DBAPIError

from ingest.config import Config
from ingest.errors import ConfigError, StoreError, StoreMissing
from ingest.index.contract import RESULT, NodeStore, check_maker, in_order, made_by
from ingest.index.filters import condition
from ingest.index.generations import TABLE
from ingest.index.rows import last_chunks, to_node, to_row
from ingest.index.table import Terms, among, are_few, given, make, maker_of, neighbours, nodes_table, put, search
from ingest.ledger.moving import Tally, pages
from ingest.ledger.postgres import alone, engine, has_table
from ingest.ledger.rows import one_commit, reading, writing
from ingest.progress import Progress

BESIDE = "nodes_beside"  # what a rebuild fills


class PostgresStore(NodeStore):
    """Each call is one transaction, or inside `one_commit` a part of that one."""

    _engine: Engine = PrivateAttr()
    _maker: dict[str, Any] = PrivateAttr()
    _name: str = PrivateAttr()

    def __init__(self, engine: Engine, maker: dict[str, Any], name: str = TABLE) -> None:
        super().__init__()
        self._engine, self._maker, self._name = engine, maker, name

    @classmethod
    def class_name(cls) -> str:
        return "PostgresStore"

    @property
    def client(self) -> Engine:
        return self._engine

    # Writing

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        """Inserts `nodes` or replaces those of the same id, and drops the chunks that a shrunken document has left
        over, in one commit."""
        if not nodes:
            return []
        rows = sorted((to_row(n) for n in nodes), key=lambda row: str(row["id"]))  # two that write wait in one order
        with self._writing() as (connection, table):
            put(connection, table, rows)
            behind = last_chunks(nodes).items()
            for which in ((table.c.chunk > chunk) & among(table.c.doc_id, of) for chunk, of in behind):
                connection.execute(delete(table).where(which))
        return [n.node_id for n in nodes]

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        self.delete_documents([ref_doc_id])

    def delete_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **_: Any) -> None:
        with self._writing() as (connection, table):
            which = condition(Terms(table), filters, node_ids)
            if which is None:
                raise ConfigError("delete_nodes needs ids or filters", "use clear() to delete all nodes")
            connection.execute(delete(table).where(which))

    def clear(self) -> None:
        with self._writing() as (connection, table):
            connection.execute(delete(table))

    def delete_documents(self, documents: Iterable[str]) -> None:
        with self._writing() as (connection, table):
            connection.execute(delete(table).where(among(table.c.doc_id, list(documents))))

    @contextmanager
    def one_commit(self) -> Iterator[None]:
        """One transaction with what the ledger's parts write meanwhile; others that index wait for its end."""
        with one_commit(self._engine) as connection:
            alone(connection, "index")
            yield

    # Reading

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        with self._reading() as (connection, table):
            rows = connection.execute(_of(table, RESULT, condition(Terms(table), filters, node_ids))).all()
        return in_order({row.id: to_node({"node_json": row.node_json}) for row in rows}, node_ids)

    def documents(self) -> dict[str, str]:
        with self._reading() as (connection, table):
            return {row.doc_id: row.kind for row in connection.execute(_of(table, ("doc_id", "kind")))}

    @property
    def maker(self) -> dict[str, Any]:
        with self._reading() as (connection, _):
            return maker_of(connection, self._name)

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        with self._reading() as (connection, table):
            yield from pages(connection, _of(table, given(table)))

    def count(self) -> int:
        with self._reading() as (connection, table):
            return connection.scalar(select(func.count()).select_from(table)) or 0

    def _hashes(self, documents: Sequence[str]) -> Iterable[tuple[str, str, str]]:
        with self._reading() as (connection, table):
            query = _of(table, ("doc_id", "id", "content_hash"), among(table.c.doc_id, documents))
            return [(of, name, content_hash) for of, name, content_hash in connection.execute(query)]

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        """The `similarity_top_k` best nodes with their scores: cosine similarity, or the rank of the full text. The
        words of `query_str` are words and never operators; any of them may be met."""
        with self._reading() as (connection, table):
            # LlamaIndex's retrievers send an empty list of ids for "any".
            which = condition(Terms(table), query.filters, query.node_ids or None, query.doc_ids or None)
            found, score = search(table, query)
            best = _of(table, RESULT, which).add_columns(score.label("score")).where(*found)
            exact = found or are_few(connection, table, which)
            order = (score.desc(), table.c.id) if exact else (neighbours(connection, table, query),)
            rows = connection.execute(best.order_by(*order).limit(query.similarity_top_k)).all()
        rows = sorted(rows, key=lambda row: (-row.score, row.id))
        return VectorStoreQueryResult(
            nodes=[to_node({"node_json": row.node_json}) for row in rows],
            similarities=[row.score for row in rows],
            ids=[row.id for row in rows],
        )

    # The table, as it is at each call: a rebuild may have put another in its place

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, Table]]:
        with reading(self._engine) as connection, _failing("read"):
            yield connection, self._table(connection)

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, Table]]:
        with writing(self._engine) as connection, _failing("written"):
            yield connection, self._table(connection)

    def _table(self, connection: Connection) -> Table:
        # Before anything is read: so the table looked at is the one that this transaction sees the rows of.
        connection.execute(text(f"LOCK TABLE {self._name} IN ACCESS SHARE MODE"))
        stored = maker_of(connection, self._name)
        check_maker(stored, self._maker)
        return nodes_table(self._name, json.dumps(stored))


def _of(table: Table, columns: Sequence[str], which: ColumnElement[bool] | None = None) -> Select[Any]:
    query = select(*(table.c[name] for name in columns))
    return query if which is None else query.where(which)


def take_over(connection: Connection, index: NodeStore, progress: Progress) -> int:
    """Copies all nodes of another store into a table made for them, compared when they have arrived; how many."""
    table, left = make(connection, TABLE, index.maker), Tally()
    task = f"moving {index.count()} nodes of the index"
    progress.start(task, index.count())
    for rows in index.rows():
        put(connection, table, rows)
        left.add(map(_exactly, rows))
        progress.advance(task, len(rows))
    left.compare(TABLE, (map(_exactly, page) for page in pages(connection, _of(table, given(table)))))
    progress.finish(task)
    return left.rows


def _exactly(row: dict[str, Any]) -> dict[str, Any]:
    """With its vector in the 32 bits a number that both stores keep: as text, one number is written in several ways."""
    return row | {"vector": array("f", row["vector"]).tobytes().hex()}


# Opening ---------------------------------------------------------------------------------------------------------


def open_index(config: Config, embed_name: str, dimension: int | None = None, create: bool = False) -> PostgresStore:
    """As `ingest.index.open_index`."""
    server, maker = engine(config), made_by(embed_name, dimension)
    if create and not has_table(config, TABLE):
        with writing(server) as connection:
            alone(connection, "index")
            make(connection, TABLE, maker)
    store = PostgresStore(server, maker)
    try:
        with store._reading():
            return store
    except StoreMissing:
        raise StoreMissing(f"there is no index {config.place} yet", "run `bell ingest`") from None


def build_beside(config: Config, embed_name: str, dimension: int) -> tuple[PostgresStore, Callable[[], None]]:
    """As `ingest.index.build_beside`."""
    server, maker = engine(config), made_by(embed_name, dimension)
    with writing(server) as connection:
        alone(connection, "index")
        if maker_of(connection, BESIDE) not in ({}, maker):
            connection.execute(text(f"DROP TABLE {BESIDE}"))
        make(connection, BESIDE, maker)

    def put_in_place() -> None:
        with writing(server) as connection:
            connection.execute(text(f"DROP TABLE IF EXISTS {TABLE}"))
            connection.execute(text(f"ALTER TABLE {BESIDE} RENAME TO {TABLE}"))
        store._name = TABLE

    store = PostgresStore(server, maker, BESIDE)
    return store, put_in_place


@contextmanager
def _failing(done: str) -> Iterator[None]:
    """What the server refuses because of what the index is asked for; all else is told as the ledger's."""
    try:
        yield
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None))
        if state == "42P01":
            raise StoreMissing("there is no index yet", "run `bell ingest`") from error
        if state.startswith("22"):
            said, _, _ = str(error.orig).partition("\n")
            raise StoreError(f"the index cannot be {done}: {said}", "run `bell reindex`") from error
        raise
