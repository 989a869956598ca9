"""The symbols of one run, one after the other: Yahoo limits, and yfinance is not made for threads."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from ingest.errors import NoData, Unreachable
from ingest.gate import Judged, judge, readjusted
from ingest.ledger.market import Market
from ingest.polling.polls import Poll, Polls, said, stored
from ingest.progress import Progress
from ingest.second import ReadQuotes, Second, latest, unanswered
from ingest.types import Session, SourceReport, SourceState

GIVE_UP = 2  # symbols in a row that Yahoo did not answer: a run asks it for no other
A_YEAR, HALF_A_YEAR, A_MONTH = timedelta(days=365), timedelta(days=182), timedelta(days=31)
READ_AGAIN = "all its days were read again: the source has adjusted them, as for a split that it does not tell of"


@dataclass(frozen=True)
class QuotePolls:
    market: Market
    polls: Polls
    symbols: Sequence[str]
    read: ReadQuotes
    sessions: Callable[[str, date, date], list[Session]]
    directory: Callable[[], Iterable[tuple[str, str]]]
    progress: Progress
    second: Second | None

    async def run(self) -> None:
        """Polls the symbols, then the second source for those that brought nothing, and keeps the calendars filled."""
        states = self.polls.to_ask(SourceState(f"yahoo:{s}", "quotes", s) for s in self.symbols)
        self.progress.start("quotes", len(states))
        missed = 0
        for state in states:
            report = _not_asked(state) if missed == GIVE_UP else await self.polls.attempt(state, self._poll)
            if missed < GIVE_UP:
                missed = missed + 1 if report.outcome == Unreachable.kind else 0
            self.polls.reports.append(report)
            self.progress.advance("quotes")
        self.progress.finish("quotes")
        if self.second:
            await self._ask_second(self.second)
        self._store_sessions()

    async def _poll(self, state: SourceState) -> Poll:
        symbol = state.url.removeprefix("yahoo:")
        last = self.market.last_day(symbol)
        if state.read_in_full is None:  # the first time, and where prices were lost
            last = None
        judged, in_full, adjusted = await self._judged(symbol, last)
        if judged.history.quote is None and not judged.history.bars:
            raise NoData(
                f"all prices that came for {symbol} are off by a factor, and kept out", "a later run asks again"
            )
        counts = stored(partial(self.market.put, judged.history))
        read_in_full = self.polls.now if in_full else state.read_in_full
        after = replace(state, title=judged.history.instrument.name, read_in_full=read_in_full)
        warnings = [*judged.warnings, *([READ_AGAIN] if adjusted else [])]
        return Poll(after, counts=counts, rejected=judged.history.rejected, warnings=warnings)

    async def _judged(self, symbol: str, last: date | None) -> tuple[Judged, bool, bool]:
        """What came since `last` (None: all), whether in the end that is all its days, and whether only their new
        values told that."""
        now = self.polls.now
        history = await asyncio.to_thread(self.read, symbol, last, now)
        known = self.market.bars(symbol, now, last - A_MONTH) if last else []
        told = last is not None and any(a.kind == "split" and a.day > last for a in history.actions)
        adjusted = readjusted(history.bars, known)
        if told or adjusted:
            # All earlier prices are worth something else now; as stored they still count for the time before.
            history = await asyncio.to_thread(self.read, symbol, None, now)
            last, known = None, []
        return judge(history, known), last is None, adjusted and not told

    async def _ask_second(self, second: Second) -> None:
        states = self.polls.sources.states("quotes")
        missing = unanswered(self.symbols, states, self.polls.reports, self.polls.now)

        async def poll(state: SourceState) -> Poll:
            judged = await latest(second, self.market, state.title, self.polls.now)
            counts = stored(partial(self.market.put, judged.history))
            told = f"the latest price is {second.name}'s, as Yahoo gave none; the days before it are as they were"
            return Poll(state, counts=counts, warnings=[*judged.warnings, told])

        asked = (SourceState(f"{second.name}:{s}", "quotes", s) for s in missing if second.covers(s))
        for state in self.polls.to_ask(asked):
            self.polls.reports.append(await self.polls.attempt(state, poll))

    def _store_sessions(self) -> None:
        """A year either side of now for each calendar that does not reach half a year ahead yet."""
        today = self.polls.now.date()
        for calendar in sorted({i.calendar for i in self.market.instruments(list(self.symbols)).values()}):
            last = self.market.last_session(calendar)
            if last and last >= today + HALF_A_YEAR:
                continue
            try:
                self.market.put_sessions(self.sessions(calendar, today - A_YEAR, today + A_YEAR))
            except Exception as error:  # of the calendar's package: prices are good without
                self.polls.warnings.append(f"the sessions of {calendar} are not known: {said(error)}")

    def store_names(self) -> None:
        """What people call the symbols, where that is new: the directory once, and the names their source gives."""
        if not self.market.has_names("directory"):
            self.market.put_names(self.directory(), "directory")
        known = self.market.names()
        called = [(i.name, symbol) for symbol, i in self.market.instruments(list(self.symbols)).items()]
        fresh = [(name, symbol) for name, symbol in called if symbol not in known.get(name.casefold(), ())]
        if fresh:
            self.market.put_names(fresh, "instrument")


def _not_asked(state: SourceState) -> SourceReport:
    """Nothing is remembered of it: the next run asks."""
    error = "not asked: Yahoo did not answer for the two before it; the next run asks again"
    return SourceReport(state.shown, state.kind, Unreachable.kind, error=error)
