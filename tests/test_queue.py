"""The queue on a real Postgres: who polls what, how often and how many at a time, and what becomes of a killed
worker's jobs. The work itself is a fake that keeps count."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import psycopg
import pytest

from ingest import schedule
from ingest.queue import QUEUES, Rhythm, plan, run, tasks
from ingest.queue.schema import conninfo, prepare
from ingest.types import SourceState, digest
from tests.conftest import NOW
from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]

QUICK = Rhythm(look=0.02, beat=0.2, silent=30, again=0.05)


@dataclass
class Counted:
    """Some sources that are due, and what became of them."""

    sources: dict[str, SourceState]
    brief_at: Sequence[str] = ()
    polled: Counter[str] = field(default_factory=Counter)
    under_way: Counter[str] = field(default_factory=Counter)  # by host
    most: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    breaks: int = 0  # polls that are still to break

    def due(self, now: datetime) -> Sequence[SourceState]:
        return plan.due(self.sources.values(), now)

    async def poll(self, source: SourceState, now: datetime) -> bool:
        if not schedule.is_due(self.sources[source.url], now):
            self.events.append("not due")
            return False
        if self.breaks:
            self.breaks -= 1
            raise OSError("the disk is on fire")
        host = schedule.host(source.url)
        self.under_way[host] += 1
        self.most[host] = max(self.most[host], self.under_way[host])
        await asyncio.sleep(0.01)
        self.under_way[host] -= 1
        self.polled[source.url] += 1
        self.sources[source.url] = replace(source, next_poll=now + timedelta(minutes=30))
        return source.kind == "news"

    def index(self, now: datetime) -> None:
        self.events.append("index")

    def brief(self, zone: str) -> None:
        self.events.append(f"brief {zone}")


def sources(*urls: str) -> dict[str, SourceState]:
    return {url: SourceState(url, "quotes" if url.startswith("yahoo:") else "news") for url in urls}


def work_off(url: str, work: Counted, workers: int = 1, now: datetime = NOW, queues: Sequence[str] = QUEUES) -> str:
    """All that is waiting, by some workers at once; what they said."""
    said: list[str] = []

    @asynccontextmanager
    async def opened() -> AsyncIterator[Counted]:
        yield work

    async def together() -> None:
        each = (run(url, opened, lambda: now, said.append, queues, 4, True, QUICK) for _ in range(workers))
        await asyncio.wait_for(asyncio.gather(*each), 60)

    asyncio.run(together())
    return "\n".join(said)


def test_each_source_is_polled_once_whoever_polls_and_few_of_one_host_at_a_time(database_url: str) -> None:
    feeds = [f"https://{host}.test/{n}" for host in ("a", "b", "c") for n in range(6)]
    work = Counted(sources(*feeds, *(f"yahoo:S{n}" for n in range(5))))
    work_off(database_url, work, workers=3)
    assert work.polled == Counter(dict.fromkeys(work.sources, 1))
    assert {host: most for host, most in work.most.items() if host != "yahoo"} == {h: 2 for h in ("a.test", "b.test", "c.test")}
    assert work.most["yahoo"] == 1
    assert "not due" not in work.events
    work_off(database_url, work, workers=2, now=NOW + timedelta(minutes=29))
    assert set(work.polled.values()) == {1}
    work_off(database_url, work, workers=2, now=NOW + timedelta(minutes=31))
    assert set(work.polled.values()) == {2}
