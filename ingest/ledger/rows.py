"""What the ledger's parts share: reading and writing with errors of ours, records out of rows, the upsert."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Table
from sqlalchemy.exc import DBAPIError

from ingest.errors import BellError, StoreDamaged, StoreError
from ingest.ledger import postgres
from ingest.ledger.seals import sealed, verified

T = TypeVar("T")
PARAMETERS = 500  # rows a statement: SQLite allows 32,766 variables

UNREADABLE = (ValueError, TypeError, OverflowError)  # what a value that was changed on the disk may raise
_FIXES = {
    "SQLITE_FULL": "make room on the disk; all that was reported as stored is there",
    "SQLITE_IOERR": "look at the disk; all that was reported as stored is there",
    "SQLITE_BUSY": "another process is writing: try again",
    "SQLITE_READONLY": "correct the permissions of the data folder",
    "SQLITE_CANTOPEN": "correct the permissions of the data folder",
}
_open: ContextVar[Connection | None] = ContextVar("open", default=None)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection whose rows are fetched inside, all as of one instant. Raises `StoreDamaged` where a value cannot be
    what was written."""
    with failing():
        try:
            with engine.connect() as connection:
                yield _held_still(connection)
        except UNREADABLE as error:
            raise StoreDamaged("a stored row cannot be read", "run `bell doctor --repair`") from error


def _held_still(connection: Connection) -> Connection:
    """By itself each statement would read as of its own instant: so do Python's driver of SQLite, unless a transaction
    is begun by hand, and PostgreSQL, unless it is told otherwise."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN")
    return connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end; after an error nothing of it is stored. Inside `one_commit` it is a part
    of that one."""
    outer = _open.get()
    if outer is not None and outer.engine is engine:
        yield outer
        return
    with failing(), engine.begin() as connection:
        yield connection


@contextmanager
def one_commit(engine: Engine) -> Iterator[Connection]:
    """All that this thread writes through `engine` inside is stored together or not at all."""
    with writing(engine) as connection:
        before = _open.set(connection)
        try:
            yield connection
        finally:
            _open.reset(before)


@contextmanager
def failing() -> Iterator[None]:
    """What a database raises, as one of ours: a full disk, a lock, a damaged file, a server that is down."""
    try:
        yield
    except DBAPIError as error:
        raise told(error.orig) from error
    except sqlite3.Error as error:  # from a connection's set-up
        raise told(error) from error


def told(error: BaseException | None) -> BellError:
    if hasattr(error, "sqlstate"):
        return postgres.told(error)
    name = str(getattr(error, "sqlite_errorname", ""))
    for start, fix in _FIXES.items():
        if name.startswith(start):
            return StoreError(f"the ledger cannot be used now: {error}", fix)
    return StoreDamaged(f"the ledger is damaged: {error}", "run `bell doctor --repair`")


def record(kind: type[T], row: Row[Any], **more: Any) -> T:
    """A dataclass out of the columns of `row` that carry its fields' names; `more` is what else its seal covers."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # every caller passes a dataclass
    return kind(**{k: v for k, v in verified(row, **more).items() if k in known})


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keep: frozenset[str]) -> None:
    """Insert `rows` (all with the same keys); where the primary key exists, overwrite all columns but `keep`."""
    if not rows:
        return
    if "seal" in table.c:
        rows = [row if "seal" in row else sealed(row) for row in rows]
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
