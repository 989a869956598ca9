"""Ingests without end, each small: the store stays as large as what it holds, and the process as it was."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ingest.backup import back_up
from ingest.config import Config
from ingest.index.store import build_beside
from ingest.indexing import Indexer
from ingest.ledger import open_ledger
from ingest.types import History
from tests.bounds import spent
from tests.conftest import NOW, hash_embedding
from tests.sizes import ACCEPT, INGESTS
from tests.test_pipeline import BLOG, Bench, bench, trading
from tests.test_reindex import stories

__all__ = ["bench"]

A_QUARTER = timedelta(minutes=15)
EVERY_SECOND, EVERY_TENTH = 2, 10  # ingests bring a price, and a story; the others nothing
TIMES, FILES, MEMORY = 3, 500, 32 * 2**20  # as large as anew; in the whole store; that the process grows by
OPEN = Path("/proc/self/fd")


def traded_at(price: float, now: datetime) -> Callable[[date | None], History]:
    def answer(start: date | None) -> History:
        history: History = trading("ACME", range(100, 118))(start)
        assert history.quote is not None
        return replace(history, quote=replace(history.quote, price=price, as_of=now, fetched=now))

    return answer


def size(place: Path) -> int:
    """In bytes, of a file or of all below a folder."""
    return sum(path.stat().st_size for path in (place, *place.rglob("*")) if path.is_file())


def made_anew(config: Config, home: Path) -> Config:
    """The same ledger and index in as little room as they can have."""
    fresh = config.model_copy(update={"home": home})
    home.mkdir()
    back_up(config, config.clock(), home / "ledger.db")
    with closing(open_ledger(fresh)) as ledger:
        index = build_beside(fresh, "hash", 64)[0]
        Indexer(ledger, hash_embedding, lambda _: index).fill(index, hash_embedding(), config.clock())
    return fresh


def ingest(bench: Bench, numbers: range) -> None:
    new = stories(numbers.stop // EVERY_TENTH + 1)
    for n in numbers:
        now = NOW + n * A_QUARTER
        if n % EVERY_SECOND == 0:
            bench.world.quotes["ACME"] = traded_at(100.0 + n % 50, now)
        if n % EVERY_TENTH == 0:
            bench.world.feeds[BLOG] = [new[n // EVERY_TENTH]]
        bench.run(now=now)


def test_a_thousand_small_ingests_leave_nothing_behind_but_what_they_brought(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setattr("ingest.index.store.KEEP", timedelta(milliseconds=1))  # nobody reads here
    monkeypatch.setattr("ingest.ledger.sources.KEPT", 50)
    ingest(bench, range(INGESTS // 3))
    opened = len(list(OPEN.iterdir())) if OPEN.exists() else 0
    with spent() as took:
        ingest(bench, range(INGESTS // 3, INGESTS))
    assert not OPEN.exists() or len(list(OPEN.iterdir())) <= opened
    bench.ledger.close()
    home, fresh = bench.config.home, made_anew(bench.config, tmp_path / "fresh")
    files = sum(path.is_file() for path in home.rglob("*"))
    ledger = size(home / "ledger.db") / size(fresh.home / "ledger.db")
    index = size(bench.config.index_path) / size(fresh.index_path)
    record_property("ingests", INGESTS)
    record_property("files", files)
    record_property("times what they hold", f"ledger {ledger:.1f}, index {index:.1f}")
    record_property("MB grown in memory", took.grown // 2**20)
    assert max(ledger, index) < TIMES
    assert files < FILES
    if ACCEPT:
        assert took.grown < MEMORY
