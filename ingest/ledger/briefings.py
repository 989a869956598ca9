"""The briefings already given, so that the next one can say what changed since."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from ingest import schema
from ingest.ledger.rows import reading, upsert, writing
from ingest.ledger.seals import verified


class Briefings:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, as_of: datetime, document: dict[str, Any]) -> None:
        with writing(self._engine) as connection:
            upsert(connection, schema.briefings, [{"as_of": as_of, "document": document}], frozenset())

    def last(self, before: datetime) -> dict[str, Any] | None:
        """The newest briefing given before `before`, as its JSON document."""
        table = schema.briefings
        query = select(table).where(table.c.as_of < before).order_by(table.c.as_of.desc()).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        document: dict[str, Any] | None = verified(row)["document"] if row else None
        return document
