"""The vector store of a ledger in PostgreSQL: a `NodeStore` over one pgvector table of the same database.

LlamaIndex's own `PGVectorStore` (0.9.0) is not used: it commits by itself, so that an article's chunks and their mark
in the ledger were two commits; its ids are not unique, so that nothing can be replaced; it pastes values into its SQL.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Computed,
    Connection,
    Engine,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR, insert, plainto_tsquery
from sqlalchemy.exc import DBAPIError

from ingest.config import Config
from ingest.errors import ConfigError, StoreError, StoreMissing
from ingest.index.contract import RESULT, NodeStore, check_maker, in_order, made_by, no_answer
from ingest.index.filters import condition
from ingest.index.rows import last_chunks, to_node, to_row
from ingest.ledger.postgres import alone, engine
from ingest.ledger.rows import batches, one_commit, reading, writing

TABLE, BESIDE = "nodes", "nodes_beside"  # in use, and what a rebuild fills
LANGUAGE = "english"
_IN_PAGE = 1_500  # numbers of a vector that, with the rest of its row, fit a page of the server's

_INDICES = ("(doc_id)", "(published)", "USING gin (symbols)", "USING gin (words)")


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
            for which in ((table.c.chunk > chunk) & table.c.doc_id.in_(of) for chunk, of in behind):
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
            for some in batches(documents):
                connection.execute(delete(table).where(table.c.doc_id.in_(some)))

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

    def count(self) -> int:
        with self._reading() as (connection, table):
            return connection.scalar(select(func.count()).select_from(table)) or 0

    def _hashes(self, documents: Sequence[str]) -> Iterable[tuple[str, str, str]]:
        with self._reading() as (connection, table):
            query = _of(table, ("doc_id", "id", "content_hash"), table.c.doc_id.in_(documents))
            return [(of, name, content_hash) for of, name, content_hash in connection.execute(query)]

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        """The `similarity_top_k` best nodes with their scores: cosine similarity, or the rank of the full text. The
        words of `query_str` are words and never operators; any of them may be met."""
        with self._reading() as (connection, table):
            # LlamaIndex's retrievers send an empty list of ids for "any".
            which = condition(Terms(table), query.filters, query.node_ids or None, query.doc_ids or None)
            found, score = _search(table, query)
            best = _of(table, RESULT, which).add_columns(score.label("score")).where(*found)
            best = best.order_by(score.desc(), table.c.id).limit(query.similarity_top_k)
            rows = connection.execute(best).all()
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
        stored = _maker(connection, self._name)
        check_maker(stored, self._maker)
        return nodes_table(self._name, json.dumps(stored))


class Terms:
    """`filters.Terms` in SQLAlchemy's expressions: values are parameters."""

    def __init__(self, table: Table) -> None:
        self._columns = table.c

    def among(self, column: str, values: Sequence[str]) -> ColumnElement[bool]:
        return self._columns[column].in_(values) if values else false()

    def overlaps(self, column: str, values: Sequence[str]) -> ColumnElement[bool]:
        return cast("ColumnElement[bool]", self._columns[column].overlap(list(values)))

    def compares(self, column: str, operator: str, value: int) -> ColumnElement[bool]:
        return self._columns[column].bool_op(operator)(value)

    def joined(self, parts: Sequence[ColumnElement[bool]], word: str) -> ColumnElement[bool]:
        return and_(*parts) if word == "and" else or_(*parts)


def _of(table: Table, columns: Sequence[str], which: ColumnElement[bool] | None = None) -> Select[Any]:
    query = select(*(table.c[name] for name in columns))
    return query if which is None else query.where(which)


def _search(table: Table, query: VectorStoreQuery) -> tuple[list[ColumnElement[bool]], ColumnElement[float]]:
    """What a node has to meet, and by what it is ranked."""
    if query.mode == VectorStoreQueryMode.DEFAULT and query.query_embedding is not None:
        return [], 1 - table.c.vector.cosine_distance(query.query_embedding)
    if query.mode == VectorStoreQueryMode.TEXT_SEARCH and query.query_str is not None:
        every = plainto_tsquery(LANGUAGE, query.query_str)
        some = func.replace(every.cast(Text), " & ", " | ").cast(TSQUERY)
        return [table.c.words.bool_op("@@")(some)], func.ts_rank(table.c.words, some, 1)  # 1: a long text is no better
    raise no_answer(query)


def put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows as `to_row` makes them, or replaces those of the same id."""
    statement = insert(table)
    changes = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes), list(rows))


# Opening ---------------------------------------------------------------------------------------------------------


def open_index(config: Config, embed_name: str, dimension: int | None = None, create: bool = False) -> PostgresStore:
    """As `ingest.index.open_index`."""
    server, maker = engine(config), made_by(embed_name, dimension)
    if create:
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
        if _maker(connection, BESIDE) not in ({}, maker):
            connection.execute(text(f"DROP TABLE {BESIDE}"))
        make(connection, BESIDE, maker)

    def put_in_place() -> None:
        with writing(server) as connection:
            connection.execute(text(f"DROP TABLE IF EXISTS {TABLE}"))
            connection.execute(text(f"ALTER TABLE {BESIDE} RENAME TO {TABLE}"))
        store._name = TABLE

    store = PostgresStore(server, maker, BESIDE)
    return store, put_in_place


def make(connection: Connection, name: str, maker: dict[str, Any]) -> Table:
    """The table `name`, made where there is none."""
    table = nodes_table(name, json.dumps(maker))
    if not _maker(connection, name):
        _have_pgvector(connection)
        table.create(connection)
        for index in _INDICES:  # the server names them, so that a rebuilt table's never meet
            connection.execute(text(f"CREATE INDEX ON {name} {index}"))
        if maker["dimension"] <= _IN_PAGE:  # else each comparison would fetch the vector from elsewhere
            connection.execute(text(f"ALTER TABLE {name} ALTER COLUMN vector SET STORAGE PLAIN"))
    return table


def _have_pgvector(connection: Connection) -> None:
    if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'vector'")):
        return
    try:
        connection.execute(text("CREATE EXTENSION vector"))
    except DBAPIError as error:
        raise StoreError(
            "the database has no pgvector, and this user cannot add it",
            "install pgvector on the server and run `CREATE EXTENSION vector` in the database as its administrator",
        ) from error


def _maker(connection: Connection, name: str) -> dict[str, Any]:
    """Who made the table, kept as its comment; nothing where there is none."""
    query = text("SELECT obj_description(to_regclass(:name), 'pg_class')")
    return cast("dict[str, Any]", json.loads(connection.scalar(query, {"name": name}) or "{}"))


@cache
def nodes_table(name: str, maker: str) -> Table:
    words = Computed(f"to_tsvector('{LANGUAGE}', text)", persisted=True)
    return Table(
        name,
        MetaData(),
        Column("id", Text, primary_key=True),
        Column("doc_id", Text, nullable=False),
        Column("chunk", Integer, nullable=False),
        Column("text", Text, nullable=False),  # what full text searches: the title and the chunk
        Column("symbols", ARRAY(Text), nullable=False),
        Column("published", BigInteger),
        Column("known_from", BigInteger),
        Column("source", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("content_hash", Text, nullable=False),
        Column("node_json", Text, nullable=False),
        Column("vector", VECTOR(json.loads(maker)["dimension"]), nullable=False),
        Column("words", TSVECTOR, words),
        comment=maker,
    )


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
