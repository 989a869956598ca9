"""Articles: stored once, revised in place, read as they were known at an instant."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, update

from ingest import schema
from ingest.ledger.rows import batches, record, upsert
from ingest.types import Article, Counts

_OURS = frozenset({"first_seen"})  # the earliest sighting is kept for ever


class News:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, articles: Iterable[Article]) -> Counts:
        """Stores what is new or has changed. An unchanged article writes nothing; a changed one counts from its
        fetch (its older text is not readable at an earlier `as_of`, and its newer text must not be)."""
        unique = {a.id: a for a in reversed(list(articles))}  # the first of one id in a document wins
        counts = Counts()
        for batch in batches(reversed(unique.values())):
            with self._engine.begin() as connection:
                counts += self._put(connection, batch)
        return counts

    def _put(self, connection: Connection, batch: list[Article]) -> Counts:
        table = schema.articles
        stored = connection.execute(
            select(table.c.id, table.c.content_hash).where(table.c.id.in_([a.id for a in batch]))
        )
        known = {row.id: row.content_hash for row in stored}
        fresh = [a for a in batch if a.id not in known]
        changed = [a for a in batch if a.id in known and known[a.id] != a.content_hash]
        upsert(connection, table, [_row(a, a.known_from) for a in fresh], _OURS)
        upsert(connection, table, [_row(a, max(a.known_from, a.fetched)) for a in changed], _OURS)
        links = schema.article_symbols
        connection.execute(delete(links).where(links.c.article_id.in_([a.id for a in changed])))
        rows = [{"symbol": s, "article_id": a.id} for a in fresh + changed for s in sorted(set(a.symbols))]
        upsert(connection, links, rows, frozenset())
        return Counts(len(fresh), len(changed), len(batch) - len(fresh) - len(changed))

    def get(self, ids: Sequence[str], as_of: datetime, strict: bool = False) -> dict[str, Article]:
        """The articles of `ids` that were known at `as_of`; `strict` also demands that they had been fetched."""
        table = schema.articles
        query = select(table).where(table.c.id.in_(ids), table.c.known_from <= as_of)
        if strict:
            query = query.where(table.c.fetched <= as_of)
        return {a.id: a for a in self._read(query)}

    def latest(
        self,
        as_of: datetime,
        symbols: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 50,
        strict: bool = False,
    ) -> list[Article]:
        """Newest first by publication (by first sight where a feed gave none), of any of `symbols` (of all if none);
        `strict` also demands that they had been fetched."""
        table, links = schema.articles, schema.article_symbols
        when = func.coalesce(table.c.published, table.c.first_seen)
        query = select(table).where(table.c.known_from <= as_of)
        if strict:
            query = query.where(table.c.fetched <= as_of)
        if symbols:
            mine = select(links.c.article_id).where(links.c.symbol.in_(symbols))
            query = query.where(table.c.id.in_(mine))
        if since:
            query = query.where(when >= since)
        return self._read(query.order_by(when.desc(), table.c.id).limit(limit))

    def first_known(self) -> datetime | None:
        """From when the store knows any news."""
        with self._engine.connect() as connection:
            first: datetime | None = connection.scalar(select(func.min(schema.articles.c.known_from)))
        return first

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(schema.articles)) or 0

    # The index's side

    def unindexed(self, limit: int) -> list[Article]:
        """Articles that the index may not have, oldest first."""
        table = schema.articles
        query = select(table).where(table.c.indexed_at.is_(None)).order_by(table.c.first_seen, table.c.id)
        return self._read(query.limit(limit))

    def mark_indexed(self, articles: Iterable[Article], now: datetime) -> None:
        """Acknowledges that the index holds exactly these texts: one revised meanwhile stays unindexed."""
        table = schema.articles
        with self._engine.begin() as connection:
            for a in articles:
                same = (table.c.id == a.id) & (table.c.content_hash == a.content_hash)
                connection.execute(update(table).where(same).values(indexed_at=now))

    def forget_index(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(schema.articles).values(indexed_at=None))

    def _read(self, query: Any) -> list[Article]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            links = schema.article_symbols
            of: dict[str, list[str]] = defaultdict(list)
            for batch in batches([row.id for row in rows]):
                found = select(links).where(links.c.article_id.in_(batch)).order_by(links.c.symbol)
                for link in connection.execute(found):
                    of[link.article_id].append(link.symbol)
        return [record(Article, row, symbols=tuple(of[row.id])) for row in rows]


def _row(article: Article, known_from: datetime) -> dict[str, Any]:
    row = asdict(article)
    del row["symbols"]
    return {**row, "known_from": known_from, "content_hash": article.content_hash, "indexed_at": None}
