"""One run over fifty feeds, each on a loopback address of its own, of which twenty-five fail in twenty-five ways: the
others are stored, and each fault ends in an outcome of its own."""

import gzip
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text

from ingest import __main__ as write_side
from ingest.config import Config
from ingest.http import Fetcher
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.report import report_json, report_lines
from ingest.types import RunReport
from tests.bounds import spent
from tests.conftest import NOW, hash_embedding
from tests.feed_site import Page, Site, reset, serve
from tests.sizes import ACCEPT, FETCH_SECONDS

SECONDS, MEMORY = 30.0, 64 * 2**20  # of the whole run, judged by `make accept`
UNPARSED, UNSTORED = b"a document that breaks the parser", b"an entry that breaks the disk"


def feed(*titles: bytes, doctype: bytes = b"", declared: bytes = b"utf-8", many: int = 0) -> bytes:
    items = b"".join(b"<item><title>%s</title><link>https://w.example/%d</link></item>" % (t, i)
                     for i, t in enumerate(titles))  # fmt: skip
    start = b"<?xml version='1.0' encoding='%s'?>%s<rss version='2.0'><channel>" % (declared, doctype)
    return start + items + b"<item/>" * many + b"</channel></rss>"


STORY = feed(b"Of a feed that fails")
GZIP = {"Content-Encoding": "gzip"}
ENTITIES = b'<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'


@dataclass(frozen=True)
class Fault:
    """What a feed's server does, the run's outcome for it, and what its line says. `{host}` is the server's."""

    outcome: str
    said: str
    page: Callable[[Site], Page] = lambda _: Page(STORY)
    url: str = "http://{host}/feed"


def answers(status: int, **headers: str) -> Callable[[Site], Page]:
    return lambda _: Page(b"no", status, {k.replace("_", "-"): v for k, v in headers.items()})


def sends(body: bytes) -> Callable[[Site], Page]:
    return lambda _: Page(body)


