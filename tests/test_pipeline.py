"""The run, with a real ledger and a real index, and fakes where it meets the network and the models."""

import asyncio
import inspect
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ingest.config import Config
from ingest.errors import BellError, EmbeddingMismatch, NoData, NotAFeed, RateLimited, Refused, Unreachable
from ingest.http import Fetcher
from ingest.index import open_index
from ingest.index.contract import NodeStore
from ingest.index.store import LanceStore
from ingest.indexing import Indexer
from ingest.ledger import Ledger, upgrade_ledger
from ingest.ledger.news import News
from ingest.ledger.sources import Sources
from ingest.pipeline import Pipeline, What
from ingest.polling.news import A_HOST, AT_ONCE
from ingest.polling.polls import TOGETHER
from ingest.polling.quotes import READ_AGAIN
from ingest.readers.news import read
from ingest.types import Action, Article, Bar, Counts, History, Quote, RunReport, Session, SourceState
from tests.conftest import NOW, ROOT, article, bar, close_of, hash_embedding, instrument, weekdays
from tests.feed_site import Page, Site, serve

WIRE, BLOG = "https://wire.test/feed", "https://blog.test/feed"
LATER = NOW + timedelta(hours=1)


class Killed(BaseException):
    """What a test does to a run at a seam: like a signal, it is no Exception that anything may catch."""


@dataclass(frozen=True)
class Parsed:
    articles: tuple[Article, ...]
    warnings: tuple[str, ...] = ()


class ByName:
    """Links an article to the symbols whose name stands in its title."""

    def __init__(self, names: Any, followed: Any) -> None:
        self._names = names

    def link(self, story: Article) -> tuple[str, ...]:
        found = {s for name, symbols in self._names.items() if name in story.title.casefold() for s in symbols}
        return tuple(sorted(found | set(story.symbols)))


@dataclass
class World:
    """The outside as the readers see it; `asked` is who was asked for what."""

    feeds: dict[str, Sequence[Article] | Exception] = field(default_factory=dict)
    quotes: dict[str, Callable[[date | None], History] | Exception] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    async def read_feed(
        self, state: SourceState, now: datetime, holds: Mapping[str, datetime]
    ) -> tuple[Parsed | None, SourceState]:
        self.asked.append(state.url)
        content = self.feeds[state.url]
        if isinstance(content, Exception):
            raise content
        etag = str(hash(tuple(content)))
        if state.etag == etag:
            return None, state
        known = tuple(replace(a, feed=state.url, first_seen=now, fetched=now) for a in content)
        return Parsed(known, ("one entry left out",) if len(known) > 3 else ()), replace(state, etag=etag)

    def read_quotes(self, symbol: str, start: date | None, now: datetime) -> History:
        self.asked.append((symbol, start))
        content = self.quotes[symbol]
        if isinstance(content, Exception):
            raise content
        return content(start)

    def sessions(self, calendar: str, start: date, end: date) -> list[Session]:
        self.calls["sessions"] += 1
        return [Session(calendar, d, close_of(d) - timedelta(hours=6), close_of(d)) for d in weekdays(start, end)]

    def directory(self) -> list[tuple[str, str]]:
        self.calls["directory"] += 1
        return [("acme", "ACME"), ("apple", "AAPL")]


def trading(symbol: str, closes: Sequence[float], name: str = "", end: date = date(2026, 2, 27), **more: Any) -> Any:
    """A reader's answer: these last closes, and the last as the latest price."""
    days = weekdays(end - timedelta(days=4 * len(closes)), end)[-len(closes) :]
    bars = tuple(bar(symbol, d, float(c)) for d, c in zip(days, closes, strict=True))
    last: Bar = bars[-1]
    quote = Quote(symbol, last.close, "USD", last.closed_at, "closed", None, None, None, None, "yahoo", NOW)
    made = instrument(symbol, name or f"{symbol} Inc.")
    return lambda start: History(made, tuple(b for b in bars if not start or b.day >= start), quote, **more)


@dataclass
class Bench:
    """One home with everything to run an ingest on it."""

    config: Config
    ledger: Ledger
    world: World
    loaded: int = 0

    def pipeline(self) -> Pipeline:
        return Pipeline(
            ledger=self.ledger,
            symbols=list(self.world.quotes),
            feeds=[SourceState(url, "news") for url in self.world.feeds],
            read_quotes=self.world.read_quotes,
            read_feed=self.world.read_feed,
            sessions=self.world.sessions,
            directory=self.world.directory,
            linker=ByName,
            indexer=Indexer(self.ledger, self._load, lambda _: self.index),
        )

    def run(self, what: What = "all", now: datetime = NOW, due: bool = False) -> RunReport:
        self.world.asked.clear()
        return asyncio.run(self.pipeline().run(what, now, due))

    @property
    def index(self) -> NodeStore:
        return open_index(self.config, "hash", 64, create=True)

    def _load(self) -> Any:
        self.loaded += 1
        return hash_embedding()

    def nodes(self) -> dict[str, str]:
        found = self.index.get_nodes()
        assert len({n.node_id for n in found}) == len(found)
        return {n.node_id: n.get_content() for n in found}

    def stored(self) -> Any:
        """All that an ingest is for, to compare two homes by."""
        stories = {a.id: (a.title, a.text, a.symbols) for a in self.ledger.news.latest(LATER, limit=99)}
        bars = {s: self.ledger.market.bars(s, LATER) for s in self.world.quotes}
        pending = (self.ledger.news.unindexed(9), self.ledger.market.unindexed_quotes())
        states = {s.url: (s.etag, s.failures) for s in self.ledger.sources.states().values()}
        return stories, bars, self.nodes(), pending, self.ledger.market.unindexed_days(), states

    def state(self, url: str) -> SourceState:
        return self.ledger.sources.states()[url]


