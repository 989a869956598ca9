"""The records that cross the border between the write side, the ledger and the read side.

All instants are timezone-aware UTC. Prices are in `currency` exactly as the source quotes it (`GBp` is pence).
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

MarketState = Literal["pre", "open", "post", "closed"]
SourceKind = Literal["news", "quotes"]
_USER = re.compile(r"(//)[^/?#]*@")
_KEY = re.compile(r"([?&][\w.-]*(?:key|token|secret|pass|auth|sig|pwd|credential)[\w.-]*=)[^&#]*", re.IGNORECASE)


def digest(*parts: object) -> str:
    """A short stable checksum of `parts`: 16 hex digits of SHA-256 over their joined text."""
    return hashlib.sha256("\x1f".join("" if p is None else str(p) for p in parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Article:
    """One news item as a feed delivered it, with plain text only (no markup, no control characters)."""

    id: str
    feed: str  # the feed's url: the key of its source
    url: str
    title: str
    text: str  # summary or content; "" where the feed gives a title only
    source: str  # the publisher, as a reader would name it
    published: datetime | None  # None where the feed gives no usable date
    first_seen: datetime
    fetched: datetime
    symbols: tuple[str, ...] = ()
    guid: str | None = None

    @property
    def content_hash(self) -> str:
        return digest(self.title, self.text, self.url, self.published)

    @property
    def known_from(self) -> datetime:
        """The instant from which an answer may use it: nothing counts before it was published and seen."""
        return max(self.published or self.first_seen, self.first_seen)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a symbol was taken for. `calendar` is the ISO 10383 market code of its sessions, or `24/7`, `24/5`."""

    symbol: str
    name: str
    kind: str  # equity, etf, index, currency, cryptocurrency, future, fund
    exchange: str  # as the source names it: NasdaqGS, LSE
    calendar: str
    zone: str  # IANA zone of the exchange
    currency: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One finished regular session. `close` is the traded close, adjusted for splits and not for dividends."""

    symbol: str
    day: date  # the session's date in the exchange's zone
    open: float
    high: float
    low: float
    close: float
    volume: int | None
    currency: str
    closed_at: datetime  # when that session closed
    source: str
    fetched: datetime
    known_from: datetime  # closed_at for the first value of a day, the fetch for a revised one

    @property
    def backfilled(self) -> bool:
        """Fetched well after the close it reports: known to the market then, to this store only later."""
        return (self.fetched - self.closed_at).total_seconds() > 36 * 3600

    @property
    def checksum(self) -> str:
        prices = (self.open, self.high, self.low, self.close)
        return digest(self.symbol, self.day, *map(repr, prices), self.volume, self.currency, self.source)


@dataclass(frozen=True, slots=True)
class Quote:
    """The latest traded price at `as_of`. While the session is open, `high` and `low` are so far today."""

    symbol: str
    price: float
    currency: str
    as_of: datetime
    state: MarketState
    previous_close: float | None
    open: float | None
    high: float | None
    low: float | None
    source: str
    fetched: datetime

    @property
    def checksum(self) -> str:
        return digest(self.symbol, repr(self.price), self.currency, self.as_of, self.state, self.source)


@dataclass(frozen=True, slots=True)
class Action:
    """A corporate action that took effect on `day`: a split (new shares for one old) or a cash dividend a share."""

    symbol: str
    day: date
    kind: Literal["split", "dividend"]
    value: float

    @property
    def checksum(self) -> str:
        return digest(self.symbol, self.day, self.kind, repr(self.value))


@dataclass(frozen=True, slots=True)
class Session:
    """One regular trading session of a calendar."""

    calendar: str
    day: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """All that one poll of one symbol brought."""

    instrument: Instrument
    bars: tuple[Bar, ...]
    quote: Quote | None
    actions: tuple[Action, ...] = ()
    rejected: int = 0  # rows that failed the gate: missing, not finite, zero, negative


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the ledger remembers of a source between polls. `url` is a feed's address, or `yahoo:SYMBOL`."""

    url: str
    kind: SourceKind
    title: str = ""
    enabled: bool = True
    etag: str | None = None  # validators are opaque: kept and sent back byte for byte
    last_modified: str | None = None
    body_hash: str | None = None
    last_ok: datetime | None = None
    last_error: str | None = None
    failures: int = 0  # in a row
    next_poll: datetime | None = None
    held_until: datetime | None = None
    read_in_full: datetime | None = None  # the last poll that brought the whole document, not a 304
    fresh_until: datetime | None = None  # until when the server calls that poll's answer fresh
    moved_to: str | None = None  # where it is redirected to for good; without moves, to whom, who holds it
    moves: int = 0  # successes in a row by way of that redirect

    @property
    def address(self) -> str:
        """Where it is asked. A permanent move counts after two successes, so that a slip of a server moves nothing;
        `url` stays its key, by which its articles are known."""
        return self.moved_to if self.moved_to and self.moves >= 2 else self.url

    @property
    def shown(self) -> str:
        """The address as reports name it: without the passwords and keys that it may hold."""
        return _KEY.sub(r"\1***", _USER.sub(r"\1***@", self.url))


@dataclass(frozen=True, slots=True)
class Counts:
    """What one write changed."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.new + other.new, self.updated + other.updated, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source's line in a run report. `outcome` is `ok`, `not modified`, `held`, or an error's kind."""

    url: str
    kind: SourceKind
    outcome: str
    counts: Counts = Counts()
    rejected: int = 0
    error: str | None = None
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return self.outcome not in {"ok", "not modified", "held"}


@dataclass(frozen=True, slots=True)
class RunReport:
    """One ingest run, as `bell ingest --json` prints it."""

    started: datetime
    seconds: float
    sources: tuple[SourceReport, ...] = ()
    indexed: int = 0  # nodes written to the index
    warnings: tuple[str, ...] = field(default=())

    @property
    def failed(self) -> int:
        return sum(s.failed for s in self.sources)

    @property
    def exit_code(self) -> int:
        """0 all well, 3 where sources failed: the run itself was done, and the others are stored."""
        return 3 if self.failed else 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer that was given. `document` is the whole of it as JSON; empty in a listing."""

    id: int
    given: datetime
    status: str
    question: str
    document: dict[str, Any] = field(default_factory=dict)


def revised(bar: Bar) -> Bar:
    """`bar` as a later revision of its day: it counts only from its fetch."""
    return replace(bar, known_from=max(bar.fetched, bar.closed_at))
