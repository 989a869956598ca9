"""What the ledger's parts share: records out of rows, and the upsert of the two dialects."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table

T = TypeVar("T")
PARAMETERS = 500  # rows a statement: SQLite allows 32,766 variables


def record(kind: type[T], row: Row[Any], **more: Any) -> T:
    """A dataclass out of the columns of `row` that carry its fields' names."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # every caller passes a dataclass
    return kind(**{k: v for k, v in row._mapping.items() if k in known}, **more)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keep: frozenset[str]) -> None:
    """Insert `rows` (all with the same keys); where the primary key exists, overwrite all columns but `keep`."""
    if not rows:
        return
    statement = _insert(connection, table)
    key = [c.name for c in table.primary_key]
    changes = {k: statement.excluded[k] for k in rows[0] if k not in key and k not in keep}
    if changes:
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), list(rows))
    else:
        connection.execute(statement.on_conflict_do_nothing(index_elements=key), list(rows))


def _insert(connection: Connection, table: Table) -> Any:
    if connection.dialect.name == "postgresql":  # each dialect is loaded where it is spoken: start-up counts
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def batches(items: Iterable[T], size: int = PARAMETERS) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