def make_bench(home: Path, database_url: str | None = None) -> Bench:
    config = Config(home=home, now=NOW, database_url=database_url)
    world = World(
        feeds={
            WIRE: [article("Acme opens a plant", "Detail. " * 300), article("Apple raises its dividend", "Soon.")],
            BLOG: [article("Rates stay", "", published=None)],
        },
        quotes={"ACME": trading("ACME", range(100, 118)), "AAPL": trading("AAPL", range(230, 248), "Apple Inc.")},
    )
    return Bench(config, upgrade_ledger(config), world)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return make_bench(tmp_path / "home")


def outcomes(report: RunReport) -> dict[str, str]:
    return {s.url: s.outcome for s in report.sources}


# A run and its repetition


def test_a_run_stores_links_and_indexes_everything(bench: Bench) -> None:
    report = bench.run()
    assert outcomes(report) == dict.fromkeys(["yahoo:ACME", "yahoo:AAPL", WIRE, BLOG], "ok")
    assert report.exit_code == 0
    assert [(s.counts.new, s.counts.updated) for s in report.sources] == [(19, 0), (19, 0), (2, 0), (1, 0)]
    nodes = bench.nodes()
    assert report.indexed == len(nodes)
    assert nodes["AAPL:2026-W09"].startswith(
        "Apple Inc. (AAPL) in the week of 23 to 27 February 2026: close 247.00 USD"
    )
    assert nodes["ACME:now"].startswith("ACME Inc. (ACME) latest price, the current quote: 117.00 USD")
    assert {a.title: a.symbols for a in bench.ledger.news.latest(NOW)} == {
        "Acme opens a plant": ("ACME",),
        "Apple raises its dividend": ("AAPL",),
        "Rates stay": (),
    }
    assert sum(node.endswith(":0") for node in nodes) == 3
    assert len(nodes) > 3 + 2 + 2 * 4  # the long story has several chunks


def test_an_equal_run_writes_nothing_and_loads_no_model(bench: Bench) -> None:
    bench.run()
    before, version = bench.stored(), bench.index.client.version
    report = bench.run(now=NOW + timedelta(minutes=30))
    assert outcomes(report) == {"yahoo:ACME": "ok", "yahoo:AAPL": "ok", WIRE: "not modified", BLOG: "not modified"}
    assert sum(s.counts.new + s.counts.updated for s in report.sources) == report.indexed == 0
    assert bench.stored() == before
    assert bench.index.client.version == version
    assert bench.loaded == 1
    assert bench.world.calls == {"directory": 1, "sessions": 1}
    assert bench.state(WIRE).last_ok == NOW + timedelta(minutes=30)


