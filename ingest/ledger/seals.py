"""The seal of a stored row: a checksum over its values, made when it is written and compared when it is read.

What a disk has changed is so never taken for what was written. Columns without a value do not count, so that a later
schema may add some and every seal holds on.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, literal_column, select, update

from ingest import schema
from ingest.errors import StoreDamaged

REPLACED = "\ufffd"  # stands for NUL where a database has none
PAGE = 1_000  # rows read at a time where all are
rowid: ColumnElement[int] = literal_column("rowid")
_APART = frozenset({"seal", "indexed_at", "rowid"})  # they change, or belong to the database


def seal(values: Mapping[str, Any]) -> int:
    """32 bits over names and values, never 0: that is a row which is not sealed yet."""
    parts = [
        f"{name}={_canonical(value)}"
        for name, value in sorted(values.items())
        if value is not None and name not in _APART and not (name == "id" and isinstance(value, int))
    ]
    return zlib.crc32("\x1f".join(parts).encode(errors="surrogatepass")) or 1


def _canonical(value: Any) -> str:
    """The same text for what is written and for what is then read: databases know no tuples and no -0, some no NUL."""
    if isinstance(value, str):
        return value.replace("\0", REPLACED)
    if isinstance(value, int | float):
        return float.__repr__(float(value) + 0.0)
    if isinstance(value, datetime):
        return float.__repr__(value.astimezone(UTC).timestamp())
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, sort_keys=True, default=str)


def sealed(values: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A row to write; its seal covers `more` too, which lies in another table."""
    return {**values, "seal": seal({**values, **more})}


def is_sound(values: Mapping[Any, Any]) -> bool:
    return "seal" not in values or values["seal"] == seal(values)


def verified(row: Row[Any], **more: Any) -> dict[str, Any]:
    """The values of a whole row and `more`. Raises `StoreDamaged` where they are not what was written."""
    values = {**row._mapping, **more}
    if not is_sound(values):
        named = ", ".join(str(v)[:40] for v in list(row)[:2])
        raise StoreDamaged(f"a stored row is damaged ({named})", "run `bell doctor --repair`")
    return values


# All rows --------------------------------------------------------------------------------------------------------


def sealed_tables() -> list[Table]:
    """All but those whose rows are little more than their key, which SQLite holds twice and compares itself."""
    return [table for table in schema.metadata.sorted_tables if "seal" in table.c]


def place(table: Table, row: Mapping[str, Any]) -> ColumnElement[bool]:
    """Where a row is: by SQLite's own number, for there its key may be what is damaged; else by its key."""
    return rowid == row["rowid"] if "rowid" in row else and_(*(c == row[c.name] for c in table.primary_key))


def pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """All rows of `table` by name, in SQLite with their `rowid`; an article's with the symbols it is linked to."""
    if connection.dialect.name == "postgresql":
        for some in connection.execute(select(table), execution_options={"yield_per": PAGE}).partitions():
            yield complete(connection, table, some)
        return
    last = -1
    while rows := connection.execute(_page(table, last)).all():
        yield complete(connection, table, rows)
        last = rows[-1].rowid


def _page(table: Table, after: int) -> Any:
    return select(rowid.label("rowid"), table).where(rowid > after).order_by(rowid).limit(PAGE)


def complete(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Rows with what their seals cover."""
    if table is not schema.articles:
        return [dict(row._mapping) for row in rows]
    linked = symbols_of(connection, [row.id for row in rows])
    return [{**row._mapping, "symbols": linked[row.id]} for row in rows]


def symbols_of(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """article id -> the symbols it is linked to, sorted."""
    links = schema.article_symbols
    found: dict[str, list[str]] = defaultdict(list)
    for start in range(0, len(ids), PAGE):
        for link in connection.execute(select(links).where(links.c.article_id.in_(ids[start : start + PAGE]))):
            found[link.article_id].append(link.symbol)
    return {name: tuple(sorted(found[name])) for name in ids}


def seal_all(connection: Connection) -> None:
    """Seals what a migration left unsealed, as it is."""
    for table in sealed_tables():
        for page in pages(connection, table):
            for row in page:
                if row["seal"] == 0:
                    connection.execute(update(table).where(place(table, row)).values(seal=seal(row)))
