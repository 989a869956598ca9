"""A ledger whose file is damaged, into a new one: all rows that can still be read and by their seals are as written."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, delete, literal_column, select
from sqlalchemy.exc import DBAPIError

from ingest import schema
from ingest.ledger.rows import UNREADABLE, reading, upsert, writing
from ingest.ledger.seals import PAGE, complete, is_sound, rowid

_FAILURES = 100_000  # reads of one table that may fail before the rest of it is given up


def salvage(damaged: Engine, new: Engine) -> None:
    """Fills the empty ledger `new`. Nothing in it counts as indexed."""
    links, articles = schema.article_symbols, schema.articles
    tables = sorted(schema.metadata.sorted_tables, key=lambda table: table is articles)  # whose seals cover their links
    with reading(damaged) as old:
        for table in tables:
            for rows in _readable(old, table):
                with writing(new) as connection:
                    _take(connection, table, rows)
    with writing(new) as connection:
        connection.execute(delete(links).where(links.c.article_id.not_in(select(articles.c.id))))


def _take(new: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    kept = [c.name for c in table.c if c.name != "indexed_at"]
    sound = (row for row in complete(new, table, rows) if is_sound(row))
    upsert(new, table, [{name: row[name] for name in kept} for row in sound], frozenset())


def _readable(old: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """Its rows, some at a time. Where a page of the file is damaged, the row numbers that it may hold are tried in ever
    smaller spans."""
    spans, failures = [(0, _last(old, table))], 0
    while spans and failures < _FAILURES:
        low, high = spans.pop()
        query = select(rowid.label("rowid"), table).where(rowid.between(low, high)).order_by(rowid).limit(PAGE)
        try:
            rows = old.execute(query).all()
        except (*UNREADABLE, DBAPIError):
            failures += 1
            middle = (low + high) // 2
            spans += [(middle + 1, high), (low, middle)] if low < high else []
            continue
        if rows:
            yield rows
            spans.append((rows[-1].rowid + 1, high))


def _last(old: Connection, table: Table) -> int:
    """The highest row number: as an index has it, whose pages are others than the table's, or else the table."""
    for highest in ("max(+rowid)", "max(rowid)"):
        with suppress(DBAPIError):
            return old.scalar(select(literal_column(highest)).select_from(table)) or 0
    return 0
