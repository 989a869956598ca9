"""Articles: stored once, their earlier texts kept beside, read as they were known at an instant."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, delete, func, select, true, update

from ingest import schema
from ingest.ledger.postgres import alone
from ingest.ledger.rows import batches, reading, record, upsert, writing
from ingest.ledger.seals import is_sound, sealed, symbols_of, verified
from ingest.types import Article, Counts

_SETTLES = timedelta(days=1)  # a server that sends two texts in turn changes nothing within it
_UNDATED = timedelta(days=1)
_AHEAD = timedelta(minutes=10)  # that a publisher's clock may be ahead of ours
_OF_ARTICLE = tuple(field.name for field in fields(Article) if field.name != "symbols")
_REVISED = ("url", "title", "text", "published", "fetched")  # what a revision has of its own


class News:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, articles: Iterable[Article]) -> Counts:
        """Stores what is new or has changed. An unchanged article writes nothing; a changed one counts from its
        fetch, and until then its older text. A text that goes back to the one before within a day is not taken."""
        unique = {a.id: a for a in reversed(list(articles))}  # the first of one id in a document wins
        counts = Counts()
        for batch in batches(sorted(unique.values(), key=lambda a: a.id)):  # two that write wait in the same order
            with writing(self._engine) as connection:
                for feed in sorted({a.feed for a in batch}):
                    alone(connection, f"feed {feed}")
                counts += self._put(connection, batch)
        return counts

    def _put(self, connection: Connection, batch: list[Article]) -> Counts:
        table = schema.articles
        stored = connection.execute(select(table).where(table.c.id.in_([a.id for a in batch]))).all()
        linked = symbols_of(connection, [row.id for row in stored])
        # A damaged one is written anew, as if it had not been there.
        known = {row.id: row for row in stored if is_sound({**row._mapping, "symbols": linked[row.id]})}
        batch = [_believed(a, known.get(a.id)) for a in batch]
        fresh = [a for a in batch if a.id not in known]
        changed = [a for a in batch if a.id in known and known[a.id].content_hash != a.content_hash]
        former = self._former(connection, [a.id for a in changed])
        changed = [a for a in changed if not _goes_back(a, former.get(a.id), known[a.id].fetched)]
        # The earliest sighting is kept for ever.
        changed = [replace(a, first_seen=known[a.id].first_seen) for a in changed]
        rows = [_revision(known[a.id]) for a in changed]
        upsert(connection, schema.article_revisions, rows, frozenset())
        upsert(connection, table, [_row(a, a.known_from) for a in fresh], frozenset())
        upsert(connection, table, [_row(a, max(a.known_from, a.fetched)) for a in changed], frozenset())
        links = schema.article_symbols
        connection.execute(delete(links).where(links.c.article_id.in_([a.id for a in fresh + changed])))
        rows = [{"symbol": s, "article_id": a.id} for a in fresh + changed for s in _linked(a)]
        upsert(connection, links, rows, frozenset())
        return Counts(len(fresh), len(changed), len(batch) - len(fresh) - len(changed))

    def _former(self, connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
        """id -> the last of its earlier texts."""
        table = schema.article_revisions
        query = select(table).where(table.c.article_id.in_(ids)).order_by(table.c.known_from)
        return {row.article_id: row for row in connection.execute(query)}

    def get(self, ids: Sequence[str], as_of: datetime, strict: bool = False) -> dict[str, Article]:
        """The articles of `ids` that were known at `as_of`; `strict` also demands that they had been fetched."""
        table = schema.articles
        found = self._known(table.c.id.in_(ids), as_of)
        return {a.id: a for a in found if not strict or a.fetched <= as_of}

    def revisions(self, article_id: str) -> list[Article]:
        """All that the article has said, oldest first; the last is what it says now."""
        table = schema.articles
        now = self._read(select(table).where(table.c.id == article_id))
        return [*self.former_texts(now).get(article_id, ()), *now]

    def former_texts(self, articles: Sequence[Article]) -> dict[str, list[Article]]:
        """id -> what it said before each edit, oldest first, of those of `articles` that were edited."""
        earlier, found = schema.article_revisions, defaultdict[str, list[Article]](list)
        for batch in batches(articles):
            now = {a.id: a for a in batch}
            query = select(earlier).where(earlier.c.article_id.in_(list(now))).order_by(earlier.c.known_from)
            with reading(self._engine) as connection:
                for row in connection.execute(query):
                    found[row.article_id].append(_as_it_was(now[row.article_id], row))
        return found

    def edited_since(self, as_of: datetime) -> bool:
        """Whether any article that was known at `as_of` reads otherwise now."""
        table, earlier = schema.articles, schema.article_revisions
        query = select(earlier.c.article_id).join(table, table.c.id == earlier.c.article_id)
        query = query.where(earlier.c.known_from <= as_of, table.c.known_from > as_of).limit(1)
        with reading(self._engine) as connection:
            return connection.scalar(query) is not None

    def latest(
        self,
        as_of: datetime,
        symbols: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 50,
        strict: bool = False,
    ) -> list[Article]:
        """Newest first by publication, of any of `symbols` (of all if none); `strict` also demands that they had been
        fetched. Where a feed gave no date, first sight counts, and in the order a day more: what only now came into
        sight may be old."""
        table, links = schema.articles, schema.article_symbols
        when = func.coalesce(table.c.published, table.c.first_seen)
        which: Any = true()
        if symbols:
            mine = select(links.c.article_id).where(links.c.symbol.in_(symbols))
            which = table.c.id.in_(mine)
        current = which & (when >= since) if since else which
        if strict:
            current &= table.c.fetched <= as_of
        query = select(table).where(current, table.c.known_from <= as_of).order_by(when.desc(), table.c.id)
        found = self._as_they_were(which, as_of)
        for dated in (table.c.published.is_not(None), table.c.published.is_(None)):
            found += self._read(query.where(dated).limit(limit))
        found = [a for a in found if since is None or (a.published or a.first_seen) >= since]
        found = [a for a in found if not strict or a.fetched <= as_of]
        return sorted(found, key=lambda a: (-_rank(a), a.id))[:limit]

    def first_known(self) -> datetime | None:
        """From when the store knows any news."""
        with reading(self._engine) as connection:
            first: datetime | None = connection.scalar(select(func.min(schema.articles.c.known_from)))
        return first

    def count(self) -> int:
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).select_from(schema.articles)) or 0

    # The index's side

    def pages(self, size: int) -> Iterator[list[Article]]:
        """All articles as they are now, in the order of their ids."""
        table, last = schema.articles, ""
        while page := self._read(select(table).where(table.c.id > last).order_by(table.c.id).limit(size)):
            yield page
            last = page[-1].id

    def ids(self) -> set[str]:
        with reading(self._engine) as connection:
            return set(connection.scalars(select(schema.articles.c.id)))

    def unindexed_ids(self) -> set[str]:
        table = schema.articles
        with reading(self._engine) as connection:
            return set(connection.scalars(select(table.c.id).where(table.c.indexed_at.is_(None))))

    def unindexed(self, limit: int) -> list[Article]:
        """Articles that the index may not have, oldest first."""
        table = schema.articles
        query = select(table).where(table.c.indexed_at.is_(None)).order_by(table.c.first_seen, table.c.id)
        return self._read(query.limit(limit))

    def mark_indexed(self, articles: Iterable[Article], now: datetime) -> None:
        """Acknowledges that the index holds exactly these texts: one revised meanwhile stays unindexed."""
        table = schema.articles
        same = (table.c.id == bindparam("its_id")) & (table.c.content_hash == bindparam("its_hash"))
        marked = [{"its_id": a.id, "its_hash": a.content_hash} for a in sorted(articles, key=lambda a: a.id)]
        if marked:
            with writing(self._engine) as connection:
                connection.execute(update(table).where(same).values(indexed_at=now), marked)

    def forget_index(self, since: datetime | None = None) -> None:
        which = schema.articles.c.indexed_at >= since if since else true()
        with writing(self._engine) as connection:
            connection.execute(update(schema.articles).where(which).values(indexed_at=None))

    def _known(self, which: Any, as_of: datetime) -> list[Article]:
        """The articles of a condition, each in the wording known at `as_of`."""
        table = schema.articles
        return self._read(select(table).where(which, table.c.known_from <= as_of)) + self._as_they_were(which, as_of)

    def _as_they_were(self, which: Any, as_of: datetime) -> list[Article]:
        """Those of a condition that were edited after `as_of`, in their earlier wording."""
        table, earlier = schema.articles, schema.article_revisions
        query = select(earlier).join(table, table.c.id == earlier.c.article_id).order_by(earlier.c.known_from)
        query = query.where(which, earlier.c.known_from <= as_of, table.c.known_from > as_of)
        with reading(self._engine) as connection:
            rows = {row.article_id: row for row in connection.execute(query)}  # the last that was known counts
        found: list[Article] = []
        for batch in batches(rows):
            found += self._read(select(table).where(table.c.id.in_(batch)))
        return [_as_it_was(article, rows[article.id]) for article in found]

    def _read(self, query: Any) -> list[Article]:
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            linked = symbols_of(connection, [row.id for row in rows])
        return [record(Article, row, symbols=linked[row.id]) for row in rows]


def _rank(article: Article) -> float:
    return (article.published or article.first_seen - _UNDATED).timestamp()


def _believed(article: Article, known: Any) -> Article:
    """A story without a date, or with one in the future, stays undated when its feed later dates it to after it was
    first seen: an impossible date does not make it fresh once its time has come."""
    if known is None or known.published or not article.published or article.published <= known.first_seen + _AHEAD:
        return article
    return replace(article, published=None)


def _revision(row: Any) -> dict[str, Any]:
    return {name: row._mapping[name] for name in (*_REVISED, "known_from")} | {"article_id": row.id}


def _as_it_was(article: Article, row: Row[Any]) -> Article:
    stored = verified(row)
    return replace(article, **{name: stored[name] for name in _REVISED})


def _goes_back(article: Article, former: Any, changed: datetime) -> bool:
    """Whether it says again what it said before its last change, which was less than a day ago."""
    if former is None or article.fetched - changed >= _SETTLES:
        return False
    return _as_it_was(article, former).content_hash == article.content_hash


def _row(article: Article, known_from: datetime) -> dict[str, Any]:
    own = {name: getattr(article, name) for name in _OF_ARTICLE}  # `asdict` would copy every value
    row = own | {"known_from": known_from, "content_hash": article.content_hash, "indexed_at": None}
    return sealed(row, symbols=_linked(article))


def _linked(article: Article) -> tuple[str, ...]:
    return tuple(sorted(set(article.symbols)))