def test_an_equal_run_imports_no_heavy_package(bench: Bench) -> None:
    bench.run()
    bench.ledger.close()
    script = (
        "import sys; from pathlib import Path; from ingest.config import Config; from ingest.ledger import open_ledger;"
        "from ingest import pipeline; from ingest.indexing import pending; from datetime import datetime;"
        "assert not list(pending(open_ledger(Config(home=Path(sys.argv[1]))), datetime.fromisoformat(sys.argv[2])));"
        "print(*{'llama_index', 'lancedb', 'torch', 'transformers', 'pandas', 'yfinance'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script, str(bench.config.home), NOW.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


def test_only_what_is_new_is_indexed(bench: Bench) -> None:
    bench.run()
    wire = bench.world.feeds[WIRE]
    assert not isinstance(wire, Exception)
    bench.world.feeds[WIRE] = [*wire, article("Acme closes a plant")]
    report = bench.run(now=LATER)
    assert next(s.counts for s in report.sources if s.url == WIRE).new == 1
    assert report.indexed == 1


def test_a_shrunken_article_leaves_no_old_chunk(bench: Bench) -> None:
    bench.run()
    wire = bench.world.feeds[WIRE]
    assert not isinstance(wire, Exception)
    bench.world.feeds[WIRE] = [replace(wire[0], text="Short now."), wire[1]]
    bench.run(now=LATER)
    assert [text for node, text in bench.nodes().items() if node.startswith(f"{wire[0].id}:")] == ["Short now."]


def test_what_an_article_said_before_its_edits_is_indexed_beside_it_once(bench: Bench) -> None:
    bench.run()
    wire = bench.world.feeds[WIRE]
    assert not isinstance(wire, Exception)
    for n, text in enumerate(("Second.", "Third.")):
        edited = replace(wire[1], text=text, fetched=LATER + timedelta(days=n))
        bench.world.feeds[WIRE] = [wire[0], edited]
        assert bench.run(now=edited.fetched).indexed == 2  # the new text, and the one before it
    said = {node: text for node, text in bench.nodes().items() if node.startswith(wire[1].id)}
    assert said == {f"{wire[1].id}@0:0": wire[1].text or wire[1].title, f"{wire[1].id}@1:0": "Second.",
                    f"{wire[1].id}:0": "Third."}  # fmt: skip


def test_what_is_indexed_but_not_marked_is_only_marked(bench: Bench) -> None:
    bench.run()
    bench.ledger.news.forget_index()
    bench.ledger.market.forget_index()
    assert bench.run(now=LATER).indexed == 0
    assert not bench.ledger.news.unindexed(1)


def test_articles_that_cannot_be_marked_do_not_hold_a_run_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = []

    def mark(*_: Any) -> None:
        marked.append(1)
        assert len(marked) < 3

    monkeypatch.setattr(type(bench.ledger.news), "mark_indexed", mark)
    bench.run("news")
    assert len(marked) == 1


SEAMS: dict[str, tuple[Any, str]] = {
    "read_feed": (World, "read_feed"),
    "read_quotes": (World, "read_quotes"),
    "sessions": (World, "sessions"),
    "names": ("market", "put_names"),
    "bars": ("market", "put"),
    "articles": ("news", "put"),
    "states": ("sources", "save"),
    "vectors": (LanceStore, "add"),
    "marked quotes": ("market", "mark_quotes_indexed"),
    "marked bars": ("market", "mark_bars_indexed"),
    "marked articles": ("news", "mark_indexed"),
    "report": ("sources", "save_run"),
}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("seam", "nth"), [*product(SEAMS, (1, 2)), ("states", 3)])
def test_a_kill_at_any_seam_loses_nothing_and_doubles_nothing(
    tmp_path: Path, expected: Any, monkeypatch: pytest.MonkeyPatch, seam: str, nth: int, moment: str
) -> None:
    bench = make_bench(tmp_path / "home")
    part, name = SEAMS[seam]
    owner = part if isinstance(part, type) else type(getattr(bench.ledger, part))
    with monkeypatch.context() as patch:
        happened = kill_at(patch, owner, name, nth, moment)
        try:
            bench.run()
        except Killed:
            assert happened() >= nth
        else:
            assert happened() < nth  # this seam is met but once in a run
    bench.run()
    assert bench.stored() == expected
    assert bench.run(now=LATER).indexed == 0


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Any:
    bench = make_bench(tmp_path_factory.mktemp("undisturbed"))
    bench.run()
    return bench.stored()


def kill_at(patch: pytest.MonkeyPatch, owner: Any, name: str, nth: int, moment: str) -> Callable[[], int]:
    """Kills the run before or after the `nth` call of a method; says how often it was called."""
    real = getattr(owner, name)
    calls: list[int] = []

    def met(now: str) -> None:
        if len(calls) == nth and moment == now:
            raise Killed

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        met("before")
        result = real(*args, **kwargs)
        met("after")
        return result

    async def acall(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        met("before")
        result = await real(*args, **kwargs)
        met("after")
        return result

    patch.setattr(owner, name, acall if inspect.iscoroutinefunction(real) else call)
    return lambda: len(calls)


def test_good_polls_of_feeds_are_remembered_together_once_their_articles_are_stored(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [f"https://h{n}.test/feed" for n in range(TOGETHER + 6)]
    bench.world.feeds, bench.world.quotes = {u: [article(f"Story of {u}")] for u in urls}, {}
    real, saved = Sources.save, list[int]()

    def save(self: Sources, states: Iterable[SourceState]) -> None:
        of = {s.url for s in states}
        assert of <= {a.feed for a in bench.ledger.news.latest(NOW, limit=999)}
        saved.append(len(of))
        real(self, states)

    monkeypatch.setattr(Sources, "save", save)
    bench.run("news")
    assert saved == [TOGETHER, 6]
    assert bench.ledger.sources.states().keys() == set(urls)


def test_a_poll_does_not_wait_for_what_another_stores(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.world.feeds, bench.world.quotes = {u: [article(f"Story of {u}")] for u in (WIRE, BLOG)}, {}
    real, both_asked = News.put, list[bool]()

    def put(self: News, articles: Iterable[Article]) -> Counts:
        both_asked.append(asked.wait(10))
        return real(self, articles)

    async def read_feed(state: SourceState, *rest: Any) -> tuple[Parsed | None, SourceState]:
        found = await World.read_feed(bench.world, state, *rest)
        if {WIRE, BLOG} <= {*bench.world.asked}:
            asked.set()
        return found

    asked = Event()
    monkeypatch.setattr(News, "put", put)
    monkeypatch.setattr(bench.world, "read_feed", read_feed)
    bench.run("news")
    assert both_asked == [True, True]
    assert len(bench.ledger.news.latest(NOW)) == 2


# Failures


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unreachable("no route"), "unreachable"),
        (NotAFeed("a web page"), "not a feed"),
        (Refused("403"), "refused"),
        (ValueError("a bug of a parser"), "failed"),
        (MemoryError(), "failed"),
    ],
)
def test_a_source_that_fails_is_named_and_stops_no_other(bench: Bench, error: Exception, outcome: str) -> None:
    bench.world.feeds[WIRE] = bench.world.quotes["ACME"] = error
    report = bench.run()
    assert outcomes(report) == {"yahoo:ACME": outcome, "yahoo:AAPL": "ok", WIRE: outcome, BLOG: "ok"}
    assert (report.exit_code, report.failed) == (3, 2)
    assert bench.state(WIRE).failures == 1
    assert bench.state(WIRE).last_error == next(s.error for s in report.sources if s.url == WIRE)
    assert "AAPL:now" in bench.nodes()
    assert len(bench.ledger.news.latest(NOW)) == 1


