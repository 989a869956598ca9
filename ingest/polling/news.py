"""The feeds of one run: many at a time, few of them from one host."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from ingest import schedule
from ingest.ledger.news import News
from ingest.polling.polls import Poll, Polls, stored
from ingest.progress import Progress
from ingest.types import Article, SourceReport, SourceState

AT_ONCE, A_HOST = 16, 2  # feeds polled at a time, in all and of one host


class Feed(Protocol):
    """What a poll of a feed brought."""

    @property
    def articles(self) -> Sequence[Article]: ...

    @property
    def warnings(self) -> Sequence[str]: ...


class Linker(Protocol):
    def link(self, article: Article) -> tuple[str, ...]: ...


ReadFeed = Callable[[SourceState, datetime, Mapping[str, datetime]], Awaitable[tuple[Feed | None, SourceState]]]


@dataclass(frozen=True)
class FeedPolls:
    news: News
    polls: Polls
    feeds: Sequence[SourceState]
    read: ReadFeed
    progress: Progress

    async def run(self, make_linker: Callable[[], Linker]) -> None:
        """Polls the feeds; `make_linker` is called only where one is to be asked."""
        states = self.polls.to_ask(self.feeds)
        if not states:
            return
        linker = make_linker()
        at_once = asyncio.Semaphore(AT_ONCE)
        a_host: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(A_HOST))

        async def attempt(state: SourceState) -> SourceReport:
            async with a_host[schedule.host(state.address)], at_once:
                report = await self.polls.attempt(state, lambda s: self._poll(s, linker))
            self.progress.advance("feeds")
            return report

        self.progress.start("feeds", len(states))
        self.polls.reports += await asyncio.gather(*map(attempt, states))
        await self.polls.save()
        self.progress.finish("feeds")

    async def _poll(self, state: SourceState, linker: Linker) -> Poll:
        feed, after = await self.read(state, self.polls.now, self.polls.holds)
        moved = [f"has moved for good, asked at {after.address} from now on"] if after.address != state.address else []
        if feed is None:
            return Poll(after, "not modified", warnings=moved)
        articles = [replace(a, symbols=linker.link(a)) for a in feed.articles]
        counts = await self.polls.written(partial(stored, partial(self.news.put, articles)))
        return Poll(after, counts=counts, warnings=[*feed.warnings, *moved])
