"""One poll after the other: whether a source is asked, and what is remembered and reported of how that went.

Each source's outcome is its own: whatever goes wrong with one is typed, remembered, reported, and stops no other. An
answer's validators are saved after the entries they cover, so a kill between the two only means reading it again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import TypeVar

from ingest import schedule
from ingest.errors import BellError, Held, NotStored, RateLimited, SourceError
from ingest.ledger.sources import Sources
from ingest.types import Counts, RunReport, SourceReport, SourceState

T = TypeVar("T")
TOGETHER = 64  # good polls of feeds remembered in one commit: each waits for the disk
GONE = "off, for its address is gone for good; `bell feeds rm` it, or `add` it to ask again"


@dataclass(frozen=True)
class Poll:
    """What one successful poll changed, and the state to remember."""

    state: SourceState
    outcome: str = "ok"
    counts: Counts = field(default_factory=Counts)
    rejected: int = 0
    warnings: Sequence[str] = ()


@dataclass
class Polls:
    """Those of one run (`due`: only of what is to be polled by `now`): which servers are held by now, and what was
    reported so far."""

    sources: Sources
    now: datetime
    due: bool
    holds: dict[str, datetime]
    refusals: dict[str, int]  # limits in a row before this run, by server
    reports: list[SourceReport] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _settled: list[SourceState] = field(default_factory=list, init=False)  # after good polls, not yet remembered
    _remarks: defaultdict[str, list[str]] = field(  # wording -> the sources it is about
        default_factory=lambda: defaultdict(list), init=False
    )

    def report(self, seconds: float, indexed: int, notices: Sequence[str], more: Sequence[str] = ()) -> RunReport:
        remarks = [f"{_some(urls)}: {remark}" for remark, urls in self._remarks.items()]
        warnings = (*notices, *self.warnings, *remarks, *more)
        return RunReport(self.now, round(seconds, 3), tuple(self.reports), indexed, warnings)

    def to_ask(self, followed: Iterable[SourceState]) -> list[SourceState]:
        """Those of the followed sources that are to be polled, as they are remembered."""
        known = list(followed)
        remembered = self.sources.states_of(s.url for s in known)
        states = [remembered.get(s.url, s) for s in known]
        for gone in (s.shown for s in states if not s.enabled):
            self._remarks[GONE].append(gone)
        return [s for s in states if s.enabled and (not self.due or schedule.is_due(s, self.now))]

    async def attempt(self, state: SourceState, poll: Callable[[SourceState], Awaitable[Poll]]) -> SourceReport:
        """Polls one source unless its server is held, and remembers how that went, whatever it was."""
        begun = perf_counter()
        try:
            self._leave_alone(state)
            report = await self._succeeded(state, await poll(state))
        except Held as held:
            await self._save([schedule.held(state, held.until, held.server)])
            report = SourceReport(state.shown, state.kind, held.kind, error=str(held))
        except Exception as error:  # whatever it was, the other sources go on
            report = await self._failed(state, error if isinstance(error, BellError) else SourceError(said(error)))
        return replace(report, seconds=round(perf_counter() - begun, 3))

    def _leave_alone(self, state: SourceState) -> None:
        """Raises `Held` for a source whose server is, or the one that it led to."""
        own, limiter = schedule.server(state.address), schedule.limiter(state)
        if until := self.holds.get(limiter):
            raise Held(until, limiter if limiter != own else "")
        if until := self.holds.get(own):
            raise Held(until)

    async def _succeeded(self, state: SourceState, done: Poll) -> SourceReport:
        """Remembers a good poll, of feeds some together: a kill in between only means asking those again."""
        self._settled.append(schedule.succeeded(done.state, self.now))
        if state.kind != "news" or len(self._settled) >= TOGETHER:
            await self.save()
        for warning in done.warnings:
            self._remarks[warning].append(state.shown)
        return SourceReport(state.shown, state.kind, done.outcome, done.counts, done.rejected)

    async def save(self) -> None:
        """Remembers the good polls that were not yet."""
        states, self._settled = self._settled, []
        await self._save(states)

    async def written(self, write: Callable[[], T]) -> T:
        """One write at a time, beside the polls: it waits for the disk, and they need not."""
        async with self._writing:
            return await asyncio.to_thread(write)

    async def _save(self, states: Sequence[SourceState]) -> None:
        await self.written(partial(self.sources.save, states))

    async def _failed(self, state: SourceState, problem: BellError) -> SourceReport:
        """Remembers a failure; from here on the run asks no server that it holds."""
        limiter = problem.server if isinstance(problem, RateLimited) else ""
        limiter = limiter or schedule.server(state.address)
        after = schedule.failed(state, problem, self.now, self.refusals.get(limiter, 0))
        if after.held_until and after.held_until > self.now:
            self.holds[limiter] = after.held_until
        await self._save([after])
        kind = problem.kind if isinstance(problem, SourceError) else SourceError.kind
        return SourceReport(state.shown, state.kind, kind, error=str(problem))


def stored(write: Callable[[], Counts]) -> Counts:
    """What `write` changed. That it failed is this source's outcome: what the next one brought may be written."""
    try:
        return write()
    except Exception as error:
        words = getattr(error, "orig", None) or error  # a database's own, without the statement
        cause, fix = (error.cause, error.fix) if isinstance(error, BellError) else (said(words), "")
        raise NotStored(f"what it brought could not be stored: {cause}", fix) from error


def said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


def _some(urls: Sequence[str]) -> str:
    return urls[0] + (f" and {len(urls) - 1} more" if len(urls) > 1 else "")
