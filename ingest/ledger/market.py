"""Instruments, finished bars with their revisions, the latest quotes, and the sessions of each calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, bindparam, func, select, true, update

from ingest import schema
from ingest.errors import StoreDamaged
from ingest.ledger.postgres import alone
from ingest.ledger.rows import T, batches, reading, record, upsert, writing
from ingest.ledger.seals import is_sound, verified
from ingest.types import Action, Bar, Counts, History, Instrument, Quote, Session, revised

_NOTHING: frozenset[str] = frozenset()


class Market:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Writing

    def put(self, history: History) -> Counts:
        """Stores one poll of one symbol in one transaction. Equal values write nothing; a changed value of a finished
        day becomes a further revision, which counts from its fetch."""
        with writing(self._engine) as connection:
            alone(connection, f"market {history.instrument.symbol}")
            self._put_instrument(connection, history.instrument, _fetched(history))
            if history.bars:
                self._put_actions(connection, history.actions, history.bars[-1].fetched)
            counts = self._put_bars(connection, history.instrument.symbol, history.bars)
            if history.quote:
                counts += self._put_quote(connection, history.quote)
        return counts

    def _put_instrument(self, connection: Connection, instrument: Instrument, fetched: datetime | None) -> None:
        table = schema.instruments
        found = connection.execute(select(table).where(table.c.symbol == instrument.symbol)).first()
        if found and not is_sound(found._mapping):
            found = None  # written anew, as if it had not been there: so with all rows below
        if found and found.name != instrument.name and fetched:
            former = {"symbol": found.symbol, "until": fetched, "name": found.name}
            upsert(connection, schema.former_names, [former], _NOTHING)
        if found is None or record(Instrument, found) != instrument:
            upsert(connection, table, [asdict(instrument)], _NOTHING)

    def _put_actions(self, connection: Connection, actions: Iterable[Action], fetched: datetime) -> None:
        """An action counts as fetched when it first was, also where its value was corrected since."""
        table = schema.actions
        rows = [asdict(a) | {"fetched": fetched} for a in actions]
        query = select(table).where(table.c.symbol.in_({row["symbol"] for row in rows}))
        stored = {(r.symbol, r.day, r.kind): r for r in connection.execute(query) if is_sound(r._mapping)}
        for row in rows:
            known = stored.get((row["symbol"], row["day"], row["kind"]))
            row["fetched"] = known.fetched if known else fetched
        upsert(connection, table, rows, _NOTHING)

    def _put_bars(self, connection: Connection, symbol: str, bars: Sequence[Bar]) -> Counts:
        table = schema.bars
        if not bars:
            return Counts()
        query = select(table).where(
            table.c.symbol == symbol, table.c.day.between(min(b.day for b in bars), max(b.day for b in bars))
        )
        stored = [r for r in connection.execute(query.order_by(table.c.revision)) if is_sound(r._mapping)]
        newest = {r.day: (r.revision, r.checksum) for r in stored}
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
        stored = connection.execute(select(table).where(same)).first()
        if stored and is_sound(stored._mapping) and stored.checksum == quote.checksum:
            return Counts(unchanged=1)
        upsert(connection, table, [asdict(quote) | {"checksum": quote.checksum, "indexed_at": None}], _NOTHING)
        return Counts(updated=1) if stored else Counts(new=1)

    def put_sessions(self, sessions: Iterable[Session]) -> None:
        with writing(self._engine) as connection:
            for batch in batches(sessions):
                upsert(connection, schema.sessions, [asdict(s) for s in batch], _NOTHING)

    def put_names(self, names: Iterable[tuple[str, str]], origin: str) -> None:
        """(name, symbol) pairs: what people call a symbol. Names are folded to lower case."""
        with writing(self._engine) as connection:
            for batch in batches(names):
                rows = [{"name": n.casefold(), "symbol": s, "origin": origin} for n, s in batch]
                upsert(connection, schema.names, rows, _NOTHING)

    # Reading

    def instruments(self, symbols: Sequence[str] | None = None, as_of: datetime | None = None) -> dict[str, Instrument]:
        """The instruments of `symbols` (all by default), under the names they had at `as_of`."""
        query = select(schema.instruments)
        if symbols is not None:
            query = query.where(schema.instruments.c.symbol.in_(symbols))
        with reading(self._engine) as connection:
            found = {row.symbol: record(Instrument, row) for row in connection.execute(query)}
            if as_of:
                former = schema.former_names
                later = select(former).where(former.c.until > as_of, former.c.symbol.in_(list(found)))
                for row in connection.execute(later.order_by(former.c.until.desc())):  # the first to end has the word
                    found[row.symbol] = replace(found[row.symbol], name=verified(row)["name"])
        return found

    def names(self) -> dict[str, tuple[str, ...]]:
        """name (lower case) -> the symbols it may stand for."""
        table = schema.names
        out: dict[str, tuple[str, ...]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(select(table.c.name, table.c.symbol).order_by(table.c.name, table.c.symbol)):
                out[row.name] = (*out.get(row.name, ()), row.symbol)
        return {name: tuple(sorted(symbols)) for name, symbols in out.items()}  # databases differ in what sorting is

    def has_names(self, origin: str) -> bool:
        with reading(self._engine) as connection:
            query = select(schema.names.c.name).where(schema.names.c.origin == origin).limit(1)
            return connection.scalar(query) is not None

    def bars(
        self, symbol: str, as_of: datetime, start: date | None = None, end: date | None = None, strict: bool = False
    ) -> list[Bar]:
        """The finished sessions of `symbol` from `start` to `end` (inclusive, dates of the exchange), oldest first,
        each in the revision that was known at `as_of`; `strict` also demands that it had been fetched."""
        table = schema.bars
        query = select(table).where(table.c.symbol == symbol)
        if start:
            query = query.where(table.c.day >= start)
        if end:
            query = query.where(table.c.day <= end)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(table.c.day, table.c.revision)).all()
        # Chosen only now: by the database, a row with a damaged date would be passed over in silence.
        bars = (_of(symbol, Bar, row) for row in rows)
        known = (b for b in bars if b.known_from <= as_of and (not strict or b.fetched <= as_of))
        return list({b.day: b for b in known}.values())

    def quote(self, symbol: str, as_of: datetime) -> Quote | None:
        """The latest quote that was traded and fetched by `as_of`."""
        table = schema.quotes
        query = select(table).where(table.c.symbol == symbol, table.c.as_of <= as_of).order_by(table.c.as_of.desc())
        with reading(self._engine) as connection:
            quotes = (_of(symbol, Quote, row) for row in connection.execute(query))
            return next((q for q in quotes if q.fetched <= as_of), None)

    def splits(self, symbol: str) -> list[Action]:
        """Every split of `symbol` that is stored, oldest first, whenever it was fetched: what a stored price is worth
        depends on all that came before its own fetch."""
        table = schema.actions
        query = select(table).where(table.c.symbol == symbol, table.c.kind == "split")
        with reading(self._engine) as connection:
            return [_of(symbol, Action, row) for row in connection.execute(query.order_by(table.c.day))]

    def dividends(self, symbol: str, as_of: datetime, strict: bool = False) -> list[Action]:
        """The dividends of `symbol` with an ex-date by `as_of`, oldest first; `strict` also demands that they had been
        fetched."""
        table = schema.actions
        query = select(table).where(table.c.symbol == symbol, table.c.kind == "dividend", table.c.day <= as_of.date())
        if strict:
            query = query.where(table.c.fetched <= as_of)
        with reading(self._engine) as connection:
            return [record(Action, row) for row in connection.execute(query.order_by(table.c.day))]

    def span(self, symbol: str, as_of: datetime, strict: bool = False) -> tuple[date, date] | None:
        """The first and the last day of `symbol` known at `as_of`; `strict` also demands that they had been fetched."""
        table = schema.bars
        query = select(func.min(table.c.day), func.max(table.c.day)).where(
            table.c.symbol == symbol, table.c.known_from <= as_of
        )
        if strict:
            query = query.where(table.c.fetched <= as_of)
        with reading(self._engine) as connection:
            first, last = connection.execute(query).one()
        return (first, last) if first else None

    def last_day(self, symbol: str) -> date | None:
        """The newest finished day stored, whatever the clock: where the next poll goes on."""
        with reading(self._engine) as connection:
            day: date | None = connection.scalar(
                select(func.max(schema.bars.c.day)).where(schema.bars.c.symbol == symbol)
            )
        return day

    def sessions(self, calendar: str, start: date, end: date) -> list[Session]:
        table = schema.sessions
        query = select(table).where(table.c.calendar == calendar, table.c.day.between(start, end))
        with reading(self._engine) as connection:
            return [record(Session, row) for row in connection.execute(query.order_by(table.c.day))]

    def last_session(self, calendar: str) -> date | None:
        table = schema.sessions
        with reading(self._engine) as connection:
            day: date | None = connection.scalar(select(func.max(table.c.day)).where(table.c.calendar == calendar))
        return day

    # The index's side

    def days(self) -> list[tuple[str, date, int]]:
        """(symbol, day, newest revision) of all bars, sorted."""
        return self._days(true())

    def unindexed_days(self) -> list[tuple[str, date, int]]:
        """(symbol, day, newest revision) of the bars that no weekly node shows yet."""
        return self._days(schema.bars.c.indexed_at.is_(None))

    def _days(self, which: ColumnElement[bool]) -> list[tuple[str, date, int]]:
        table = schema.bars
        query = select(table.c.symbol, table.c.day, func.max(table.c.revision)).where(which)
        with reading(self._engine) as connection:
            rows = connection.execute(query.group_by(table.c.symbol, table.c.day).order_by(table.c.symbol, table.c.day))
            return [(symbol, day, revision) for symbol, day, revision in rows]

    def latest_quotes(self) -> list[Quote]:
        """The newest quote of each symbol."""
        return self._latest_quotes(true())

    def unindexed_quotes(self) -> list[Quote]:
        """The newest quote of each symbol, where no node shows it yet."""
        return self._latest_quotes(schema.quotes.c.indexed_at.is_(None))

    def _latest_quotes(self, which: ColumnElement[bool]) -> list[Quote]:
        table = schema.quotes
        newest = select(table.c.symbol, func.max(table.c.as_of).label("as_of")).group_by(table.c.symbol).subquery()
        query = select(table).join(newest, (table.c.symbol == newest.c.symbol) & (table.c.as_of == newest.c.as_of))
        with reading(self._engine) as connection:
            return [record(Quote, r) for r in connection.execute(query.where(which))]

    def mark_bars_indexed(self, days: Iterable[tuple[str, date, int]], now: datetime) -> None:
        """Acknowledges that the index shows these days up to these revisions: a later one stays unindexed."""
        table = schema.bars
        same = (table.c.symbol == bindparam("its_symbol")) & (table.c.day == bindparam("its_day"))
        same &= table.c.revision <= bindparam("up_to")
        with writing(self._engine) as connection:
            for batch in batches(days):
                rows = [{"its_symbol": symbol, "its_day": day, "up_to": revision} for symbol, day, revision in batch]
                connection.execute(update(table).where(same).values(indexed_at=now), rows)

    def mark_quotes_indexed(self, quotes: Iterable[Quote], now: datetime) -> None:
        table = schema.quotes
        with writing(self._engine) as connection:
            for q in quotes:
                same = (table.c.symbol == q.symbol) & (table.c.as_of == q.as_of) & (table.c.checksum == q.checksum)
                connection.execute(update(table).where(same).values(indexed_at=now))

    def forget_index(self, since: datetime | None = None) -> None:
        with writing(self._engine) as connection:
            for table in (schema.bars, schema.quotes):
                which = table.c.indexed_at >= since if since else true()
                connection.execute(update(table).where(which).values(indexed_at=None))


def _of(symbol: str, kind: type[T], row: Row[Any]) -> T:
    """The record of `row`; `StoreDamaged` where a damaged index led to another symbol's."""
    if row.symbol != symbol:
        raise StoreDamaged(f"the ledger's index leads from {symbol} to {row.symbol}", "run `bell doctor --repair`")
    return record(kind, row)


def _fetched(history: History) -> datetime | None:
    """When a poll was; None where it brought nothing dated."""
    return history.quote.fetched if history.quote else max((b.fetched for b in history.bars), default=None)
