"""What is known of one symbol at one instant, and the points a sentence may name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from assistant.numbers import price_text
from assistant.types import Field, Figure, Period
from ingest.types import Action, Bar, Instrument, Quote, Session

_YIELDS = frozenset({"^IRX", "^FVX", "^TNX", "^TYX"})  # of treasuries: 4.25 means 4.25 % a year
_SPLIT_KINDS = frozenset({"equity", "etf", "fund"})  # of which shares can be split


@dataclass(frozen=True, slots=True)
class Point:
    """One price with its instant. `live` is a price from inside a session whose close is not known."""

    value: float
    day: date
    as_of: datetime
    fetched: datetime
    field: str
    source: str
    checksum: str  # of the stored row
    live: bool = False


@dataclass(frozen=True, slots=True)
class MarketView:
    """`bars` are the finished sessions known at `as_of`, oldest first, all on one basis; `sessions` those of the
    exchange around them; `splits` all that are stored, `dividends` those known at `as_of`; bars from before
    `unadjusted` are left out, since they are stored from before it."""

    instrument: Instrument
    bars: Sequence[Bar]
    quote: Quote | None
    sessions: Sequence[Session]
    as_of: datetime
    splits: Sequence[Action] = ()
    unadjusted: Action | None = None
    dividends: Sequence[Action] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.instrument.zone)

    @property
    def today(self) -> date:
        return self.as_of.astimezone(self.zone).date()

    @property
    def name(self) -> str:
        instrument = self.instrument
        known = instrument.name and instrument.name != instrument.symbol
        return f"{instrument.name} ({instrument.symbol})" if known else instrument.symbol

    @property
    def unit(self) -> str:
        """What its prices are in: a currency as the exchange quotes it, the points of an index, the percent of a yield;
        nobody pays dollars for an index."""
        if self.instrument.kind != "index":
            return self.instrument.currency
        return "percent" if self.instrument.symbol in _YIELDS else "points"

    @property
    def basis(self) -> str:
        """What the prices are adjusted for; nothing where there is nothing to adjust."""
        return "split-adjusted prices" if self.instrument.kind in _SPLIT_KINDS else ""

    @property
    def closes(self) -> str:
        return "split-adjusted closes" if self.basis else "closes"

    @property
    def live(self) -> Point | None:
        """The price of the session that is open at `as_of` or was the last to close, unless its bar is there."""
        session, quote = self._begun, self.quote
        if not session or not quote or quote.as_of < session.opens_at:
            return None
        if self.bars and self.bars[-1].day >= session.day:
            return None
        return Point(
            quote.price, session.day, quote.as_of, quote.fetched, "last", quote.source, quote.checksum, live=True
        )

    def so_far(self, field: Field) -> Point | None:
        """What `live` is of a close, the same session's open, high or low until then; None where no quote tells it."""
        live, quote = self.live, self.quote
        if field == "close" or not live or not quote:
            return live if field == "close" else None
        value = {"open": quote.open, "high": quote.high, "low": quote.low}.get(field)
        return replace(live, value=value, field=field) if value else None

    @property
    def _begun(self) -> Session | None:
        return next((s for s in reversed(self.sessions) if s.opens_at <= self.as_of), None)

    @property
    def open_session(self) -> Session | None:
        return next((s for s in self.sessions if s.opens_at <= self.as_of < s.closes_at), None)

    def last_session(self, before: date) -> date | None:
        """The newest session day before `before` that had closed by `as_of`; None where the calendar is not known."""
        return next((s.day for s in reversed(self.sessions) if s.day < before and s.closes_at <= self.as_of), None)

    @property
    def missing_sessions(self) -> int:
        """How many sessions have closed since the newest bar: more than none means the store is stale."""
        newest = self.bars[-1].day if self.bars else date.min
        return sum(s.closes_at <= self.as_of and s.day > newest for s in self.sessions)

    def is_session(self, day: date) -> bool | None:
        """Whether the exchange traded on `day`; None where its calendar is not known for that day."""
        if not self.sessions or not self.sessions[0].day <= day <= self.sessions[-1].day:
            return None
        return any(s.day == day for s in self.sessions)

    def inside(self, period: Period) -> list[Bar]:
        return [b for b in self.bars if period.start <= b.day <= period.end]

    def points(self, period: Period, field: Field) -> list[Point]:
        """The `field` of each session inside `period`, oldest first; of one whose close is not stored it is that so
        far."""
        last = self.so_far(field)
        running = [last] if last and period.start <= last.day <= period.end else []
        return [*(bar_point(b, field) for b in self.inside(period)), *running]

    def before(self, day: date) -> Bar | None:
        """The last finished session before `day`."""
        return next((b for b in reversed(self.bars) if b.day < day), None)

    # Printing

    def figure(self, point: Point, n: int) -> Figure:
        unit = "shares" if point.field == "volume" else self.unit
        text = f"{point.value:,.0f}" if unit == "shares" else price_text(point.value, self.instrument.kind)
        return Figure(
            text, point.value, unit, self.instrument.symbol, point.field, point.as_of, n,
            session=point.day, source=point.source, checksum=point.checksum,
        )  # fmt: skip

    def when(self, point: Point) -> str:
        """`Fri 27 Feb 2026` for a finished session, `11:32 EST on Fri 27 Feb 2026` for a live price."""
        day = day_text(point.day)
        return f"{self.clock(point)} on {day}" if point.live else day

    def until(self, point: Point) -> str:
        """`Fri 27 Feb 2026`; `Fri 27 Feb 2026 until 11:32 EST` for the high or low of a session so far."""
        so_far = point.live and point.field != "open"
        return f"{day_text(point.day)} until {self.clock(point)}" if so_far else day_text(point.day)

    def clock(self, point: Point) -> str:
        """`11:32 EST`: the time of a price in the exchange's zone."""
        return clock_text(point.as_of, self.zone)


def bar_point(bar: Bar, field: Field = "close") -> Point:
    value = bar.volume if field == "volume" else getattr(bar, field)
    return Point(float(value or 0), bar.day, bar.closed_at, bar.fetched, field, bar.source, bar.checksum)


def day_text(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def clock_text(instant: datetime, zone: tzinfo) -> str:
    """`11:32 EST`; `11:32 UTC+03:00` where the zone has no name."""
    local = instant.astimezone(zone)
    name, offset = local.tzname() or "", f"{local:%z}"
    return f"{local:%H:%M} {name if name.isalpha() else f'UTC{offset[:3]}:{offset[3:5]}'}"
