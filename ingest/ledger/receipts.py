"""The newest answers given, each with its whole receipt. They are worth no wait: one that cannot be saved is not."""

import sqlite3
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from ingest import schema
from ingest.ledger.rows import reading, record
from ingest.ledger.seals import sealed
from ingest.types import Receipt

KEPT = 1_000  # about 20 kB each


class Receipts:
    """Reads through `engine`, writes through `quick`, which waits neither for a lock nor for the disk."""

    def __init__(self, engine: Engine, quick: Engine) -> None:
        self._engine, self._quick = engine, quick

    def close(self) -> None:
        self._quick.dispose()

    def save(self, given: datetime, document: dict[str, Any]) -> int | None:
        """The number under which the answer `document` is kept; None where the store is busy or cannot be written.
        What is older than the newest `KEPT` goes."""
        table = schema.receipts
        listed = str(document["question"]).encode(errors="replace").decode()  # a terminal may give what is no text
        row = {"given": given, "status": document["status"], "question": listed, "document": document}
        try:
            with self._quick.begin() as connection:
                key = connection.execute(insert(table).values(sealed(row)).returning(table.c.id)).scalar_one()
                connection.execute(delete(table).where(table.c.id <= key - KEPT))
        except (SQLAlchemyError, sqlite3.Error):  # the latter from a connection's set-up
            return None
        return int(key)

    def newest(self, limit: int) -> list[Receipt]:
        """Newest first, without their documents."""
        table = schema.receipts
        query = select(table.c.id, table.c.given, table.c.status, table.c.question)
        with reading(self._engine) as connection:
            return [record(Receipt, row) for row in connection.execute(query.order_by(table.c.id.desc()).limit(limit))]

    def get(self, number: int) -> Receipt | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(schema.receipts).where(schema.receipts.c.id == number)).one_or_none()
        return None if row is None else record(Receipt, row)