def test_a_failing_commit_of_one_feed_stops_no_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real = type(bench.ledger.news).put

    def put(self: Any, articles: Any) -> Any:
        stories = list(articles)
        if stories[0].feed == WIRE:
            raise OSError(28, "No space left on device")
        return real(self, stories)

    monkeypatch.setattr(type(bench.ledger.news), "put", put)
    report = bench.run()
    assert outcomes(report)[WIRE] == "not stored"
    assert "No space left on device" in next(s.error or "" for s in report.sources if s.url == WIRE)
    assert bench.state(WIRE).etag is None  # it will be read again
    assert [a.title for a in bench.ledger.news.latest(NOW)] == ["Rates stay"]


def test_where_all_sources_fail_the_run_is_still_done_and_says_so(bench: Bench) -> None:
    bench.world.feeds = {WIRE: Unreachable("x")}
    bench.world.quotes = {"ACME": NoData("x")}
    report = bench.run()
    assert (report.exit_code, report.failed, report.indexed) == (3, 2, 0)


def test_after_one_rate_limit_the_other_symbols_are_held(bench: Bench) -> None:
    bench.world.quotes = {
        "AAPL": trading("AAPL", [1, 2]),
        "ACME": RateLimited("slow down"),
        "MSFT": trading("MSFT", [3]),
    }
    report = bench.run("quotes")
    assert outcomes(report) == {"yahoo:AAPL": "ok", "yahoo:ACME": "rate limited", "yahoo:MSFT": "held"}
    assert [symbol for symbol, _ in bench.world.asked] == ["AAPL", "ACME"]
    held = bench.state("yahoo:MSFT").held_until
    assert held is not None
    assert held == bench.state("yahoo:ACME").held_until
    again = bench.run("quotes", now=held - timedelta(seconds=1))
    assert set(outcomes(again).values()) == {"held"}
    assert bench.world.asked == []
    bench.world.quotes["ACME"] = trading("ACME", [9])
    assert set(outcomes(bench.run("quotes", now=held)).values()) == {"ok"}
    assert bench.state("yahoo:MSFT").held_until is None


def test_yahoo_s_hold_doubles_whichever_symbol_meets_the_limit_and_old_quotes_stay(bench: Bench) -> None:
    bench.run("quotes")
    before = bench.stored()[:2]
    now, holds = LATER, []
    for limited in ("ACME", "AAPL", "ACME"):
        bench.world.quotes = {limited: RateLimited("slow down"), **{s: bench.world.quotes[s] for s in ("ACME", "AAPL")}}
        bench.world.quotes[limited] = RateLimited("slow down")
        bench.run("quotes", now)
        assert len(bench.world.asked) == 1
        until = bench.state("yahoo:ACME").held_until
        assert until is not None
        bench.ledger.close()  # the hold is not in this process
        bench.ledger = upgrade_ledger(bench.config)
        bench.run("quotes", now=until - timedelta(seconds=1))
        assert bench.world.asked == []
        holds.append((until - now) / timedelta(minutes=30))
        now = until
    assert [0.9 * n <= hold <= n for hold, n in zip(holds, (1, 2, 2), strict=True)] == [True] * 3
    assert bench.stored()[:2] == before


