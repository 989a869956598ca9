"""One source of one of many workers: polled if it is still due, under what all workers know of its server."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import RateLimited, Unreachable
from ingest.pipeline import Pipeline
from ingest.queue import LedgerWork, plan
from ingest.types import SourceState
from tests.conftest import NOW
from tests.test_pipeline import BLOG, WIRE, Bench, ByName, make_bench

ACME = SourceState("yahoo:ACME", "quotes", "ACME")
LIMITED = "https://wire.test/other"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return make_bench(tmp_path / "home")


def work(bench: Bench) -> LedgerWork:
    """A worker's, whose pipeline follows nothing of itself."""

    def followed() -> tuple[list[str], list[SourceState]]:
        return list(bench.world.quotes), [SourceState(url, "news") for url in bench.world.feeds]

    made: Pipeline = bench.pipeline()
    return LedgerWork(made, followed, lambda _: None, lambda _: None, ())


def poll(bench: Bench, source: SourceState, now: datetime = NOW) -> bool:
    return asyncio.run(work(bench).poll(source, now))


def test_a_source_is_polled_alone_and_once_an_interval(bench: Bench) -> None:
    wire = SourceState(WIRE, "news")
    assert [s.url for s in work(bench).due(NOW)] == [WIRE, BLOG, "yahoo:ACME", "yahoo:AAPL"]
    assert poll(bench, wire)  # it brought something
    assert not poll(bench, wire)  # another had been there first
    assert not poll(bench, wire, NOW + timedelta(minutes=31))  # nothing new
    assert bench.world.asked == [WIRE, WIRE]
    assert [s.url for s in work(bench).due(NOW)] == [BLOG, "yahoo:ACME", "yahoo:AAPL"]
    assert {a.title for a in bench.ledger.news.latest(NOW)} == {"Acme opens a plant", "Apple raises its dividend"}
    assert bench.loaded == 0  # the index is another's


def test_a_symbol_is_polled_with_its_names_and_sessions(bench: Bench) -> None:
    assert poll(bench, ACME)
    assert bench.world.asked == [("ACME", None)]
    assert "acme inc." in bench.ledger.market.names()
    assert bench.world.calls == {"directory": 1, "sessions": 1}
    assert list(bench.ledger.sources.states()) == ["yahoo:ACME"]


def test_each_poll_is_told_in_a_run_of_its_own_and_a_look_in_none(bench: Bench) -> None:
    poll(bench, ACME)
    told = bench.ledger.sources.last_run()
    assert told is not None
    assert [s["url"] for s in told["sources"]] == ["yahoo:ACME"]
    poll(bench, ACME)
    poll(bench, SourceState(BLOG, "news"))
    assert bench.ledger.sources.polled_after(NOW - timedelta(minutes=1)) == {"yahoo:ACME", BLOG}


def test_what_one_worker_learns_of_a_server_holds_for_all(bench: Bench) -> None:
    until = NOW + timedelta(hours=2)
    bench.world.feeds[LIMITED] = RateLimited("wire.test answered 429", retry_after=until)
    assert not poll(bench, SourceState(LIMITED, "news"))
    assert not poll(bench, SourceState(WIRE, "news"), NOW + timedelta(minutes=1))
    assert bench.world.asked == [LIMITED]
    assert bench.state(WIRE).held_until == until
    assert poll(bench, SourceState(BLOG, "news"))
    assert poll(bench, SourceState(WIRE, "news"), until)


def test_a_source_that_fails_is_remembered_and_no_failed_job(bench: Bench) -> None:
    failing: Any = Unreachable("yahoo is away")
    bench.world.quotes["ACME"] = failing
    assert not poll(bench, ACME)
    assert (bench.state("yahoo:ACME").failures, bench.state("yahoo:ACME").next_poll) > (0, NOW)
    assert [s.url for s in plan.due(bench.ledger.sources.states().values(), NOW + timedelta(minutes=16))] == []


def test_names_are_read_again_after_a_while(bench: Bench) -> None:
    made = work(bench)
    first = made._names(NOW)
    assert made._names(NOW + timedelta(seconds=60)) is first
    later = made._names(NOW + timedelta(seconds=61))
    assert isinstance(later, ByName)
    assert later is not first
