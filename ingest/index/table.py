"""The table of nodes in PostgreSQL: its columns and indices, who made it, and how a question becomes SQL."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Computed,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, REGCONFIG, TSQUERY, TSVECTOR, insert
from sqlalchemy.exc import DBAPIError

from ingest.errors import StoreError
from ingest.index.contract import check_maker, no_answer

LANGUAGE = "english"
FEW = 50_000  # nodes that are all compared; of more, the nearest are looked up in an index of neighbours
LOOKED_AT = 200  # candidates at a time
_INDEXABLE = 2_000  # numbers of a vector that an index of neighbours takes
_IN_PAGE = 1_500  # numbers of a vector that, with the rest of its row, fit a page of the server's
_INDICES = ("(doc_id)", "(published)", "USING gin (symbols)", "USING gin (words)")


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


def make(connection: Connection, name: str, maker: dict[str, Any]) -> Table:
    """The table `name`, made where there is none. Raises `EmbeddingMismatch` where another model's is."""
    table = nodes_table(name, json.dumps(maker))
    if stored := maker_of(connection, name):
        check_maker(stored, maker)
        return table
    _have_pgvector(connection)
    table.create(connection)
    neighbours = ["USING hnsw (vector vector_cosine_ops)"] if maker["dimension"] <= _INDEXABLE else []
    for index in (*_INDICES, *neighbours):  # the server names them, so that a rebuilt table's never meet
        connection.execute(text(f"CREATE INDEX ON {name} {index}"))
    # What is looked at in row after row is to lie in the row, and not elsewhere.
    for column, storage in (("words", "MAIN"), ("vector", "PLAIN" if maker["dimension"] <= _IN_PAGE else "EXTERNAL")):
        connection.execute(text(f"ALTER TABLE {name} ALTER COLUMN {column} SET STORAGE {storage}"))
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


def maker_of(connection: Connection, name: str) -> dict[str, Any]:
    """Who made the table, kept as its comment; nothing where there is none."""
    query = text("SELECT obj_description(to_regclass(:name), 'pg_class')")
    return cast("dict[str, Any]", json.loads(connection.scalar(query, {"name": name}) or "{}"))


def given(table: Table) -> list[str]:
    """The columns that `to_row` fills."""
    return [column.name for column in table.c if not column.computed]


def put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows as `to_row` makes them, or replaces those of the same id."""
    statement = insert(table)
    changes = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes), list(rows))


# Questions -------------------------------------------------------------------------------------------------------


class Terms:
    """`filters.Terms` in SQLAlchemy's expressions: values are parameters."""

    def __init__(self, table: Table) -> None:
        self._columns = table.c

    def among(self, column: str, values: Sequence[str]) -> ColumnElement[bool]:
        return among(self._columns[column], values)

    def overlaps(self, column: str, values: Sequence[str]) -> ColumnElement[bool]:
        return cast("ColumnElement[bool]", self._columns[column].overlap(list(values)))

    def compares(self, column: str, operator: str, value: int) -> ColumnElement[bool]:
        return self._columns[column].bool_op(operator)(value)

    def joined(self, parts: Sequence[ColumnElement[bool]], word: str) -> ColumnElement[bool]:
        return and_(*parts) if word == "and" else or_(*parts)


def among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """One parameter, however many values there are: a statement has room for 65,535."""
    return column == any_(literal(list(values), ARRAY(Text)))


def search(table: Table, query: VectorStoreQuery) -> tuple[list[ColumnElement[bool]], ColumnElement[float]]:
    """What a node has to meet, and by what it is ranked: all that meet it are compared."""
    if query.mode == VectorStoreQueryMode.DEFAULT and query.query_embedding is not None:
        return [], 1 - table.c.vector.cosine_distance(query.query_embedding)
    if query.mode == VectorStoreQueryMode.TEXT_SEARCH and query.query_str is not None:
        every = func.plainto_tsquery(literal(LANGUAGE).cast(REGCONFIG), query.query_str)
        some = func.replace(every.cast(Text), " & ", " | ").cast(TSQUERY)
        return [table.c.words.bool_op("@@")(some)], func.ts_rank(table.c.words, some, 1)  # 1: a long text is no better
    raise no_answer(query)


def are_few(connection: Connection, table: Table, which: ColumnElement[bool] | None) -> bool:
    """Whether a condition leaves so few nodes that all of them are compared. Of a table that the server counts as
    small, or has not counted yet, any does."""
    counted = connection.scalar(
        text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)"), {"name": table.name}
    )
    if (counted or 0) <= FEW:
        return True
    some = select(table.c.id).where(true() if which is None else which).limit(FEW + 1)
    return (connection.scalar(select(func.count()).select_from(some.subquery())) or 0) <= FEW


def neighbours(connection: Connection, table: Table, query: VectorStoreQuery) -> ColumnElement[float]:
    """What to order by so that the index of neighbours is asked, which goes on until enough of them pass the filter."""
    for setting in ("hnsw.iterative_scan = strict_order", f"hnsw.ef_search = {LOOKED_AT}"):
        connection.execute(text(f"SET LOCAL {setting}"))
    distance: ColumnElement[float] = table.c.vector.cosine_distance(query.query_embedding)
    return distance
