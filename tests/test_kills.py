"""kill -9 in the midst of real ingests: nothing acknowledged is lost, nothing doubled, ledger and index agree again.

Some at random instants, as many between an answer's commit and its validators' save.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.agreement import lacking, strays
from ingest.config import Config
from ingest.index.store import open_index
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine, faults
from tests.crash import (
    FEEDS,
    SYMBOL,
    Market,
    growing_market,
    ingest,
    ingest_and_die_before_a_save,
    run_until,
    undisturbed,
)
from tests.sizes import KILLS


@pytest.fixture
def market() -> Iterator[Market]:
    with growing_market() as running:
        yield running


@pytest.fixture
def home(market: Market, tmp_path: Path) -> Path:
    """Everything of the market's first version, ingested undisturbed."""
    home = tmp_path / "home"
    with closing(upgrade_ledger(market.config(home))) as ledger:
        ledger.sources.watch([SYMBOL], market.now)
        ledger.sources.add_feeds(market.feeds, market.now)
    assert run_until(None, ingest, market.config(home)) == 0
    return home


def known(config: Config) -> set[str]:
    """What a reader sees: it opens, it is sound, and where validators are saved there is all that they stand for."""
    with closing(open_ledger(config)) as ledger:
        assert faults(ledger.engine) == []
        assert examine(ledger.engine)[1] == []
        titles = [a.title for page in ledger.news.pages(100) for a in page]
        assert len(titles) == len(set(titles))
        for state in ledger.sources.states("news").values():
            feed, version = (state.etag or '"-0"').strip('"').split("-")
            assert set(Market().titles(feed, int(version))) <= set(titles)
        bars = ledger.market.bars(SYMBOL, config.clock())
        assert all(b.close == b.open + 1 for b in bars)
        return {*titles, *(str(b.day) for b in bars)}


def settled(market: Market, config: Config) -> None:
    """After the next run everything is there, once, in the ledger and in the index."""
    assert run_until(None, ingest, config) == 0
    everything = {t for feed in FEEDS for t in market.titles(feed, market.version)}
    assert known(config) == everything | {str(d) for d in market.days}
    with closing(open_ledger(config)) as ledger:
        index = open_index(config, "hash")
        assert (lacking(ledger, index, config.clock()), strays(ledger, index)) == (set(), set())
        assert ledger.news.unindexed_ids() == set()
        ids = [node.node_id for node in index.get_nodes()]
        assert len(ids) == len(set(ids))


def test_a_kill_at_any_instant_loses_nothing_acknowledged_and_doubles_nothing(
    market: Market, home: Path, record_property: Callable[[str, object], None]
) -> None:
    """At instants from a run's first write to a little after its last, measured anew after every ten. Runs that ended
    before their kill came do not count: it goes on until as many have died."""
    draw, killed, ended, progress = random.Random(5), 0, 0, 0
    while killed < KILLS:
        if (killed + ended) % 10 == 0:
            settled(market, market.config(home))
            market.grow(market.version + 1)
            first, last = undisturbed(market.config(home))
            before = known(market.config(home))
        market.grow(market.version + 1)
        config = market.config(home)
        died = run_until(draw.uniform(first, 1.2 * last), ingest, config) == -9
        killed, ended = killed + died, ended + (not died)
        assert ended <= 2 * KILLS
        after = known(config)
        assert before <= after
        progress += died and after != before
        before = after
    settled(market, market.config(home))
    assert progress > KILLS / 10  # some of them got far enough to write
    record_property("kills at random instants", killed)
    record_property("after something new was stored", progress)
    record_property("runs that ended before", ended)


def test_a_kill_between_a_commit_and_its_validators_only_means_reading_it_again(
    market: Market, home: Path, record_property: Callable[[str, object], None]
) -> None:
    """In turn with none and with some of the run's validators saved before; another feed may be stored meanwhile."""
    for n in range(KILLS):
        market.grow(market.version + 1)
        config = market.config(home)
        batch = 1 + n % 2
        assert run_until(None, ingest_and_die_before_a_save, config, batch) == -9
        known(config)
        stored, saved = told_of(market, config)
        assert len(saved) == 2 * batch - 2
        assert len(stored) >= 2 * batch
        assert saved < stored
        if n % 10 == 9:
            settled(market, config)
    record_property("kills before a save", KILLS)


def told_of(market: Market, config: Config) -> tuple[set[str], set[str]]:
    """The feeds of whose present version all is stored, and those whose validators of it are."""
    with closing(open_ledger(config)) as ledger:
        titles = {a.title for page in ledger.news.pages(100) for a in page}
        etags = {state.etag for state in ledger.sources.states("news").values()}
    stored = {feed for feed in FEEDS if set(market.titles(feed, market.version)) <= titles}
    return stored, {feed for feed in FEEDS if f'"{feed}-{market.version}"' in etags}