def test_a_hold_survives_a_restart_and_leaves_other_servers_of_the_host_alone(bench: Bench) -> None:
    other, port, plain = "https://wire.test/other", "https://wire.test:8443/feed", "http://wire.test/feed"
    limited = RateLimited("429", retry_after=NOW + timedelta(hours=3))
    bench.world.feeds = {WIRE: limited, other: [], port: [], plain: []}
    bench.run("news")
    bench.ledger.close()
    bench.ledger = upgrade_ledger(bench.config)
    report = bench.run("news", now=NOW + timedelta(hours=2))
    assert {url for url, outcome in outcomes(report).items() if outcome == "held"} == {WIRE, other}
    assert set(bench.world.asked) == {port, plain}


def test_over_the_wire_a_hold_means_no_request_at_all_and_what_is_gone_is_asked_once(bench: Bench) -> None:
    story = b"<rss version='2.0'><channel><title>t</title><item><title>One</title></item></channel></rss>"

    async def poll(site: Site, paths: str, now: datetime) -> RunReport:
        async with Fetcher("openingbell/test", [site.host]) as fetcher:
            feeds = [SourceState(site.base + path, "news") for path in paths.split()]
            parts = replace(bench.pipeline(), feeds=feeds, read_feed=partial(read, fetcher))
            return await parts.run("news", now)

    with serve() as site:
        site.pages |= {"/busy": Page(status=503, headers={"Retry-After": "7200"}), "/fine": Page(story)}
        site.pages |= {"/gone": Page(status=410), "/missing": Page(status=404)}
        asyncio.run(poll(site, "/gone /missing", NOW))
        asyncio.run(poll(site, "/busy", NOW))
        del site.asked[:]
        bench.ledger.close()
        bench.ledger = upgrade_ledger(bench.config)
        held = asyncio.run(poll(site, "/busy /fine /missing", NOW + timedelta(minutes=119)))
        assert ({s.outcome for s in held.sources}, site.asked) == ({"held"}, [])
        site.pages["/busy"] = Page(story)
        after = asyncio.run(poll(site, "/busy /fine /gone", NOW + timedelta(minutes=120)))
        assert {path for path, _ in site.asked} == {"/busy", "/fine"}
        assert {s.outcome for s in after.sources} == {"ok"}
        assert [w for w in after.warnings if "gone for good" in w] == list(after.warnings) != []
        missing = bench.state(site.base + "/missing").next_poll
        assert missing is not None
        assert missing >= NOW + timedelta(days=1)


def test_a_limit_behind_a_redirect_holds_the_server_that_said_it_and_no_other(bench: Bench) -> None:
    """Of two feeds of one server, one leads to another server, which limits us: it is left alone, by whatever road."""
    story = b"<rss version='2.0'><channel><title>t</title><item><title>One</title></item></channel></rss>"

    async def poll(now: datetime, *urls: str) -> dict[str, str]:
        async with Fetcher("openingbell/test", [own.host, other.host, third.host]) as fetcher:
            feeds = [SourceState(url, "news") for url in urls]
            parts = replace(bench.pipeline(), feeds=feeds, read_feed=partial(read, fetcher))
            report = await parts.run("news", now)
        bench.ledger.close()  # what is held is not in this process
        bench.ledger = upgrade_ledger(bench.config)
        return outcomes(report)

    with serve() as own, serve("127.0.0.2") as other, serve("127.0.0.3") as third:
        to_other = {"Location": f"{other.base}/limited"}
        own.pages |= {"/leads": Page(status=302, headers=to_other), "/fine": Page(story)}
        third.pages["/leads"] = Page(status=301, headers=to_other)
        other.pages |= {"/limited": Page(status=429, headers={"Retry-After": "7200"}), "/fine": Page(story)}
        leads, fine, late = f"{own.base}/leads", f"{own.base}/fine", f"{third.base}/leads"
        assert asyncio.run(poll(NOW, leads)) == {leads: "rate limited"}
        del own.asked[:], other.asked[:]
        soon = asyncio.run(poll(NOW + timedelta(minutes=119), leads, fine, late, f"{other.base}/fine"))
        assert soon == {leads: "held", fine: "ok", late: "held", f"{other.base}/fine": "held"}
        assert ([path for path, _ in own.asked], len(third.asked), other.asked) == (["/fine"], 1, [])
        asyncio.run(poll(NOW + timedelta(minutes=119), late))
        assert len(third.asked) == 1  # now it is known where that leads
        other.pages["/limited"] = Page(story)
        after = asyncio.run(poll(NOW + timedelta(minutes=121), leads, late, f"{other.base}/fine"))
        assert set(after.values()) == {"ok"}
        assert bench.state(leads).held_until is None


