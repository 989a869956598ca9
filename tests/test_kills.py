"""kill -9 in the midst of real ingests: nothing acknowledged is lost, nothing doubled, ledger and index agree again.

Some at random instants, as many between an answer's commit and its validators' save.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

from ingest.agreement import lacking, strays
from ingest.config import Config
from ingest.index.store import open_index
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine, faults
from tests.crash import SYMBOL, Market, at_random, growing_market, ingest, ingest_and_die_before_a_save, run_until
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
    everything = {t for feed in ("wire", "blog") for t in market.titles(feed, market.version)}
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
    begun = perf_counter()
    market.grow(2)
    assert run_until(None, ingest, market.config(home)) == 0
    longest = 1.2 * (perf_counter() - begun)
    before, progress, killed = known(market.config(home)), 0, 0
    for n, delay in enumerate(at_random(5, KILLS, longest)):
        market.grow(market.version + 1)
        config = market.config(home)
        killed += run_until(delay, ingest, config) == -9
        after = known(config)
        assert before <= after
        progress += after != before
        before = after
        if n % 10 == 9:
            settled(market, config)
            before = known(config)
    settled(market, market.config(home))
    assert killed > KILLS / 3
    assert progress > KILLS / 6  # some got far enough to write
    record_property("kills at random instants", killed)


def test_a_kill_between_a_commit_and_its_validators_only_means_reading_it_again(
    market: Market, home: Path, record_property: Callable[[str, object], None]
) -> None:
    for n in range(KILLS):
        market.grow(market.version + 1)
        config = market.config(home)
        assert run_until(None, ingest_and_die_before_a_save, config) == -9
        known(config)
        if n % 10 == 9:
            settled(market, config)
    record_property("kills before a save", KILLS)
