"""Judges the days of one symbol as a source sent them: which are finished bars, which are none, and what the latest
price is. Pure."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest.calendars import state_at
from ingest.types import Action, Bar, History, Instrument, Quote, Session

DRIFT = timedelta(minutes=15)  # a run asks for many symbols under one `now`: a live price may be this much younger
_SETTLES = timedelta(hours=1)  # by then delayed feeds and closing auctions are over


class Row(NamedTuple):
    """One day as the source sent it: each number may be anything a float can be. `day` is the exchange's."""

    day: date
    open: float
    high: float
    low: float
    close: float
    volume: float
    dividend: float = 0.0
    split: float = 0.0

    @property
    def valid(self) -> bool:
        """Whether these four prices can have been traded. A NaN fails every comparison."""
        prices = (self.open, self.high, self.low, self.close)
        return all(0 < p < math.inf and self.low <= p <= self.high for p in prices)


class Chart(NamedTuple):
    """All that a source answered about one symbol."""

    instrument: Instrument
    rows: Sequence[Row]  # oldest first
    price: float  # the latest, NaN where it names none
    traded: datetime | None  # when that was
    source: str


def history(chart: Chart, days: Sequence[Session], now: datetime) -> History:
    """What of `chart` was known at `now`; `days` are its calendar's sessions, from before its first row to tomorrow.

    A bar is a session that has closed by `now` and whose price has settled: it traded at the close, or that is an hour
    ago. A row without four finite positive prices in order is never a bar and counts as rejected, as does one without
    volume on a day on which the exchange was closed. The quote is the source's latest price; where that was traded
    after `now` (a replay) it is the last bar's close; None where there is neither.
    """
    closes = {s.day: s.closes_at for s in days}
    bars, rejected = [], 0
    for row in chart.rows:
        closed_at = closes.get(row.day) or _special_close(row, chart.instrument.zone)
        if not row.valid or closed_at is None:
            rejected += 1
        elif _finished(closed_at, chart.traded, now):
            bars.append(_bar(chart, row, closed_at, now))
    return History(chart.instrument, tuple(bars), _quote(chart, days, bars, now), _actions(chart), rejected)


def _special_close(row: Row, zone: str) -> datetime | None:
    """A session that the calendar does not know is over when its day is; without volume there was none."""
    midnight = datetime.combine(row.day + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC) if row.volume > 0 else None


def _finished(closed_at: datetime, traded: datetime | None, now: datetime) -> bool:
    settled = now >= closed_at + _SETTLES or (traded is not None and traded >= closed_at)
    return closed_at <= now and settled


def _bar(chart: Chart, row: Row, closed_at: datetime, now: datetime) -> Bar:
    return Bar(
        symbol=chart.instrument.symbol,
        day=row.day,
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=int(row.volume) if 0 < row.volume < math.inf else None,
        currency=chart.instrument.currency,
        closed_at=closed_at,
        source=chart.source,
        fetched=now,
        known_from=closed_at,
    )


def _quote(chart: Chart, days: Sequence[Session], bars: Sequence[Bar], now: datetime) -> Quote | None:
    latest = _latest(chart, bars[-1] if bars else None, now)
    if latest is None:
        return None
    price, as_of, day = latest
    row = next((r for r in chart.rows if r.day == day and r.valid), None)
    instrument = chart.instrument
    return Quote(
        symbol=instrument.symbol,
        price=price,
        currency=instrument.currency,
        as_of=as_of,
        state=state_at(days, now, instrument.calendar, instrument.zone),
        previous_close=next((b.close for b in reversed(bars) if b.day < day), None),
        open=row and row.open,
        high=row and row.high,
        low=row and row.low,
        source=chart.source,
        fetched=now,
    )


def _latest(chart: Chart, last: Bar | None, now: datetime) -> tuple[float, datetime, date] | None:
    """(price, when it was traded, its day): the source's own, or the last bar's where that is newer or alone."""
    if chart.traded and chart.traded <= now + DRIFT and 0 < chart.price < math.inf:
        day = chart.traded.astimezone(ZoneInfo(chart.instrument.zone)).date()
        if last is None or day >= last.day:
            return chart.price, min(chart.traded, now), day
    return (last.close, last.closed_at, last.day) if last else None


def _actions(chart: Chart) -> tuple[Action, ...]:
    symbol = chart.instrument.symbol
    splits = [Action(symbol, r.day, "split", r.split) for r in chart.rows if 0 < r.split < math.inf]
    dividends = [Action(symbol, r.day, "dividend", r.dividend) for r in chart.rows if 0 < r.dividend < math.inf]
    return (*splits, *dividends)