def test_a_feed_that_has_moved_says_so_once_and_keeps_its_articles(bench: Bench) -> None:
    seen = []

    async def reads(state: SourceState, now: datetime, holds: Any) -> tuple[Parsed, SourceState]:
        seen.append(state.address)
        first = replace(article("Acme opens a plant"), feed=state.url)
        return Parsed((first,)), replace(state, moved_to="https://new.test/feed", moves=state.moves + 1)

    parts = replace(bench.pipeline(), feeds=[SourceState(WIRE, "news")], read_feed=reads)
    said = [asyncio.run(parts.run("news", NOW)).warnings for _ in range(3)]
    assert said == [(), (f"{WIRE}: has moved for good, asked at https://new.test/feed from now on",), ()]
    assert seen == [WIRE, WIRE, "https://new.test/feed"]
    assert bench.ledger.news.count() == 1


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ("no no yes yes", ["S0", "S1"]),
        ("yes no no yes", ["S0", "S1", "S2"]),
        ("no yes no yes no", ["S0", "S1", "S2", "S3", "S4"]),
    ],
)
def test_after_two_silences_in_a_row_yahoo_is_left_alone_until_the_next_run(
    bench: Bench, answers: str, asked: list[str]
) -> None:
    bench.world.quotes = {
        f"S{n}": trading(f"S{n}", [1.0, 2.0]) if answer == "yes" else Unreachable("no answer")
        for n, answer in enumerate(answers.split())
    }
    report = bench.run()
    assert [a[0] for a in bench.world.asked if isinstance(a, tuple)] == asked
    assert {WIRE, BLOG} <= set(bench.world.asked)
    left = [s for s in report.sources if s.kind == "quotes" and s.url.removeprefix("yahoo:") not in asked]
    assert len(left) == len(bench.world.quotes) - len(asked)
    assert all(s.outcome == "unreachable" and (s.error or "").startswith("not asked: ") for s in left)
    assert not {s.url for s in left} & set(bench.ledger.sources.states())
    assert all(s.held_until is None for s in bench.ledger.sources.states().values())


def test_a_feed_that_is_limited_holds_its_whole_host(bench: Bench) -> None:
    other = "https://wire.test/other"
    limited = RateLimited("429", retry_after=NOW + timedelta(hours=3))
    bench.world.feeds = {WIRE: limited, BLOG: [], other: []}
    bench.run("news")
    report = bench.run("news", now=NOW + timedelta(hours=2))
    assert outcomes(report) == {WIRE: "held", other: "held", BLOG: "not modified"}
    assert bench.world.asked == [BLOG]


def test_a_feed_that_is_gone_is_asked_no_more_and_keeps_its_articles(bench: Bench) -> None:
    bench.run()
    bench.world.feeds[WIRE] = Refused("410 Gone", status=410)
    assert outcomes(bench.run())[WIRE] == "refused"
    again = bench.run()
    assert WIRE not in outcomes(again)
    assert [w for w in again.warnings if w.startswith(WIRE) and "gone for good" in w] == list(again.warnings)
    assert len(again.warnings) == 1
    assert len(bench.ledger.news.latest(NOW)) == 3


def test_a_feed_that_was_gone_is_asked_again_once_it_is_added_again(bench: Bench) -> None:
    stories, bench.world.feeds[WIRE] = bench.world.feeds[WIRE], Refused("410 Gone", status=410)
    bench.run()
    bench.ledger.sources.add_feeds([WIRE], NOW)
    bench.world.feeds[WIRE] = stories
    assert outcomes(bench.run())[WIRE] == "ok"
    bench.ledger.sources.remove_feeds([WIRE])
    assert WIRE not in bench.ledger.sources.states()
    assert BLOG in bench.ledger.sources.states()


def test_an_index_that_refuses_is_an_error_after_everything_is_stored(bench: Bench) -> None:
    def refuse(_: Any) -> NodeStore:
        raise EmbeddingMismatch("made with another model", "run `bell reindex`")

    refusing = replace(bench.pipeline(), indexer=Indexer(bench.ledger, hash_embedding, refuse))
    with pytest.raises(BellError, match="bell reindex"):
        asyncio.run(refusing.run("all", NOW))
    last = bench.ledger.sources.last_run()
    assert last is not None
    assert len(last["sources"]) == 4
    assert "bell reindex" in last["warnings"][-1]
    assert bench.run().indexed > 0


# Due


def test_due_polls_only_what_has_come(bench: Bench) -> None:
    bench.run(due=True)
    assert len(bench.world.asked) == 4
    bench.run(now=NOW + timedelta(minutes=7), due=True)
    assert bench.world.asked == []
    bench.run(now=NOW + timedelta(minutes=15), due=True)
    assert [a[0] for a in bench.world.asked] == ["ACME", "AAPL"]
    bench.run(now=NOW + timedelta(minutes=30), due=True)
    assert len(bench.world.asked) == 4
    bench.run(now=NOW + timedelta(minutes=31))
    assert len(bench.world.asked) == 4


@pytest.mark.parametrize(("what", "kinds"), [("news", {"news"}), ("quotes", {"quotes"}), ("all", {"news", "quotes"})])
def test_a_run_polls_the_kind_it_is_asked_for(bench: Bench, what: What, kinds: set[str]) -> None:
    assert {s.kind for s in bench.run(what).sources} == kinds


