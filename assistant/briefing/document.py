"""The briefing as records. Every figure it prints is in `figures`; every source it names is in `citations`.

`to_dict` is the JSON twin; the other three forms are made of the same records by `assistant.render`.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal

from assistant.types import Citation, Derivation, Figure, Statement, plain

Form = Literal["text", "md", "html", "json"]


@dataclass(frozen=True, slots=True)
class Trend:
    """The last closes, oldest first, for a line without axes; `low` and `high` are the closes it runs between."""

    closes: tuple[float, ...]
    first: date
    last: date
    low: Figure
    high: Figure


@dataclass(frozen=True, slots=True)
class Row:
    """One symbol. While its session is open, `price` is the last traded one and the changes are so far."""

    symbol: str
    name: str
    kind: str
    exchange: str
    day: date  # of the session, in the exchange's zone
    when: str  # as printed: the day, or the time of a live price
    live: bool
    price: Figure
    percent: Figure | None  # against the previous close, as `amount`
    amount: Figure | None
    five_sessions: Figure | None
    one_month: Figure | None
    trend: Trend | None
    missing_sessions: int  # closed since the newest bar
    stale: str  # why its price is stale, as a line; "" where it is not
    backfilled: bool
    citation: int
    story: int | None = None  # the citation of its leading story

    @property
    def title(self) -> str:
        return f"{self.name} ({self.symbol})" if self.name not in ("", self.symbol) else self.symbol


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where else a story ran."""

    source: str
    url: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """One story as told here: its leading article is citation `citation`."""

    citation: int
    symbols: tuple[str, ...]
    outlets: Figure  # how many publishers ran it
    also_at: tuple[Outlet, ...]
    new: bool  # not yet known at the previous briefing
    articles: tuple[str, ...]  # the ids of all its articles


@dataclass(frozen=True, slots=True)
class Section:
    """The stories of one symbol, or of the market where `symbol` is None."""

    symbol: str | None
    title: str
    stories: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new since the briefing of `since`; None where this is the first."""

    since: datetime | None
    material: bool
    new_prices: tuple[str, ...]
    movers: tuple[str, ...]
    new_stories: Figure
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class FailedSource:
    name: str
    kind: str
    error: str
    failures: Figure  # in a row
    last_ok: datetime | None
    next_poll: datetime | None


@dataclass(frozen=True, slots=True)
class Quality:
    """What the briefing does not know, does not show, or knows late. `statements` says all of it in prose."""

    failed: tuple[FailedSource, ...]
    stale: tuple[str, ...]  # symbols
    without_data: tuple[str, ...]
    duplicates: Figure  # articles folded into another outlet's story
    beyond_cap: Figure  # stories
    other_symbols: Figure  # stories about symbols that are not followed
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Briefing:
    as_of: datetime
    since: datetime  # the news counts from here
    zone: str  # IANA: the reader's
    sample: bool  # some of it is invented
    conclusion: Statement
    indices: tuple[Row, ...]
    watchlist: tuple[Row, ...]  # the largest move first
    sections: tuple[Section, ...]
    changes: Changes
    quality: Quality
    citations: tuple[Citation, ...]  # numbered from 1 without gaps
    notice: str

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*self.indices, *self.watchlist)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure in it, each once, in the order of the document."""
        return tuple(dict.fromkeys(_figures(self)))

    @property
    def known(self) -> bool:
        """Whether there is anything to tell: a price or a story."""
        return bool(self.rows or self.sections)

    def cited(self, n: int) -> Citation:
        return self.citations[n - 1]

    def render(self, form: Form) -> str:
        """The briefing as it is printed or written to a file."""
        if form == "json":
            return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"
        return {"text": self.to_text, "md": self.to_markdown, "html": self.to_html}[form]()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; instants are ISO 8601 with offset, days are ISO dates."""
        document: dict[str, Any] = plain(asdict(self))
        document["stories"] = document.pop("sections")
        return document | {"figures": plain([asdict(f) for f in self.figures])}

    def to_text(self, width: int = 80) -> str:
        from assistant.render.briefing import briefing_text

        return briefing_text(self, width)

    def to_markdown(self) -> str:
        from assistant.render.briefing import briefing_markdown

        return briefing_markdown(self)

    def to_html(self) -> str:
        """One file: no script, no remote load, a Content-Security-Policy that allows its own style only."""
        from assistant.render.page import briefing_html

        return briefing_html(self)


def counted(n: int, what: str, citation: int | None = None) -> Figure:
    """A count as a figure, so that no digit of the briefing is without a record."""
    return Figure(f"{n:,}", float(n), "", None, what, None, citation, Derivation("count", ()))


def numbered(count: Figure, one: str, many: str = "") -> str:
    """`no story`, `1 story`, `3 stories`: prose for a count; `many` defaults to `one` with an s."""
    if not count.value:
        return f"no {one}"
    return f"{count.text} {one if count.value == 1 else many or one + 's'}"


def _figures(record: Any) -> Iterator[Figure]:
    if isinstance(record, Figure):
        yield record
    elif isinstance(record, tuple):
        for item in record:
            yield from _figures(item)
    elif is_dataclass(record):
        for field in fields(record):
            yield from _figures(getattr(record, field.name))
