"""Instruments, finished bars with their revisions, the latest quotes, and the sessions of each calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select, tuple_, update

from ingest import schema
from ingest.ledger.rows import batches, record, upsert
from ingest.types import Action, Bar, Counts, History, Instrument, Quote, Session, revised

_NOTHING: frozenset[str] = frozenset()


class Market:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Writing

    def put(self, history: History) -> Counts:
        """Stores one poll of one symbol in one transaction. Equal values write nothing; a changed value of a finished
        day becomes a further revision, which counts from its fetch."""
        with self._engine.begin() as connection:
            self._put_instrument(connection, history.instrument, _fetched(history))
            rows = [asdict(a) | {"fetched": history.bars[-1].fetched} for a in history.actions if history.bars]
            upsert(connection, schema.actions, rows, frozenset({"fetched"}))
            counts = self._put_bars(connection, history.instrument.symbol, history.bars)
            if history.quote:
                counts += self._put_quote(connection, history.quote)
        return counts

    def _put_instrument(self, connection: Connection, instrument: Instrument, fetched: datetime | None) -> None:
        table = schema.instruments
        found = connection.execute(select(table).where(table.c.symbol == instrument.symbol)).first()
        if found and found.name != instrument.name and fetched:
            former = {"symbol": found.symbol, "until": fetched, "name": found.name}
            upsert(connection, schema.former_names, [former], _NOTHING)
        if found is None or record(Instrument, found) != instrument:
            upsert(connection, table, [asdict(instrument)], _NOTHING)

    def _put_bars(self, connection: Connection, symbol: str, bars: Sequence[Bar]) -> Counts:
        table = schema.bars
        if not bars:
            return Counts()
        query = select(table.c.day, table.c.revision, table.c.checksum).where(
            table.c.symbol == symbol, table.c.day.between(min(b.day for b in bars), max(b.day for b in bars))
        )
        newest = {r.day: (r.revision, r.checksum) for r in connection.execute(query.order_by(table.c.revision))}
        rows, new = [], 0
        for bar in bars:
            revision, checksum = newest.get(bar.day, (-1, ""))
            if checksum == bar.checksum:
                continue
            new += revision < 0
            kept = bar if revision < 0 else revised(bar)
            rows.append(asdict(kept) | {"revision": revision + 1, "checksum": bar.checksum, "indexed_at": None})
        upsert(connection, table, rows, _NOTHING)
        return Counts(new, len(rows) - new, len(bars) - len(rows))

    def _put_quote(self, connection: Connection, quote: Quote) -> Counts:
        table = schema.quotes
        same = (table.c.symbol == quote.symbol) & (table.c.as_of == quote.as_of)
        stored = connection.scalar(select(table.c.checksum).where(same))
        if stored == quote.checksum:
            return Counts(unchanged=1)
        upsert(connection, table, [asdict(quote) | {"checksum": quote.checksum, "indexed_at": None}], _NOTHING)
        return Counts(updated=1) if stored else Counts(new=1)

    def put_sessions(self, sessions: Iterable[Session]) -> None:
        with self._engine.begin() as connection:
            for batch in batches(sessions):
                upsert(connection, schema.sessions, [asdict(s) for s in batch], _NOTHING)

    def put_names(self, names: Iterable[tuple[str, str]], origin: str) -> None:
        """(name, symbol) pairs: what people call a symbol. Names are folded to lower case."""
        with self._engine.begin() as connection:
            for batch in batches(names):
                rows = [{"name": n.casefold(), "symbol": s, "origin": origin} for n, s in batch]
                upsert(connection, schema.names, rows, _NOTHING)

    # Reading

    def instruments(self, symbols: Sequence[str] | None = None, as_of: datetime | None = None) -> dict[str, Instrument]:
        """The instruments of `symbols` (all by default), under the names they had at `as_of`."""
        query = select(schema.instruments)
        if symbols is not None:
            query = query.where(schema.instruments.c.symbol.in_(symbols))
        with self._engine.connect() as connection:
            found = {row.symbol: record(Instrument, row) for row in connection.execute(query)}
            if as_of:
                former = schema.former_names
                later = select(former).where(former.c.until > as_of, former.c.symbol.in_(list(found)))
                for row in connection.execute(later.order_by(former.c.until.desc())):  # the first to end has the word
                    found[row.symbol] = replace(found[row.symbol], name=row.name)
        return found

    def names(self) -> dict[str, tuple[str, ...]]:
        """name (lower case) -> the symbols it may stand for."""
        table = schema.names
        out: dict[str, tuple[str, ...]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(select(table.c.name, table.c.symbol).order_by(table.c.name, table.c.symbol)):
                out[row.name] = (*out.get(row.name, ()), row.symbol)
        return out

    def has_names(self, origin: str) -> bool:
        with self._engine.connect() as connection:
            query = select(schema.names.c.name).where(schema.names.c.origin == origin).limit(1)
            return connection.scalar(query) is not None

    def bars(
        self, symbol: str, as_of: datetime, start: date | None = None, end: date | None = None, strict: bool = False
    ) -> list[Bar]:
        """The finished sessions of `symbol` from `start` to `end` (inclusive, dates of the exchange), oldest first,
        each in the revision that was known at `as_of`; `strict` also demands that it had been fetched."""
        table = schema.bars
        query = select(table).where(table.c.symbol == symbol, table.c.known_from <= as_of)
        if start:
            query = query.where(table.c.day >= start)
        if end:
            query = query.where(table.c.day <= end)
        if strict:
            query = query.where(table.c.fetched <= as_of)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.day, table.c.revision)).all()
        return list({row.day: record(Bar, row) for row in rows}.values())

    def quote(self, symbol: str, as_of: datetime) -> Quote | None:
        """The latest quote that was traded and fetched by `as_of`."""
        table = schema.quotes
        query = select(table).where(table.c.symbol == symbol, table.c.as_of <= as_of, table.c.fetched <= as_of)
        with self._engine.connect() as connection:
            row = connection.execute(query.order_by(table.c.as_of.desc()).limit(1)).first()
        return record(Quote, row) if row else None

    def splits(self, symbol: str) -> list[Action]:
        """Every split of `symbol` that is stored, oldest first, whenever it was fetched: what a stored price is worth
        depends on all that came before its own fetch."""
        table = schema.actions
        query = select(table).where(table.c.symbol == symbol, table.c.kind == "split")
        with self._engine.connect() as connection:
            return [record(Action, row) for row in connection.execute(query.order_by(table.c.day))]

    def dividends(self, symbol: str, as_of: datetime, strict: bool = False) -> list[Action]:
        """The dividends of `symbol` with an ex-date by `as_of`, oldest first; `strict` also demands that they had been
        fetched."""
        table = schema.actions
        query = select(table).where(table.c.symbol == symbol, table.c.kind == "dividend", table.c.day <= as_of.date())
        if strict:
            query = query.where(table.c.fetched <= as_of)
        with self._engine.connect() as connection:
            return [record(Action, row) for row in connection.execute(query.order_by(table.c.day))]

    def span(self, symbol: str, as_of: datetime, strict: bool = False) -> tuple[date, date] | None:
        """The first and the last day of `symbol` known at `as_of`; `strict` also demands that they had been fetched."""
        table = schema.bars
        query = select(func.min(table.c.day), func.max(table.c.day)).where(
            table.c.symbol == symbol, table.c.known_from <= as_of
        )
        if strict:
            query = query.where(table.c.fetched <= as_of)
        with self._engine.connect() as connection:
            first, last = connection.execute(query).one()
        return (first, last) if first else None

    def last_day(self, symbol: str) -> date | None:
        """The newest finished day stored, whatever the clock: where the next poll goes on."""
        with self._engine.connect() as connection:
            day: date | None = connection.scalar(
                select(func.max(schema.bars.c.day)).where(schema.bars.c.symbol == symbol)
            )
        return day

    def sessions(self, calendar: str, start: date, end: date) -> list[Session]:
        table = schema.sessions
        query = select(table).where(table.c.calendar == calendar, table.c.day.between(start, end))
        with self._engine.connect() as connection:
            return [record(Session, row) for row in connection.execute(query.order_by(table.c.day))]

    def last_session(self, calendar: str) -> date | None:
        table = schema.sessions
        with self._engine.connect() as connection:
            day: date | None = connection.scalar(select(func.max(table.c.day)).where(table.c.calendar == calendar))
        return day

    # The index's side

    def unindexed_days(self) -> list[tuple[str, date]]:
        """(symbol, day) of the bars that no weekly node shows yet."""
        table = schema.bars
        query = select(table.c.symbol, table.c.day).where(table.c.indexed_at.is_(None)).distinct()
        with self._engine.connect() as connection:
            return [(row.symbol, row.day) for row in connection.execute(query.order_by(table.c.symbol, table.c.day))]

    def unindexed_quotes(self) -> list[Quote]:
        """The newest quote of each symbol, where no node shows it yet."""
        table = schema.quotes
        newest = select(table.c.symbol, func.max(table.c.as_of).label("as_of")).group_by(table.c.symbol).subquery()
        query = select(table).join(newest, (table.c.symbol == newest.c.symbol) & (table.c.as_of == newest.c.as_of))
        with self._engine.connect() as connection:
            return [record(Quote, r) for r in connection.execute(query.where(table.c.indexed_at.is_(None)))]

    def mark_bars_indexed(self, days: Iterable[tuple[str, date]], now: datetime) -> None:
        table = schema.bars
        with self._engine.begin() as connection:
            for batch in batches(days):
                which = tuple_(table.c.symbol, table.c.day).in_(batch)
                connection.execute(update(table).where(which).values(indexed_at=now))

    def mark_quotes_indexed(self, quotes: Iterable[Quote], now: datetime) -> None:
        table = schema.quotes
        with self._engine.begin() as connection:
            for q in quotes:
                same = (table.c.symbol == q.symbol) & (table.c.as_of == q.as_of) & (table.c.checksum == q.checksum)
                connection.execute(update(table).where(same).values(indexed_at=now))

    def forget_index(self) -> None:
        values: dict[str, Any] = {"indexed_at": None}
        with self._engine.begin() as connection:
            connection.execute(update(schema.bars).values(values))
            connection.execute(update(schema.quotes).values(values))


def _fetched(history: History) -> datetime | None:
    """When a poll was; None where it brought nothing dated."""
    return history.quote.fetched if history.quote else max((b.fetched for b in history.bars), default=None)