def test_a_look_at_nothing_due_leaves_the_last_report_alone(bench: Bench) -> None:
    bench.run()
    assert bench.run(now=NOW + timedelta(minutes=1), due=True).sources == ()
    last = bench.ledger.sources.last_run()
    assert last is not None
    assert len(last["sources"]) == 4


# Quotes


def test_names_are_known_from_quotes_alone(bench: Bench) -> None:
    bench.run("quotes")
    assert bench.ledger.market.names() == {
        "acme": ("ACME",), "acme inc.": ("ACME",), "apple": ("AAPL",), "apple inc.": ("AAPL",)
    }  # fmt: skip


def test_the_first_poll_takes_all_and_later_ones_go_on_from_the_last_day(bench: Bench) -> None:
    bench.run("quotes")
    assert bench.world.asked == [("ACME", None), ("AAPL", None)]
    bench.run("quotes", now=LATER)
    assert bench.world.asked == [("ACME", date(2026, 2, 27)), ("AAPL", date(2026, 2, 27))]


def test_a_split_since_the_last_day_reads_all_again(bench: Bench) -> None:
    bench.world.quotes = {"ACME": trading("ACME", [200.0] * 10)}
    bench.run("quotes")
    split = Action("ACME", date(2026, 3, 2), "split", 2.0)
    bench.world.quotes = {"ACME": trading("ACME", [100.0] * 11, end=date(2026, 3, 2), actions=(split,))}
    report = bench.run("quotes", now=NOW + timedelta(days=3))
    assert bench.world.asked == [("ACME", date(2026, 2, 27)), ("ACME", None)]
    assert (report.sources[0].counts.new, report.sources[0].counts.updated) == (2, 10)
    assert "close 100.00 USD on 27 February" in bench.nodes()["ACME:2026-W09"]
    bench.run("quotes", now=NOW + timedelta(days=3, hours=1))
    assert len(bench.world.asked) == 1


def test_a_split_nobody_told_of_shows_no_halving_and_is_read_again_once_the_source_adjusts(bench: Bench) -> None:
    monday, tuesday = (date(2026, 3, d) for d in (2, 3))
    bench.world.quotes = {"ACME": trading("ACME", [200.0] * 10)}
    bench.run("quotes")
    before = bench.stored()[:2]
    bench.world.quotes = {"ACME": trading("ACME", [200.0] * 10 + [101.0], end=monday)}
    report = bench.run("quotes", now=NOW + timedelta(days=3))
    assert (report.sources[0].outcome, report.sources[0].rejected) == ("ok", 1)
    assert sum("split that is not told of" in w for w in report.warnings) == 2  # of the day, of the latest price
    assert bench.stored()[:2] == before
    adjusted = trading("ACME", [100.0] * 10 + [101.0, 102.0], end=tuesday)
    bench.world.quotes = {"ACME": lambda start: adjusted(start and start - timedelta(days=10))}  # as the reader asks
    report = bench.run("quotes", now=NOW + timedelta(days=4))
    assert bench.world.asked == [("ACME", date(2026, 2, 27)), ("ACME", None)]
    assert [w for w in report.warnings if "read again" in w] == [f"yahoo:ACME: {READ_AGAIN}"]
    after = bench.ledger.market.bars("ACME", NOW + timedelta(days=4))
    assert [b.close for b in after] == [100.0] * 10 + [101.0, 102.0]
    bench.run("quotes", now=NOW + timedelta(days=4, hours=1))
    assert len(bench.world.asked) == 1


def test_a_halving_that_holds_is_a_fall(bench: Bench) -> None:
    bench.world.quotes = {"ACME": trading("ACME", [200.0] * 10)}
    bench.run("quotes")
    closes = [200.0] * 10
    for n in range(5):
        closes.append(100.0 + n)
        now = close_of(date(2026, 3, 2 + n)) + timedelta(hours=1)
        bench.world.quotes = {"ACME": trading("ACME", closes, end=date(2026, 3, 2 + n))}
        bench.run("quotes", now=now)
        known = [b.close for b in bench.ledger.market.bars("ACME", now)]
        assert known == (closes if n == 4 else closes[:10])


def test_a_week_is_told_once_its_last_session_has_closed(bench: Bench) -> None:
    bench.world.quotes = {"ACME": trading("ACME", range(100, 109), end=date(2026, 2, 26))}
    bench.run("quotes", now=close_of(date(2026, 2, 26)) + timedelta(minutes=30))
    assert {n for n in bench.nodes() if "W" in n} == {"ACME:2026-W08"}
    assert len(bench.ledger.market.unindexed_days()) == 4
    bench.world.quotes = {"ACME": trading("ACME", range(100, 110))}
    assert bench.run("quotes").indexed == 2
    assert bench.nodes()["ACME:2026-W09"].startswith("ACME Inc. (ACME) in the week of 23 to 27 February 2026")
    assert bench.ledger.market.unindexed_days() == []


