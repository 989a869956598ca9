"""Reads market views and findings from the ledger: the only file of this room that touches a store."""

from datetime import date, datetime, timedelta

from assistant.market.facts import Finding, answer_part
from assistant.market.splits import on_one_basis
from assistant.market.view import MarketView
from assistant.types import Part, Period
from ingest.ledger import Ledger

FIGURE_KINDS = frozenset({"price", "move", "high_low", "comparison"})
_EARLIEST = date(1900, 1, 1)  # a question may name any day; the calendar's arithmetic must not leave it
_REACH = timedelta(days=21)  # far enough back to hold the last close before any holiday


def find(
    ledger: Ledger, part: Part, as_of: datetime, first_citation: int, strict: bool = False
) -> tuple[list[Finding], list[str]]:
    """The findings of a figure part, one a symbol, and the symbols that the ledger does not hold."""
    days = 365 if part.period is None and part.kind not in {"price", "move", "comparison"} else 0
    views = {s: load_view(ledger, s, as_of, part.period, days, strict) for s in part.symbols}
    known = [v for v in views.values() if v]
    return answer_part(part, known, first_citation), [s for s, v in views.items() if v is None]


def load_view(
    ledger: Ledger, symbol: str, as_of: datetime, period: Period | None = None, days: int = 0, strict: bool = False
) -> MarketView | None:
    """What was known of `symbol` at `as_of`, over `period` (or the last `days`) and three weeks before it.

    None where the ledger has no such instrument.
    """
    instrument = ledger.market.instruments([symbol]).get(symbol)
    if instrument is None:
        return None
    today = as_of.date()
    start = min(max(period.start, _EARLIEST) if period else today, today) - _REACH - timedelta(days=days)
    bars = ledger.market.bars(symbol, as_of, start=start, strict=strict)
    if not bars:  # nothing so recent: what there is says how far the store reaches
        bars = ledger.market.bars(symbol, as_of, strict=strict)
    first: date = min(start, bars[-1].day if bars else start)
    sessions = ledger.market.sessions(instrument.calendar, first, today + _REACH)
    quote, splits = ledger.market.quote(symbol, as_of), ledger.market.splits(symbol)
    return on_one_basis(MarketView(instrument, bars, quote, sessions, as_of, splits))
