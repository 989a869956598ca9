"""What is followed, and what is remembered of each source between polls."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Select, delete, insert, select

from ingest import schema
from ingest.ledger.rows import batches, reading, record, upsert, writing
from ingest.ledger.seals import is_sound, sealed, verified
from ingest.types import RunReport, SourceState

KEPT = 10_000  # reports, a few kB each: cron writes so many in seven weeks


class Sources:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # What is followed

    def watchlist(self) -> list[str]:
        """The symbols the user added, in the order added; empty: the starter watchlist applies."""
        with reading(self._engine) as connection:
            return list(connection.scalars(select(schema.watch.c.symbol).order_by(schema.watch.c.added)))

    def watch(self, symbols: Iterable[str], now: datetime) -> None:
        with writing(self._engine) as connection:
            rows = [{"symbol": s, "added": added} for s, added in _one_after_the_other(symbols, now)]
            upsert(connection, schema.watch, rows, frozenset({"added"}))

    def unwatch(self, symbols: Sequence[str]) -> list[str]:
        """The symbols that were followed and are no longer. What was ingested of them stays."""
        known = set(self.watchlist())
        with writing(self._engine) as connection:
            connection.execute(delete(schema.watch).where(schema.watch.c.symbol.in_(symbols)))
        return [s for s in symbols if s in known]

    def feeds(self) -> dict[str, str | None]:
        """url -> title of the feeds the user added; empty: the starter feeds apply."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(schema.feeds).order_by(schema.feeds.c.added))
            return {row.url: row.title for row in rows}

    def add_feeds(self, urls: Sequence[str], now: datetime) -> None:
        """What is remembered of them is forgotten: also one that was switched off is asked again."""
        with writing(self._engine) as connection:
            connection.execute(delete(schema.sources).where(schema.sources.c.url.in_(urls)))
            rows = [{"url": u, "title": None, "added": added} for u, added in _one_after_the_other(urls, now)]
            upsert(connection, schema.feeds, rows, frozenset({"added", "title"}))

    def remove_feeds(self, urls: Sequence[str]) -> list[str]:
        """The feeds that were followed and are no longer; what was remembered of their polls goes too."""
        known = self.feeds()
        with writing(self._engine) as connection:
            connection.execute(delete(schema.sources).where(schema.sources.c.url.in_(urls)))
            connection.execute(delete(schema.feeds).where(schema.feeds.c.url.in_(urls)))
        return [u for u in urls if u in known]

    # What is remembered

    def states(self, kind: str | None = None) -> dict[str, SourceState]:
        """url -> what is remembered. What is damaged counts as not remembered: the next poll writes it anew."""
        query = select(schema.sources).order_by(schema.sources.c.kind, schema.sources.c.url)
        if kind:
            query = query.where(schema.sources.c.kind == kind)
        return {s.url: s for s in self._states(query)}

    def states_of(self, urls: Iterable[str]) -> dict[str, SourceState]:
        """The same of these sources alone."""
        table = schema.sources
        found = (self._states(select(table).where(table.c.url.in_(batch))) for batch in batches(urls))
        return {s.url: s for states in found for s in states}

    def held(self) -> list[SourceState]:
        """The sources that a server's limit was met at, and was not lifted by an answer since."""
        return self._states(select(schema.sources).where(schema.sources.c.held_until.is_not(None)))

    def _states(self, query: Select[Any]) -> list[SourceState]:
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [record(SourceState, row) for row in rows if is_sound(row._mapping)]

    def save(self, states: Iterable[SourceState]) -> None:
        """Saves polls' outcomes. Validators among them count from here: call it after the entries are committed."""
        with writing(self._engine) as connection:
            upsert(connection, schema.sources, [asdict(s) for s in states], frozenset())

    def read_again(self, urls: Iterable[str]) -> None:
        """What these sources sent is asked for once more and in full: some of it was lost here."""
        known = self.states()
        anew: dict[str, Any] = dict.fromkeys(("etag", "last_modified", "body_hash", "read_in_full", "next_poll"))
        self.save([replace(known[url], **anew) for url in urls if url in known])

    # Runs

    def save_run(self, report: RunReport) -> None:
        """What is older than the newest `KEPT` goes."""
        document: dict[str, Any] = asdict(report)
        document["started"] = report.started.isoformat()
        with writing(self._engine) as connection:
            row = sealed({"started": report.started, "report": document})
            key = connection.execute(insert(schema.runs).values(row).returning(schema.runs.c.id)).scalar_one()
            connection.execute(delete(schema.runs).where(schema.runs.c.id <= key - KEPT))

    def last_run(self, before: datetime | None = None) -> dict[str, Any] | None:
        """The newest run report (started no later than `before`) as stored."""
        query = select(schema.runs).order_by(schema.runs.c.started.desc(), schema.runs.c.id.desc()).limit(1)
        if before:
            query = query.where(schema.runs.c.started <= before)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        report: dict[str, Any] | None = verified(row)["report"] if row else None
        return report

    def polled_after(self, moment: datetime) -> set[str]:
        """The sources, as reports name them, that runs started after `moment` polled: what is remembered of those is of
        later."""
        query = select(schema.runs.c.report).where(schema.runs.c.started > moment)
        with reading(self._engine) as connection:
            return {source["url"] for report in connection.scalars(query) for source in report["sources"]}


def _one_after_the_other(names: Iterable[str], now: datetime) -> Iterator[tuple[str, datetime]]:
    """Each with an instant of its own, by which their order is known again."""
    return ((name, now + timedelta(microseconds=n)) for n, name in enumerate(names))
