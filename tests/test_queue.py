"""The queue on a real Postgres: who polls what, how often and how many at a time, and what becomes of jobs whose worker
or server is gone. The work itself is a fake that keeps count."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from procrastinate import RetryStrategy

from ingest import schedule
from ingest.errors import StoreError, StoreVersion
from ingest.queue import QUEUES, Rhythm, plan, run, schema, tasks
from ingest.types import SourceState, digest
from tests.conftest import NOW
from tests.crash import processes
from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]

QUICK = Rhythm(look=0.02, again=0.05)
NOWHERE = "postgresql+psycopg://postgres@/none?host=/nowhere"


@dataclass
class Counted:
    """Some sources that are due, and what became of them."""

    sources: dict[str, SourceState]
    brief_at: Sequence[str] = ()
    polled: Counter[str] = field(default_factory=Counter)
    under_way: Counter[str] = field(default_factory=Counter)  # by host
    most: Counter[str] = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)  # what was done beside polls
    breaks: int = 0  # polls that are still to break

    def due(self, now: datetime) -> Sequence[SourceState]:
        return plan.due(self.sources.values(), now)

    async def poll(self, source: SourceState, now: datetime) -> bool:
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
        self.others.append("index")

    def brief(self, zone: str) -> None:
        self.others.append(zone)


def sources(*urls: str) -> dict[str, SourceState]:
    return {url: SourceState(url, "quotes" if url.startswith("yahoo:") else "news") for url in urls}


def opening(work: Any) -> Callable[[], Any]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Any]:
        yield work

    return opened


def work_off(
    url: str, work: Counted, workers: int = 1, now: datetime = NOW, queues: Sequence[str] = QUEUES
) -> list[str]:
    """All that waits in `queues`, by some workers at once; what they said."""
    said: list[str] = []

    async def together() -> None:
        each = (run(url, opening(work), lambda: now, said.append, queues, 4, True, QUICK) for _ in range(workers))
        async with asyncio.timeout(300):  # a queue that is never empty is a failure, and no test that hangs
            await asyncio.gather(*each)

    asyncio.run(together())
    return said


def queued(url: str) -> list[tuple[str, str]]:
    """(task, status) of all jobs that are not done."""
    with psycopg.connect(schema.conninfo(url)) as connection:
        return list(connection.execute("SELECT task_name, status FROM procrastinate_jobs ORDER BY id"))


# Polls -----------------------------------------------------------------------------------------------------------


def test_each_source_is_polled_once_an_interval_and_few_of_one_host_at_a_time(database_url: str) -> None:
    feeds = [f"https://{host}.test/{n}" for host in "abc" for n in range(6)]
    work = Counted(sources(*feeds, *(f"yahoo:S{n}" for n in range(5))))
    for minutes, times in ((0, 1), (29, 1), (31, 2)):
        said = work_off(database_url, work, workers=3, now=NOW + timedelta(minutes=minutes))
        assert work.polled == Counter(dict.fromkeys(work.sources, times))
        assert (len(said), queued(database_url)) == (6, [])  # two lines a worker, and nothing is left
    assert work.most["yahoo"] == 1
    assert max(work.most.values()) == 2


def test_a_source_has_one_place_at_its_host_and_never_another() -> None:
    at = [plan.place(SourceState(f"https://a.test/{n}", "news")) for n in range(40)]
    assert set(at) == {"a.test#0", "a.test#1"}
    assert at == [plan.place(SourceState(f"https://a.test/{n}", "news", etag="x", failures=3)) for n in range(40)]
    assert {plan.place(SourceState(f"yahoo:{s}", "quotes")) for s in "ABCDEFGH"} == {"yahoo#0"}


def test_what_is_off_or_not_due_is_not_queued_and_what_waited_longest_comes_first() -> None:
    ago = {"late": 5, "later": 9, "soon": -1, "now": 0}
    followed = [SourceState(name, "news", next_poll=NOW - timedelta(minutes=m)) for name, m in ago.items()]
    followed += [SourceState("new", "news"), replace(followed[0], url="off", enabled=False)]
    assert [s.url for s in plan.due(followed, NOW)] == ["new", "later", "late", "now"]


def test_what_brought_something_is_indexed_once_it_is_stored(database_url: str) -> None:
    work = Counted(sources("https://a.test/1", "yahoo:A"))
    work_off(database_url, work, queues=["quotes"])
    assert (work.polled, work.others) == ({"yahoo:A": 1}, [])
    work_off(database_url, work, queues=["news", "index"])
    assert (work.polled["https://a.test/1"], work.others) == (1, ["index"])


@pytest.mark.parametrize(("breaks", "told", "polled"), [(2, "it is tried again", 1), (9, "given up", 0)])
def test_a_job_that_breaks_is_tried_again_and_told_in_one_line(
    database_url: str, monkeypatch: pytest.MonkeyPatch, breaks: int, told: str, polled: int
) -> None:
    monkeypatch.setattr(tasks, "_AGAIN", RetryStrategy(max_attempts=3))
    work = Counted(sources("https://a.test/1"), breaks=breaks)
    [_, *broke, last] = work_off(database_url, work, queues=["news"])
    assert broke[0] == "a job of news broke: the disk is on fire; it is tried again"
    assert broke[-1].endswith(told)
    assert (work.polled["https://a.test/1"], last[-8:]) == (polled, f"{1 - polled} failed")


# Workers that are gone -------------------------------------------------------------------------------------------


@dataclass
class Slow:
    """One source after the other, each as long as the test likes."""

    begun: Any
    go_on: Any
    ended: Any
    names: Sequence[str] = ("https://a.test/1", "https://b.test/2")
    brief_at: Sequence[str] = ()

    def due(self, now: datetime) -> Sequence[SourceState]:
        return list(sources(*self.names).values())

    async def poll(self, source: SourceState, now: datetime) -> bool:
        self.begun.put(source.url)
        await asyncio.to_thread(self.go_on.wait)
        self.ended.put(source.url)
        return False

    def index(self, now: datetime) -> None: ...

    def brief(self, zone: str) -> None: ...


def serve_slowly(url: str, slow: Slow) -> None:
    asyncio.run(run(url, opening(slow), lambda: NOW, lambda _: None, ["news"], 1, False, QUICK))


@contextmanager
def slow_worker(url: str) -> Iterator[tuple[Any, Slow]]:
    """A process that is at its first poll, and has a second waiting."""
    slow = Slow(processes.SimpleQueue(), processes.Event(), processes.SimpleQueue())
    child = processes.Process(target=serve_slowly, args=(url, slow), daemon=True)
    child.start()
    assert slow.begun.get() == slow.names[0]
    yield child, slow
    child.kill()
    child.join()


def test_a_worker_that_is_told_to_stop_finishes_its_job_and_begins_no_other(database_url: str) -> None:
    with slow_worker(database_url) as (child, slow):
        os.kill(child.pid, signal.SIGTERM)
        slow.go_on.set()
        child.join(60)
        assert (child.exitcode, slow.ended.get(), slow.ended.empty()) == (0, slow.names[0], True)
    assert queued(database_url) == [("poll", "todo")]


def test_the_jobs_of_a_killed_worker_are_taken_over(database_url: str) -> None:
    with slow_worker(database_url) as (child, slow):
        child.kill()
        child.join()
    assert ("poll", "doing") in queued(database_url)
    work = Counted(sources(*slow.names))
    with psycopg.connect(schema.conninfo(database_url)) as connection:
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    work_off(database_url, work, workers=2, queues=["news", "index"])
    assert work.polled == dict.fromkeys(slow.names, 1)
    assert queued(database_url) == []


# Servers that are gone, and others' tables ------------------------------------------------------------------------


def test_a_server_that_cannot_be_reached_is_told_once_and_tried_again() -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 2:  # after some attempts more
            asyncio.get_running_loop().call_later(0.3, os.kill, os.getpid(), signal.SIGTERM)

    asyncio.run(run(NOWHERE, opening(None), lambda: NOW, say, rhythm=QUICK))
    lost = "the database server of database_url cannot be reached: there is no such socket"
    assert said[1:] == [f"{lost}; trying again every 0.05 s", "worker stopped: 0 jobs done, 0 failed"]
    with pytest.raises(StoreError, match="cannot be reached"):
        asyncio.run(run(NOWHERE, opening(None), lambda: NOW, said.append, once=True))


def columns(url: str) -> list[tuple[Any, ...]]:
    query = """SELECT table_name, column_name, data_type FROM information_schema.columns
               WHERE table_schema = current_schema() AND table_name LIKE 'procrastinate%' ORDER BY 1, 2"""
    with psycopg.connect(url) as connection:
        return list(connection.execute(query))


def test_the_tables_are_made_once_and_brought_up_from_an_older_version(database_url: str, postgres_server: str) -> None:
    async def at_once() -> None:
        await asyncio.gather(*(schema.prepare(database_url) for _ in range(4)))

    asyncio.run(at_once())
    older = "test_" + digest(database_url)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{older}"')
    url = postgres_server.replace("/postgres?", f"/{older}?")
    with psycopg.connect(url) as connection:
        for migration in (m for m in schema._migrations() if m.name < "03.01"):
            connection.execute(schema._sql(migration))
        connection.execute("COMMENT ON TABLE procrastinate_jobs IS '03.00.00_50_post_cancel_notification.sql'")
    asyncio.run(schema.prepare(url))
    assert columns(url) == columns(schema.conninfo(database_url)) != []
    with psycopg.connect(url) as connection:
        connection.execute("COMMENT ON TABLE procrastinate_jobs IS '99.00.00_01.sql'")
    with pytest.raises(StoreVersion, match="update openingbell"):
        asyncio.run(schema.prepare(url))


# Briefings -------------------------------------------------------------------------------------------------------

LONDON, TOKYO = "06:45 Europe/London", "06:45 Asia/Tokyo"


@pytest.mark.parametrize(
    ("times", "now", "given"),
    [
        ([LONDON, TOKYO], "2026-02-27T06:44:59+00:00", []),
        ([LONDON, TOKYO], "2026-02-27T06:45:00+00:00", [f"{LONDON} 06:45"]),
        ([LONDON, TOKYO], "2026-02-26T23:00:00+00:00", [f"{TOKYO} 21:45"]),  # Friday there
        ([LONDON], "2026-02-27T09:45:00+00:00", []),  # three hours late
        ([LONDON], "2026-02-28T07:00:00+00:00", []),  # a Saturday
        ([TOKYO], "2026-02-27T23:00:00+00:00", []),  # a Saturday there
        ([LONDON], "2026-06-26T06:00:00+00:00", [f"{LONDON} 05:45"]),  # summer time
    ],
)  # fmt: skip
def test_briefings_come_by_the_clock_of_their_readers(times: list[str], now: str, given: list[str]) -> None:
    found = plan.briefings(times, datetime.fromisoformat(now))
    assert [f"{entry} {moment.astimezone(UTC):%H:%M}" for entry, moment in found] == given


def test_each_briefing_is_given_once_whoever_looks(database_url: str) -> None:
    morning = datetime(2026, 2, 27, 6, 46, tzinfo=UTC)
    times = [LONDON, "07:30 Europe/London", "07:45 Europe/Berlin", "06:45 America/New_York"]
    work = Counted({}, brief_at=times)
    for minutes in (0, 59, 60):
        work_off(database_url, work, workers=2, now=morning + timedelta(minutes=minutes))
    assert sorted(work.others) == ["Europe/Berlin", "Europe/London", "Europe/London"]
    work_off(database_url, work, now=morning + timedelta(hours=5))
    assert work.others[3:] == ["America/New_York"]
