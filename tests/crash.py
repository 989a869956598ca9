"""Processes for the crash tests: they come from a server that has the imports and no open store, and die by SIGKILL."""

import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from email.message import Message
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from sqlalchemy import Engine, event

from ingest import __main__ as write_side
from ingest.config import Config
from ingest.types import RunReport, SourceState, digest
from tests.conftest import NOW, hash_embedding, weekdays
from tests.feed_site import Page, Site, serve
from tests.yahoo_server import unix, yahoo_chart, yahoo_server

SYMBOL = "ACME"
FEEDS = ("wire", "blog", "desk", "post")
_CLOSED = ("01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25")
HOLIDAYS = {date.fromisoformat(f"2026-{day}") for day in _CLOSED}
_HEAVY = ["alembic.command", "ingest.calendars", "ingest.http", "ingest.index.store", "ingest.ledger.integrity",
          "ingest.queue", "ingest.readers.news", "ingest.readers.quotes", "ingest.symbols", "lancedb",
          "yfinance"]  # fmt: skip
# It warns of forks of a process that has begun to work with it: this one never does, it only imports it.
warnings.filterwarnings("ignore", message="lancedb fork support")
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__, *_HEAVY])


def run_until(delay: float | None, job: Callable[..., object], *arguments: Any) -> int | None:
    """Runs `job` in a process of its own and kills it after `delay` seconds; its exit code, -9 where it was killed."""
    child = processes.Process(target=job, args=arguments, daemon=True)
    child.start()
    child.join(300 if delay is None else delay)  # a child that hangs is killed too, and so told
    child.kill()
    child.join()
    return child.exitcode


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_statement(number: int) -> None:
    """This process dies before the SQL statement of that number, commits among them."""
    left = [number]

    def count(*_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            die()

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


# A market that grows: each version of it has a day and some stories more -------------------------------------------


@dataclass
class Market:
    """Some feeds and one symbol on loopback; `version` is how much of it there is, set by the test."""

    yahoo: str = ""
    site: Site = field(default_factory=lambda: Site("", ""))
    version: int = 1
    charts: dict[str, Any] = field(default_factory=dict)

    def grow(self, version: int) -> None:
        self.version = version
        rows = [(d.isoformat(), 100.0 + i, 102.0 + i, 99.0 + i, 101.0 + i, 1000) for i, d in enumerate(self.days)]
        traded = {"regularMarketPrice": rows[-1][4], "regularMarketTime": unix(f"{self.days[-1]}T21:00:00")}
        self.charts[SYMBOL] = yahoo_chart(SYMBOL, rows, **traded)

    @property
    def days(self) -> list[date]:
        trading = [d for d in weekdays(date(2026, 1, 5), date(2026, 12, 31)) if d not in HOLIDAYS]
        return trading[: 15 + self.version]

    @property
    def now(self) -> datetime:
        return datetime(self.days[-1].year, self.days[-1].month, self.days[-1].day, 21, 30, tzinfo=NOW.tzinfo)

    def titles(self, feed: str, version: int) -> list[str]:
        return [f"ACME Sample makes thing {n} of {feed}" for n in range(3 * version)]

    def page(self, feed: str, headers: Message) -> Page:
        etag = f'"{feed}-{self.version}"'
        if headers["If-None-Match"] == etag:
            return Page(status=304)
        items = "".join(
            f"<item><title>{t}</title><link>https://news.test/{digest(t)}</link><guid>{digest(t)}</guid>"
            f"<description>{'All about it. ' * 40}</description></item>"
            for t in self.titles(feed, self.version)[-60:]
        )
        body = f'<rss version="2.0"><channel><title>{feed}</title>{items}</channel></rss>'
        return Page(body.encode(), headers={"ETag": etag})

    def config(self, home: Path) -> Config:
        return Config(home=home, now=self.now, yahoo_base_url=self.yahoo, allow_private_hosts=(self.site.host,))

    @property
    def feeds(self) -> list[str]:
        return [f"{self.site.base}/{name}" for name in FEEDS]


@contextmanager
def growing_market() -> Iterator[Market]:
    market = Market()
    market.grow(1)
    with serve() as site, yahoo_server(market.charts) as yahoo:
        market.site, market.yahoo = site, yahoo.base
        for feed in FEEDS:
            site.pages[f"/{feed}"] = lambda headers, feed=feed: market.page(feed, headers)  # type: ignore[misc]
        yield market


def ingest(config: Config, what: Literal["news", "all"] = "all") -> RunReport:
    """The real thing, with words hashed instead of a model."""
    vars(write_side).update(load_embedding=lambda _: hash_embedding(), embedding_name=lambda _: "hash")
    return write_side.run_ingest(config, what)


def ingest_and_die_before_a_save(config: Config, batch: int) -> None:
    """Dies where what the feeds of that batch sent is committed and their validators, saved two by two, are not."""
    from ingest.ledger.sources import Sources
    from ingest.polling import polls

    real, left = Sources.save, [batch]

    def save(self: Sources, states: list[SourceState]) -> None:
        left[0] -= 1
        if not left[0]:
            die()
        real(self, states)

    polls.TOGETHER = 2
    Sources.save = save  # type: ignore[method-assign,assignment]
    ingest(config, "news")


def ingest_and_tell(config: Config, tell: Any) -> None:
    """The same as `ingest`, and says when it first wrote to the ledger, and when last."""
    written = list[float]()
    event.listen(Engine, "commit", lambda _: written.append(monotonic()))
    ingest(config)
    tell.send((written[0], written[-1]))


def undisturbed(config: Config) -> tuple[float, float]:
    """An ingest from beginning to end: after how many seconds it first wrote, and last."""
    ours, theirs = processes.Pipe()
    begun = monotonic()
    assert run_until(None, ingest_and_tell, config, theirs) == 0
    first, last = ours.recv()
    return first - begun, last - begun