CHALLENGE = b"<!doctype html><html><title>Just a moment...</title><body>Checking your browser</body></html>"
FAULTS = {
    "unknown name": Fault("unreachable", "name cannot be resolved", url="http://nobody.invalid/feed"),
    "refused": Fault("unreachable", "connect", url="http://{closed}/feed"),
    "no TLS": Fault("unreachable", "SSL", url="https://{host}/feed"),
    "reset": Fault("unreachable", "reset|connection broke off|disconnected", lambda _: Page(instead=reset)),
    "trickle": Fault("unreachable", "did not finish answering within", lambda site: Page(instead=site.trickle)),
    "short body": Fault("unreachable", "incomplete|without", lambda _: Page(STORY, length=len(STORY) + 1000)),
    "empty": Fault("not a feed", "an empty answer", sends(b"")),
    "a web page": Fault("not a feed", "a web page", sends(b"<!doctype html><html><body>Welcome</body></html>")),
    "a challenge": Fault("refused", "403", lambda _: Page(CHALLENGE, 403, {"cf-mitigated": "challenge"})),
    "401": Fault("refused", "401", answers(401)),
    "404": Fault("refused", "404", answers(404)),
    "410": Fault("refused", "gone for good", answers(410)),
    "429": Fault("rate limited", "429", answers(429, Retry_After="3600")),
    "500": Fault("refused", "500", answers(500)),
    "503": Fault("rate limited", "503", answers(503)),
    "redirect loop": Fault("unreachable", "more than 5 redirects", answers(302, Location="/feed")),
    "redirect to loopback": Fault("blocked", "no public address", answers(302, Location="http://127.0.0.250/feed")),
    "redirect to a file": Fault("blocked", "only http and https", answers(302, Location="file:///etc/passwd")),
    "gzip bomb": Fault("too large", "15 MiB", lambda _: Page(gzip.compress(bytes(2**26)), headers=GZIP)),
    "bad gzip": Fault("unreachable", "gzip|header|decompress", lambda _: Page(b"no gzip at all", headers=GZIP)),
    "entity bomb": Fault("not a feed", "entities by entities", sends(feed(b"&c;", doctype=ENTITIES))),
    "bad charset": Fault("not a feed", "encoding that no feed needs", sends(feed(b"+ADw-b", declared=b"utf-7"))),
    "100,000 entries": Fault("too large", "20,000 entries", sends(feed(many=100_000))),
    "parser exception": Fault("not a feed", "cannot be parsed: .*too deep", sends(feed(UNPARSED))),
    "storage error": Fault("not stored", "disk is full", sends(feed(UNSTORED))),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """Where the feeds are."""

    good: list[str]
    faulty: dict[str, Fault]  # by its address
    hosts: tuple[str, ...]  # that may be reached although private


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with ExitStack() as stack:
        sites = [stack.enter_context(serve(f"127.0.0.{n}")) for n in range(11, 61)]
        closed = stack.enter_context(bound("127.0.0.61"))
        for n, site in enumerate(sites):
            site.pages["/feed"] = Page(feed(b"Story one of %d" % n, b"Story two of %d" % n))
        faulty = {}
        for site, fault in zip(sites[25:], FAULTS.values(), strict=True):
            site.pages["/feed"] = fault.page(site)
            faulty[fault.url.format(host=site.host, closed=closed)] = fault
        good = [f"{site.base}/feed" for site in sites[:25]]
        yield World(good, faulty, (*(s.host for s in sites), closed))


@contextmanager
def bound(address: str) -> Iterator[str]:
    """An address at which nobody listens, and nobody else can."""
    with socket.socket() as taken:
        taken.bind((address, 0))
        yield f"{address}:{taken.getsockname()[1]}"


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no server's doing: no name server, a parser that breaks; words hashed instead of a model."""
    resolve, parse = socket.getaddrinfo, feedparser.parse

    def resolves(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return resolve(host, *rest, **more)

    def parses(stream: Any, **options: Any) -> Any:
        if UNPARSED in stream.getvalue():
            raise RecursionError("too deep")
        return parse(stream, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolves)
    monkeypatch.setattr(feedparser, "parse", parses)
    monkeypatch.setattr(write_side, "make_fetcher", lambda c: Fetcher("test", c.allow_private_hosts, FETCH_SECONDS))
    monkeypatch.setattr(write_side, "load_embedding", lambda _: hash_embedding())
    monkeypatch.setattr(write_side, "embedding_name", lambda _: "hash")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def following(home: Path, world: World, feeds: list[str]) -> Config:
    """A home that follows `feeds`, whose disk is full for one of the entries."""
    config = Config(home=home, now=NOW, allow_private_hosts=world.hosts)
    with closing(upgrade_ledger(config)) as ledger:
        ledger.sources.add_feeds(feeds, NOW)
        with ledger.engine.begin() as connection:
            full = f"BEGIN SELECT RAISE(ABORT, 'the disk is full') WHERE NEW.title = '{UNSTORED.decode()}'; END"
            connection.execute(text(f"CREATE TRIGGER disk BEFORE INSERT ON articles {full}"))
    return config


def test_of_fifty_feeds_twenty_five_fail_each_in_its_own_way_and_the_others_are_stored(
    world: World, faults: None, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    assert (len(world.good), len(world.faulty)) == (25, 25)
    write_side.run_ingest(following(tmp_path / "first", world, world.good[:1]), "news")  # all is loaded by now
    config = following(
        tmp_path / "home", world, [f for pair in zip(world.good, world.faulty, strict=True) for f in pair]
    )
    with spent() as took:
        report = write_side.run_ingest(config, "news")
    found = {s.url: (s.outcome, s.error or "") for s in report.sources}
    assert {url: found[url][0] for url in world.faulty} == {url: f.outcome for url, f in world.faulty.items()}
    assert {found[url][1] for url, f in world.faulty.items() if not re.search(f.said, found[url][1])} == set()
    assert {found[url] for url in world.good} == {("ok", "")}
    assert_all_is_counted(report)
    with closing(open_ledger(config)) as ledger:
        stories = {(a.feed, a.title) for a in ledger.news.latest(NOW, limit=99)}
        states = ledger.sources.states()
    assert stories == {(url, f"Story {k} of {n}") for n, url in enumerate(world.good) for k in ("one", "two")}
    assert {url for url, s in states.items() if s.failures} == set(world.faulty)
    assert {s.enabled for url, s in states.items() if "gone for good" not in found[url][1]} == {True}
    record_property("stored", len(world.good))
    record_property("faults", len(world.faulty))
    record_property("seconds", round(took.seconds, 1))
    record_property("MB", took.grown // 2**20)
    if ACCEPT:
        assert took.seconds < SECONDS
        assert took.grown < MEMORY


def assert_all_is_counted(report: RunReport) -> None:
    assert (report.exit_code, report.failed) == (3, 25)
    document = report_json(report)
    assert (document["totals"]["new"], document["totals"]["failed"], document["exit_code"]) == (50, 25, 3)
    *lines, sums = report_lines(report)
    assert sums.startswith("50 sources: 50 new, 0 updated, 0 unchanged, 25 failed; 50 indexed; ")
    assert (sum(x.startswith("ok ") for x in lines), sum(x.startswith("failed ") for x in lines)) == (25, 25)
