"""A second source of latest prices, asked where the first brought nothing. It never adds to a series of bars."""

from asyncio import to_thread
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ingest.errors import NoData
from ingest.gate import Judged, judge
from ingest.ledger.market import Market
from ingest.types import History, SourceReport, SourceState

ReadQuotes = Callable[[str, date | None, datetime], History]

_A_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class Second:
    """`name` is its key in the ledger (`name:SYMBOL`) and the source of its prices; `covers` says what it may know."""

    name: str
    covers: Callable[[str], bool]
    read: ReadQuotes


def unanswered(
    symbols: Iterable[str], states: Mapping[str, SourceState], reports: Sequence[SourceReport], now: datetime
) -> list[str]:
    """The symbols of which the first source gave nothing when it was last asked, or is not to be asked now."""
    missed = {r.url for r in reports if r.outcome != "ok"}

    def is_missing(url: str) -> bool:
        state = states.get(url)
        return url in missed or bool(state and (state.failures or (state.held_until or now) > now))

    return [s for s in symbols if is_missing(f"yahoo:{s}")]


async def latest(second: Second, market: Market, symbol: str, now: datetime) -> Judged:
    """The latest price that the second source has, held against what is stored of `symbol`. What is known of the
    instrument stays as it is. Raises the reader's `SourceError`, and `NoData` where it is about something else."""
    found = await to_thread(second.read, symbol, None, now)
    known = market.instruments([symbol]).get(symbol, found.instrument)
    if known.currency != found.instrument.currency:
        raise NoData(f"{second.name} knows {symbol} in {found.instrument.currency}, the store in {known.currency}")
    judged = judge(replace(found, instrument=known, bars=()), market.bars(symbol, now, now.date() - _A_MONTH))
    if judged.history.quote is None:
        raise NoData(f"the price that {second.name} has for {symbol} is off by a factor, and kept out")
    return judged
