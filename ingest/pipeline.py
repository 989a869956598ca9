"""One ingest run: polls quotes and feeds into the ledger, then brings the index up to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from time import perf_counter
from typing import Literal

from ingest import schedule
from ingest.errors import BellError
from ingest.indexing import Indexer
from ingest.ledger import Ledger
from ingest.polling import FeedPolls, Linker, Polls, QuotePolls, ReadFeed
from ingest.progress import Progress, Silent
from ingest.second import ReadQuotes, Second
from ingest.types import RunReport, Session, SourceState

What = Literal["news", "quotes", "all"]


@dataclass(frozen=True)
class Pipeline:
    """The parts of a run, put together by the composition root. `symbols` and `feeds` are what is followed."""

    ledger: Ledger
    symbols: Sequence[str]
    feeds: Sequence[SourceState]  # as they are before their first poll
    read_quotes: ReadQuotes
    read_feed: ReadFeed
    sessions: Callable[[str, date, date], list[Session]]
    directory: Callable[[], Iterable[tuple[str, str]]]
    linker: Callable[[Mapping[str, Sequence[str]], Sequence[str]], Linker]
    indexer: Indexer
    progress: Progress = field(default_factory=Silent)
    notices: Sequence[str] = ()  # what the report warns of whatever happens
    second: Second | None = None  # asked for the latest prices that the first source did not bring

    async def run(self, what: What, now: datetime, due: bool = False) -> RunReport:
        """Polls what is followed (`due`: only what is to be polled by `now`) and indexes what is new.

        A source that failed is in the report; an index that cannot be written raises its `BellError`, after the
        report was saved: the ledger then has all that was read, and the next run goes on from there.
        """
        begun = perf_counter()
        polls = self._polls(self.ledger.sources.states().values(), now, due)
        quotes = self._quotes(polls)
        # Quotes first: they tell the names by which articles are linked to symbols.
        if what in {"quotes", "all"}:
            await quotes.run()
        quotes.store_names()
        if what in {"news", "all"}:
            await self._news(polls).run(lambda: self.linker(self.ledger.market.names(), self.symbols))
        try:
            indexed = self.indexer.run(now)
        except BellError as error:
            self.ledger.sources.save_run(polls.report(perf_counter() - begun, 0, self.notices, [str(error)]))
            raise
        report = polls.report(perf_counter() - begun, indexed, self.notices)
        if report.sources or indexed:  # else it is one of cron's many looks at nothing due
            self.ledger.sources.save_run(report)
        return report

    async def poll(self, source: SourceState, now: datetime, linker: Callable[[], Linker]) -> RunReport:
        """Polls one source if it is due, and leaves the index to others: what one of many workers does. `source` is as
        before its first poll; a report without sources says that it was not due."""
        begun = perf_counter()
        polls = self._polls(self.ledger.sources.held(), now, due=True)
        if source.kind == "quotes":
            quotes = replace(self, symbols=[source.url.removeprefix("yahoo:")])._quotes(polls)
            await quotes.run()
            quotes.store_names()
        else:
            await replace(self, feeds=[source])._news(polls).run(linker)
        report = polls.report(perf_counter() - begun, 0, self.notices)
        if report.sources:
            self.ledger.sources.save_run(report)
        return report

    async def refresh(self, now: datetime) -> RunReport:
        """Polls the quotes of `symbols` alone, for a question that waits: the index is left to the next run."""
        begun = perf_counter()
        polls = self._polls(self.ledger.sources.states().values(), now, due=False)
        await self._quotes(polls).run()
        report = polls.report(perf_counter() - begun, 0, self.notices)
        self.ledger.sources.save_run(report)
        return report

    def _polls(self, remembered: Iterable[SourceState], now: datetime, due: bool) -> Polls:
        states = list(remembered)
        return Polls(self.ledger.sources, now, due, schedule.holds(states, now), schedule.refusals(states))

    def _quotes(self, polls: Polls) -> QuotePolls:
        return QuotePolls(
            self.ledger.market,
            polls,
            self.symbols,
            self.read_quotes,
            self.sessions,
            self.directory,
            self.progress,
            self.second,
        )

    def _news(self, polls: Polls) -> FeedPolls:
        return FeedPolls(self.ledger.news, polls, self.feeds, self.read_feed, self.progress)