def test_prices_in_the_wrong_unit_are_kept_out_counted_and_said(bench: Bench) -> None:
    bench.world.quotes = {"ACME": trading("ACME", [200.0] * 10)}
    bench.run("quotes")
    before = bench.stored()[:2]
    bench.world.quotes = {"ACME": trading("ACME", [200.0] * 6 + [2.0], end=date(2026, 3, 2))}
    report = bench.run("quotes", now=NOW + timedelta(days=3))
    assert (outcomes(report), report.sources[0].rejected) == ({"yahoo:ACME": "ok"}, 1)
    assert [w.split(":")[1] for w in report.warnings] == ["ACME", "ACME"]
    assert bench.ledger.market.quote("ACME", NOW + timedelta(days=3)) == bench.ledger.market.quote("ACME", NOW)
    bench.world.quotes = {"ACME": trading("ACME", [20_000.0] * 7, end=date(2026, 3, 3))}
    report = bench.run("quotes", now=NOW + timedelta(days=4))
    assert outcomes(report) == {"yahoo:ACME": "unavailable"}
    assert bench.stored()[:2] == before


def test_rejected_rows_are_counted(bench: Bench) -> None:
    bench.world.quotes = {"ACME": trading("ACME", [8.0, 9.0], rejected=3)}
    assert bench.run("quotes").sources[0].rejected == 3


def test_sessions_reach_a_year_either_side(bench: Bench) -> None:
    bench.run("quotes")
    known = bench.ledger.market.sessions("XNYS", date(2020, 1, 1), date(2030, 1, 1))
    assert (known[0].day, known[-1].day) == (date(2025, 2, 27), date(2027, 2, 26))


def test_sessions_that_are_not_known_are_a_warning(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any) -> list[Session]:
        raise KeyError("XNYS")

    monkeypatch.setattr(bench.world, "sessions", unknown)
    report = bench.run("quotes")
    assert report.exit_code == 0
    assert "XNYS" in report.warnings[0]


# News


def test_warnings_of_a_feed_name_it(bench: Bench) -> None:
    bench.world.feeds = {WIRE: [article(f"Story {n}") for n in range(4)]}
    assert bench.run("news").warnings == (f"{WIRE}: one entry left out",)


def test_equal_warnings_of_many_feeds_are_one_line(bench: Bench) -> None:
    bench.world.feeds = {url: [article(f"{url} {n}") for n in range(4)] for url in (WIRE, BLOG)}
    assert bench.run("news").warnings in {(f"{url} and 1 more: one entry left out",) for url in (WIRE, BLOG)}


def test_few_feeds_at_a_time_and_fewer_of_one_host(bench: Bench) -> None:
    hosts = [f"https://big.test/{n}" for n in range(20)] + [f"https://h{n % 30}.test/{n}" for n in range(90)]
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def read_all() -> RunReport:
        full = asyncio.Event()  # nobody is done before as many run as may: how fast threads write decides nothing

        async def reads(state: SourceState, now: datetime, holds: Any) -> tuple[Parsed, SourceState]:
            host = state.url.split("/")[2]
            running.update(["all", host])
            most["all"], most["a host"] = max(most["all"], running["all"]), max(most["a host"], running[host])
            if running["all"] >= AT_ONCE:
                full.set()
            async with asyncio.timeout(60):
                await full.wait()
            for _ in range(5):
                await asyncio.sleep(0)
            running.subtract(["all", host])
            return Parsed(()), state

        parts = replace(bench.pipeline(), feeds=[SourceState(u, "news") for u in hosts], read_feed=reads)
        return await parts.run("news", NOW)

    report = asyncio.run(read_all())
    assert [(s.url, s.outcome) for s in report.sources] == [(url, "ok") for url in hosts]
    assert most == {"all": AT_ONCE, "a host": A_HOST}


def test_the_run_tells_its_progress(bench: Bench) -> None:
    told: list[tuple[str, str, int]] = []

    class Told:
        def start(self, task: str, total: int) -> None:
            told.append(("start", task, total))

        def advance(self, task: str, done: int = 1) -> None:
            told.append(("advance", task, done))

        def finish(self, task: str) -> None:
            told.append(("finish", task, 0))

    parts = bench.pipeline()
    asyncio.run(replace(parts, progress=Told(), indexer=replace(parts.indexer, progress=Told())).run("all", NOW))
    indexing = [f"indexing {what}" for what in ("latest prices", "weeks of prices", "articles")]
    tasks = ["quotes", "feeds", "loading the embedding model", *indexing]
    assert [task for verb, task, _ in told if verb == "start"] == tasks
    for task in tasks:
        total = next(n for verb, t, n in told if (verb, t) == ("start", task))
        assert sum(n for verb, t, n in told if (verb, t) == ("advance", task)) == total
        assert ("finish", task, 0) in told
