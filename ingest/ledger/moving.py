"""All rows of a ledger into the empty tables of another on a server, compared when they have arrived."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from ingest.errors import StoreDamaged, StoreError
from ingest.ledger.integrity import examine
from ingest.ledger.postgres import exists
from ingest.ledger.rows import reading
from ingest.ledger.seals import PAGE, seal
from ingest.ledger.store import Ledger
from ingest.progress import Progress
from ingest.schema import metadata

_COUNTED = ("runs", "receipts")  # their keys are the server's to give: it goes on behind those that arrived


class Tally:
    """Counts rows and sums up checksums over all that is in them: of what left, and of what arrived."""

    def __init__(self) -> None:
        self.rows = self._sum = 0

    def add(self, page: Iterable[Mapping[str, Any]]) -> None:
        for row in page:
            self.rows += 1
            self._sum += seal({f"{name}:": value for name, value in row.items()})  # a seal leaves out some names

    def compare(self, name: str, arrived: Iterable[Iterable[Mapping[str, Any]]]) -> None:
        """Raises `StoreError` where what arrived is not what was counted here."""
        other = Tally()
        for page in arrived:
            other.add(page)
        if (other.rows, other._sum) != (self.rows, self._sum):
            cause = f"the {other.rows} rows of {name} that arrived are not the {self.rows} that left"
            raise StoreError(cause, "nothing was moved; look into the server's log")


def filled(connection: Connection, more: str) -> bool:
    """Whether the ledger of this database, or its table `more`, holds a row."""
    names = [*(table.name for table in metadata.sorted_tables), more]
    looks = (f"SELECT 1 FROM {name} LIMIT 1" for name in names if exists(connection, name))  # noqa: S608  # ours
    return any(connection.exec_driver_sql(look).first() for look in looks)


def fill(old: Ledger, connection: Connection, progress: Progress) -> int:
    """Copies every row; how many there were. Raises `StoreDamaged` where one is not what was written."""
    _, damaged = examine(old.engine)
    if damaged:
        raise StoreDamaged(f"{len(damaged)} rows are damaged ({damaged[0].named})", "run `bell doctor --repair` first")
    with reading(old.engine) as source:
        count = sum(source.scalar(select(func.count()).select_from(t)) or 0 for t in metadata.sorted_tables)
        task = f"moving {count} rows"
        progress.start(task, count)
        for table in metadata.sorted_tables:
            left = Tally()
            for page in pages(source, select(table)):
                connection.execute(insert(table), page)
                left.add(page)
                progress.advance(task, len(page))
            left.compare(table.name, pages(connection, select(table)))
        progress.finish(task)
    for name in _COUNTED:
        following = f"(SELECT coalesce(max(id), 0) + 1 FROM {name})"  # noqa: S608  # ours
        connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {following}, false)")
    return count


def pages(connection: Connection, query: Select[Any]) -> Iterator[list[dict[str, Any]]]:
    rows = connection.execute(query, execution_options={"yield_per": PAGE})
    return ([dict(row._mapping) for row in page] for page in rows.partitions())
