"""The briefings already given, so that the next one can say what changed since."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from ingest import schema
from ingest.ledger.rows import upsert


class Briefings:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, as_of: datetime, document: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            upsert(connection, schema.briefings, [{"as_of": as_of, "document": document}], frozenset())

    def last(self, before: datetime) -> dict[str, Any] | None:
        """The newest briefing given before `before`, as its JSON document."""
        table = schema.briefings
        query = select(table.c.document).where(table.c.as_of < before).order_by(table.c.as_of.desc()).limit(1)
        with self._engine.connect() as connection:
            return connection.scalar(query)
