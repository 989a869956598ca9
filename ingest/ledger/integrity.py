"""Finds the rows that are not what was written, and mends those for which there is proof: nothing is invented."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, not_, select
from sqlalchemy.exc import DBAPIError

from ingest import schema
from ingest.ledger.rows import UNREADABLE, reading, writing
from ingest.ledger.seals import PAGE, complete, is_sound, pages, place, rowid, seal, sealed_tables, symbols_of

_TOLD = 20  # faults of the file that are named


@dataclass(frozen=True)
class Damage:
    """A damaged row: where it is, and what of it can still be read."""

    table: Table
    values: Mapping[str, Any]

    @property
    def named(self) -> str:
        key = [str(self.values.get(c.name, "?"))[:40] for c in self.table.primary_key]
        return f"{self.table.name}: {', '.join(key)}"

    @property
    def place(self) -> ColumnElement[bool]:
        return place(self.table, self.values)

    @property
    def seals(self) -> set[Any]:
        """The seals by which the row that was written may be known: one of the two is its own."""
        return {self.values.get("seal"), seal(self.values)} - {None}


def faults(engine: Engine) -> list[str]:
    """What SQLite itself finds wrong: pages, indices, types. Raises `StoreDamaged` where it cannot even look. A server
    looks after its own."""
    if engine.dialect.name == "postgresql":
        return []
    with reading(engine) as connection:
        told = [str(line) for (line,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_TOLD})")]
    return [] if told == ["ok"] else told


def rebuild_indices(engine: Engine) -> None:
    """Makes SQLite's own indices anew from the tables. Raises `StoreDamaged` where two rows now have one key."""
    with writing(engine) as connection:
        connection.exec_driver_sql("REINDEX")


def examine(engine: Engine) -> tuple[int, list[Damage]]:
    """How many rows were verified, and the damaged ones among them. Raises `StoreDamaged` where whole pages are."""
    count, found = 0, list[Damage]()
    with reading(engine) as connection:
        for table in sealed_tables():
            for row in _rows(connection, table):
                count += 1
                if not is_sound(row) or any(c.name not in row for c in table.c):
                    found.append(Damage(table, row))
    return count, found


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """All rows; of one that cannot be read, what can be."""
    if connection.dialect.name == "postgresql":
        yield from chain.from_iterable(pages(connection, table))
        return
    last = -1
    while ids := connection.scalars(select(rowid).select_from(table).where(rowid > last).order_by(rowid).limit(PAGE)):
        page = list(ids)
        if not page:
            return
        last = page[-1]
        try:
            yield from _read(connection, table, rowid.between(page[0], last))
        except (*UNREADABLE, DBAPIError):
            for one in page:
                yield _salvaged(connection, table, one)


def _read(connection: Connection, table: Table, which: Any) -> list[dict[str, Any]]:
    return complete(connection, table, connection.execute(select(rowid.label("rowid"), table).where(which)).all())


def _salvaged(connection: Connection, table: Table, one: int) -> dict[str, Any]:
    """A row, column by column if it cannot be read as a whole."""
    try:
        return _read(connection, table, rowid == one)[0]
    except (*UNREADABLE, DBAPIError):
        found: dict[str, Any] = {"rowid": one}
        for column in table.c:
            try:
                found[column.name] = connection.scalar(select(column).where(rowid == one))
            except (*UNREADABLE, DBAPIError):
                continue
        if table is schema.articles and "id" in found:
            found["symbols"] = symbols_of(connection, [found["id"]])[found["id"]]
        return found


# Mending ---------------------------------------------------------------------------------------------------------


def counterparts(backup: Engine, damage: Damage) -> list[dict[str, Any]]:
    """The rows of a backup that carry the damaged row's seal; an article of a feed whose address a backup does not tell
    also with that address again."""
    table = damage.table
    which: ColumnElement[bool] = table.c.seal.in_(damage.seals)
    if table is schema.articles:
        which = which | (table.c.id == damage.values.get("id"))
    with reading(backup) as connection:
        found = _read(connection, table, which)
    own = {k: damage.values[k] for k in ("feed", "seal") if k in damage.values}
    return [*found, *({**row, **own} for row in found if table is schema.articles)]


def mend(engine: Engine, damage: Damage, candidates: Iterable[Mapping[str, Any]]) -> bool:
    """Puts that one of `candidates` in the damaged row's place which its seal proves to be what was written; False
    where none is. It is not indexed, so that the index is compared with it again."""
    for row in candidates:
        with writing(engine) as connection:
            if row.get("seal") in damage.seals and is_sound(row) and not _elsewhere(connection, damage, row):
                _delete(connection, damage)
                _insert(connection, damage.table, row)
                return True
    return False


def remove(engine: Engine, damage: Damage) -> None:
    with writing(engine) as connection:
        _delete(connection, damage)


def _elsewhere(connection: Connection, damage: Damage, row: Mapping[str, Any]) -> bool:
    key = and_(*(c == row[c.name] for c in damage.table.primary_key))
    return connection.scalar(select(1).select_from(damage.table).where(key, not_(damage.place))) is not None


def _delete(connection: Connection, damage: Damage) -> None:
    connection.execute(delete(damage.table).where(damage.place))
    if damage.table is schema.articles:
        links = schema.article_symbols
        connection.execute(delete(links).where(links.c.article_id == damage.values.get("id")))


def _insert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    connection.execute(table.insert().values({c.name: row.get(c.name) for c in table.c if c.name != "indexed_at"}))
    if table is schema.articles:
        links = schema.article_symbols
        connection.execute(delete(links).where(links.c.article_id == row["id"]))
        for symbol in row["symbols"]:
            connection.execute(links.insert().values(symbol=symbol, article_id=row["id"]))
