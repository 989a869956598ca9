"""One ingest run: polls quotes and feeds into the ledger, then brings the index up to it.

Each source's outcome is its own: whatever goes wrong with one is typed, remembered, reported, and stops no other. An
answer's validators are saved after the entries they cover, so a kill between the two only means reading it again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Literal, Protocol, TypeVar

from ingest import schedule
from ingest.errors import BellError, Held, NoData, NotStored, RateLimited, SourceError, Unreachable
from ingest.gate import judge, readjusted
from ingest.indexing import Indexer
from ingest.ledger import Ledger
from ingest.progress import Progress, Silent
from ingest.second import ReadQuotes, Second, latest, unanswered
from ingest.types import Article, Counts, RunReport, Session, SourceReport, SourceState

T = TypeVar("T")
What = Literal["news", "quotes", "all"]

AT_ONCE, A_HOST = 16, 2  # feeds polled at a time, in all and of one host
TOGETHER = 64  # good polls of feeds remembered in one commit: each waits for the disk
GIVE_UP = 2  # symbols in a row that Yahoo did not answer: a run asks it for no other
A_YEAR, HALF_A_YEAR, A_MONTH = timedelta(days=365), timedelta(days=182), timedelta(days=31)
READ_AGAIN = "all its days were read again: the source has adjusted them, as for a split that it does not tell of"


class Feed(Protocol):
    """What a poll of a feed brought."""

    @property
    def articles(self) -> Sequence[Article]: ...

    @property
    def warnings(self) -> Sequence[str]: ...


class Linker(Protocol):
    def link(self, article: Article) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Poll:
    """What one successful poll changed, and the state to remember."""

    state: SourceState
    outcome: str = "ok"
    counts: Counts = field(default_factory=Counts)
    rejected: int = 0
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Pipeline:
    """The parts of a run, put together by the composition root. `symbols` and `feeds` are what is followed."""

    ledger: Ledger
    symbols: Sequence[str]
    feeds: Sequence[SourceState]  # as they are before their first poll
    read_quotes: ReadQuotes
    read_feed: Callable[[SourceState, datetime, Mapping[str, datetime]], Awaitable[tuple[Feed | None, SourceState]]]
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
        states = self.ledger.sources.states().values()
        run = _Run(self, now, due, schedule.holds(states, now), schedule.refusals(states))
        # Quotes first: they tell the names by which articles are linked to symbols.
        if what in {"quotes", "all"}:
            await run.quotes()
        run.store_names()
        if what in {"news", "all"}:
            await run.news(run.linker)
        try:
            indexed = self.indexer.run(now)
        except BellError as error:
            self.ledger.sources.save_run(run.report(perf_counter() - begun, 0, [str(error)]))
            raise
        report = run.report(perf_counter() - begun, indexed)
        if report.sources or indexed:  # else it is one of cron's many looks at nothing due
            self.ledger.sources.save_run(report)
        return report

    async def poll(self, source: SourceState, now: datetime, linker: Callable[[], Linker]) -> RunReport:
        """Polls one source if it is due, and leaves the index to others: what one of many workers does. `source` is as
        before its first poll; a report without sources says that it was not due."""
        begun = perf_counter()
        quoted = source.kind == "quotes"
        parts = replace(self, symbols=[source.url.removeprefix("yahoo:")]) if quoted else replace(self, feeds=[source])
        held = self.ledger.sources.held()
        run = _Run(parts, now, True, schedule.holds(held, now), schedule.refusals(held))
        if quoted:
            await run.quotes()
            run.store_names()
        else:
            await run.news(linker)
        report = run.report(perf_counter() - begun, 0)
        if report.sources:
            self.ledger.sources.save_run(report)
        return report

    async def refresh(self, now: datetime) -> RunReport:
        """Polls the quotes of `symbols` alone, for a question that waits: the index is left to the next run."""
        begun = perf_counter()
        states = self.ledger.sources.states().values()
        run = _Run(self, now, False, schedule.holds(states, now), schedule.refusals(states))
        await run.quotes()
        report = run.report(perf_counter() - begun, 0)
        self.ledger.sources.save_run(report)
        return report


@dataclass
class _Run:
    """The state of one run: which servers are held by now, and what was reported so far."""

    parts: Pipeline
    now: datetime
    due: bool
    holds: dict[str, datetime]
    refusals: dict[str, int]  # limits in a row before this run, by server
    reports: list[SourceReport] = field(default_factory=list)
    settled: list[SourceState] = field(default_factory=list)  # after good polls, not yet remembered
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    warnings: list[str] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )  # wording -> the sources it is about

    def report(self, seconds: float, indexed: int, more: Sequence[str] = ()) -> RunReport:
        remarks = [f"{_some(urls)}: {remark}" for remark, urls in self.remarks.items()]
        warnings = (*self.parts.notices, *self.warnings, *remarks, *more)
        return RunReport(self.now, round(seconds, 3), tuple(self.reports), indexed, warnings)

    # Quotes

    async def quotes(self) -> None:
        """One symbol after the other: Yahoo limits, and yfinance is not made for threads."""
        states = self._to_poll(SourceState(f"yahoo:{s}", "quotes", s) for s in self.parts.symbols)
        self.parts.progress.start("quotes", len(states))
        unanswered = 0
        for state in states:
            report = _not_asked(state) if unanswered == GIVE_UP else await self._attempt(state, self._poll_symbol)
            if unanswered < GIVE_UP:
                unanswered = unanswered + 1 if report.outcome == Unreachable.kind else 0
            self.reports.append(report)
            self.parts.progress.advance("quotes")
        self.parts.progress.finish("quotes")
        await self._second_quotes()
        self._store_sessions()

    async def _poll_symbol(self, state: SourceState) -> Poll:
        symbol, market = state.url.removeprefix("yahoo:"), self.parts.ledger.market
        last = market.last_day(symbol)
        if state.read_in_full is None:  # the first time, and where prices were lost
            last = None
        history = await asyncio.to_thread(self.parts.read_quotes, symbol, last, self.now)
        stored = market.bars(symbol, self.now, last - A_MONTH) if last else []
        told = last is not None and any(a.kind == "split" and a.day > last for a in history.actions)
        adjusted = readjusted(history.bars, stored)
        if told or adjusted:
            # All earlier prices are worth something else now; as stored they still count for the time before.
            history = await asyncio.to_thread(self.parts.read_quotes, symbol, None, self.now)
            last, stored = None, []
        judged = judge(history, stored)
        if judged.history.quote is None and not judged.history.bars:
            raise NoData(
                f"all prices that came for {symbol} are off by a factor, and kept out", "a later run asks again"
            )
        counts = _stored(partial(market.put, judged.history))
        in_full = state.read_in_full if last else self.now
        after = replace(state, title=history.instrument.name, read_in_full=in_full)
        warnings = [*judged.warnings, *([READ_AGAIN] if adjusted and not told else [])]
        return Poll(after, counts=counts, rejected=judged.history.rejected, warnings=warnings)

    async def _second_quotes(self) -> None:
        if not (second := self.parts.second):
            return
        states = self.parts.ledger.sources.states("quotes")
        missing = filter(second.covers, unanswered(self.parts.symbols, states, self.reports, self.now))

        async def poll(state: SourceState) -> Poll:
            market, symbol = self.parts.ledger.market, state.title
            judged = await latest(second, market, symbol, self.now)
            counts = _stored(partial(market.put, judged.history))
            told = f"the latest price is {second.name}'s, as Yahoo gave none; the days before it are as they were"
            return Poll(state, counts=counts, warnings=[*judged.warnings, told])

        for state in self._to_poll(SourceState(f"{second.name}:{s}", "quotes", s) for s in missing):
            self.reports.append(await self._attempt(state, poll))

    def _store_sessions(self) -> None:
        """A year either side of now for each calendar that does not reach half a year ahead yet."""
        market, today = self.parts.ledger.market, self.now.date()
        for calendar in sorted({i.calendar for i in market.instruments(list(self.parts.symbols)).values()}):
            last = market.last_session(calendar)
            if last and last >= today + HALF_A_YEAR:
                continue
            try:
                market.put_sessions(self.parts.sessions(calendar, today - A_YEAR, today + A_YEAR))
            except Exception as error:  # of the calendar's package: prices are good without
                self.warnings.append(f"the sessions of {calendar} are not known: {_said(error)}")

    def store_names(self) -> None:
        """What people call the symbols, where that is new: the directory once, and the names their source gives."""
        market = self.parts.ledger.market
        if not market.has_names("directory"):
            market.put_names(self.parts.directory(), "directory")
        known = market.names()
        called = [(i.name, symbol) for symbol, i in market.instruments(list(self.parts.symbols)).items()]
        fresh = [(name, symbol) for name, symbol in called if symbol not in known.get(name.casefold(), ())]
        if fresh:
            market.put_names(fresh, "instrument")

    # News

    def linker(self) -> Linker:
        return self.parts.linker(self.parts.ledger.market.names(), self.parts.symbols)

    async def news(self, make_linker: Callable[[], Linker]) -> None:
        """Many feeds at a time, few of them from one host."""
        states = self._to_poll(self.parts.feeds)
        if not states:
            return
        linker = make_linker()
        at_once = asyncio.Semaphore(AT_ONCE)
        a_host: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(A_HOST))

        async def poll(state: SourceState) -> Poll:
            return await self._poll_feed(state, linker)

        async def attempt(state: SourceState) -> SourceReport:
            async with a_host[schedule.host(state.address)], at_once:
                report = await self._attempt(state, poll)
            self.parts.progress.advance("feeds")
            return report

        self.parts.progress.start("feeds", len(states))
        self.reports += await asyncio.gather(*map(attempt, states))
        await self._save_settled()
        self.parts.progress.finish("feeds")

    async def _poll_feed(self, state: SourceState, linker: Linker) -> Poll:
        feed, after = await self.parts.read_feed(state, self.now, self.holds)
        moved = [f"has moved for good, asked at {after.address} from now on"] if after.address != state.address else []
        if feed is None:
            return Poll(after, "not modified", warnings=moved)
        articles = [replace(a, symbols=linker.link(a)) for a in feed.articles]
        counts = await self._written(partial(_stored, partial(self.parts.ledger.news.put, articles)))
        return Poll(after, counts=counts, warnings=[*feed.warnings, *moved])

    # Any source

    def _to_poll(self, followed: Iterable[SourceState]) -> list[SourceState]:
        known = list(followed)
        remembered = self.parts.ledger.sources.states_of(s.url for s in known)
        states = [remembered.get(s.url, s) for s in known]
        for gone in (s.shown for s in states if not s.enabled):
            self.remarks["off, for its address is gone for good; `bell feeds rm` it, or `add` it to ask again"].append(
                gone
            )
        return [s for s in states if s.enabled and (not self.due or schedule.is_due(s, self.now))]

    async def _attempt(self, state: SourceState, poll: Callable[[SourceState], Awaitable[Poll]]) -> SourceReport:
        """Polls one source unless its server is held; remembers and reports how that went."""
        begun, save = perf_counter(), self.parts.ledger.sources.save
        try:
            self._leave_alone(state)
            done = await poll(state)
            await self._settle(schedule.succeeded(done.state, self.now))
            report = SourceReport(state.shown, state.kind, done.outcome, done.counts, done.rejected)
            for warning in done.warnings:
                self.remarks[warning].append(state.shown)
        except Held as held:
            await self._written(partial(save, [schedule.held(state, held.until, held.server)]))
            report = SourceReport(state.shown, state.kind, held.kind, error=str(held))
        except Exception as error:  # whatever it was, the other sources go on
            problem = error if isinstance(error, BellError) else SourceError(_said(error))
            await self._written(partial(save, [self._failed(state, problem)]))
            kind = problem.kind if isinstance(problem, SourceError) else SourceError.kind
            report = SourceReport(state.shown, state.kind, kind, error=str(problem))
        return replace(report, seconds=round(perf_counter() - begun, 3))

    async def _settle(self, state: SourceState) -> None:
        """Remembers a good poll, of feeds some together: a kill in between only means asking those again."""
        self.settled.append(state)
        if state.kind != "news" or len(self.settled) >= TOGETHER:
            await self._save_settled()

    async def _save_settled(self) -> None:
        states, self.settled = self.settled, []
        await self._written(partial(self.parts.ledger.sources.save, states))

    async def _written(self, write: Callable[[], T]) -> T:
        """One write at a time, beside the polls: it waits for the disk, and they need not."""
        async with self.writing:
            return await asyncio.to_thread(write)

    def _leave_alone(self, state: SourceState) -> None:
        """Raises `Held` for a source whose server is, or the one that it led to."""
        own, limiter = schedule.server(state.address), schedule.limiter(state)
        if until := self.holds.get(limiter):
            raise Held(until, limiter if limiter != own else "")
        if until := self.holds.get(own):
            raise Held(until)

    def _failed(self, state: SourceState, problem: BellError) -> SourceState:
        """What to remember of a failure; from here on the run asks no server that it holds."""
        said = problem.server if isinstance(problem, RateLimited) else ""
        said = said or schedule.server(state.address)
        after = schedule.failed(state, problem, self.now, self.refusals.get(said, 0))
        if after.held_until and after.held_until > self.now:
            self.holds[said] = after.held_until
        return after


def _stored(write: Callable[[], Counts]) -> Counts:
    """What `write` changed. That it failed is this source's outcome: what the next one brought may be written."""
    try:
        return write()
    except Exception as error:
        words = getattr(error, "orig", None) or error  # a database's own, without the statement
        cause, fix = (error.cause, error.fix) if isinstance(error, BellError) else (_said(words), "")
        raise NotStored(f"what it brought could not be stored: {cause}", fix) from error


def _not_asked(state: SourceState) -> SourceReport:
    """Nothing is remembered of it: the next run asks."""
    error = "not asked: Yahoo did not answer for the two before it; the next run asks again"
    return SourceReport(state.shown, state.kind, Unreachable.kind, error=error)


def _some(urls: Sequence[str]) -> str:
    return urls[0] + (f" and {len(urls) - 1} more" if len(urls) > 1 else "")


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
