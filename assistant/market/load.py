"""Reads market views and findings from the ledger: the only file of this room that touches a store."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from assistant.market.facts import answer_part
from assistant.market.finding import Finding
from assistant.market.series import counted
from assistant.market.splits import on_one_basis
from assistant.market.view import MarketView
from assistant.types import Part, Period
from ingest.ledger import Ledger
from ingest.types import Instrument

FIGURE_KINDS = frozenset({"price", "move", "high_low", "comparison"})
_EARLIEST = date(1900, 1, 1)  # a question may name any day; the calendar's arithmetic must not leave it
_REACH = timedelta(days=21)  # far enough back to hold the last close before any holiday


PeriodOn = Callable[[date], Period | None]  # what a part's period is, to whom it is that day


def find(
    ledger: Ledger,
    part: Part,
    as_of: datetime,
    first_citation: int,
    strict: bool = False,
    period_on: PeriodOn | None = None,
) -> tuple[list[Finding], list[str]]:
    """The findings of a figure part, one a symbol, and the symbols that the ledger does not hold. With `period_on`,
    "today" is each exchange's own."""
    days = 365 if part.period is None and part.kind not in {"price", "move", "comparison"} else 0
    days = max(days, 2 * counted(part.text)) if part.kind == "other" else days  # so many sessions, and their weekends
    known: list[MarketView] = []
    periods: list[Period | None] = []
    for symbol, instrument in _instruments(ledger, part.symbols).items():
        today = as_of.astimezone(ZoneInfo(instrument.zone)).date()
        period = period_on(today) if period_on else part.period
        if view := load_view(ledger, symbol, as_of, period, days, strict):
            known.append(view)
            periods.append(period)
    found = {v.instrument.symbol for v in known}
    return answer_part(part, known, first_citation, periods), [s for s in part.symbols if s not in found]


def _instruments(ledger: Ledger, symbols: Sequence[str]) -> dict[str, Instrument]:
    stored = ledger.market.instruments(symbols)
    return {s: stored[s] for s in symbols if s in stored}


def load_view(
    ledger: Ledger, symbol: str, as_of: datetime, period: Period | None = None, days: int = 0, strict: bool = False
) -> MarketView | None:
    """What was known of `symbol` at `as_of`, over `period` (or the last `days`) and three weeks before it.

    None where the ledger has no such instrument.
    """
    instrument = ledger.market.instruments([symbol], as_of).get(symbol)
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
    dividends = ledger.market.dividends(symbol, as_of, strict)
    return on_one_basis(MarketView(instrument, bars, quote, sessions, as_of, splits, dividends=dividends))
