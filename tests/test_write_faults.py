"""Writes that fail: the n-th for every n, and a full disk. What was stored is there, and the next run does the rest."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from ingest.config import Config
from ingest.errors import BellError, StoreError
from ingest.index.store import LanceStore
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine, faults
from tests.conftest import NOW, article
from tests.crash import FEEDS, SYMBOL, Market, growing_market, ingest, run_until
from tests.sizes import DISK_SIZES, WRITE_STEP
from tests.test_pipeline import LATER, Bench, make_bench

WRITES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def failing_write(nth: int) -> Iterator[list[int]]:
    """The `nth` write fails as SQLite fails on a broken disk: a statement, a commit, or an addition to the index.
    Counts them all."""
    count = [0]

    def reached() -> bool:
        count[0] += 1
        return count[0] == nth

    def execute(cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(WRITES) and reached():
            raise broken()

    def commit(_: Any) -> None:
        if reached():
            raise broken()

    real = LanceStore.add

    def add(self: LanceStore, nodes: Any, **more: Any) -> list[str]:
        if reached():
            raise StoreError("the index cannot be written: disk I/O error", "run `bell reindex`")
        return real(self, nodes, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LanceStore, "add", add)
        listeners: list[tuple[str, Callable[..., Any]]] = [
            ("do_execute", execute),
            ("do_executemany", execute),
            ("commit", commit),
        ]
        for name, listener in listeners:
            event.listen(Engine, name, listener)
        try:
            yield count
        finally:
            for name, listener in listeners:
                event.remove(Engine, name, listener)


def broken() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    return error


def test_whichever_write_fails_the_next_run_has_everything(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    undisturbed = make_bench(tmp_path / "undisturbed")
    undisturbed.run()
    expected, nth = undisturbed.stored(), 1
    while True:
        bench = make_bench(tmp_path / f"home-{nth}")
        with failing_write(nth) as count:
            told = outcome(bench)
        assert ("disk I/O error" in told) == (count[0] >= nth)
        assert faults(bench.ledger.engine) == []
        assert examine(bench.ledger.engine)[1] == []
        bench.run()
        assert bench.stored() == expected
        assert bench.run(now=LATER).indexed == 0
        bench.ledger.close()
        if count[0] < nth:
            break
        nth += WRITE_STEP
    assert nth > 24
    record_property("writes that failed", nth // WRITE_STEP)


def outcome(bench: Bench) -> str:
    """What a run says: its sources' errors, or its own."""
    try:
        report = bench.run()
    except StoreError as error:
        return str(error)
    return " ".join([*(s.error or "" for s in report.sources), *report.warnings])


def ingest_on_a_full_disk(config: Config, size: int, tell: Any) -> None:
    """No file grows beyond `size` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        tell.send((ingest(config).exit_code, ""))
    except BellError as error:
        tell.send((error.exit_code, f"{type(error).__name__}: {error}"))
    except Exception as error:
        tell.send((1, f"{type(error).__name__}: {error}"))


def test_on_a_full_disk_nothing_acknowledged_is_lost_and_that_is_said(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    from tests.crash import processes

    said = []
    with growing_market() as market:
        home = tmp_path / "home"
        with closing(upgrade_ledger(market.config(home))) as ledger:
            ledger.sources.watch([SYMBOL], market.now)
            ledger.sources.add_feeds(market.feeds, market.now)
        assert run_until(None, ingest, market.config(home)) == 0
        for step in range(DISK_SIZES):
            before = titles(market.config(home))
            market.grow(market.version + 1)
            config = market.config(home)
            ours, theirs = processes.Pipe()
            run_until(None, ingest_on_a_full_disk, config, step * 80_000 // DISK_SIZES, theirs)
            code, line = ours.recv() if ours.poll() else (1, "killed")
            said.append(line)
            assert before <= titles(config)
            assert code or everything(market) <= titles(config)  # never a silent loss
        assert run_until(None, ingest, config) == 0
        assert titles(config) == everything(market)
    assert any(line.startswith("StoreError: ") and "disk" in line for line in said), said
    assert not any("Traceback" in line or line.startswith(("OperationalError", "DatabaseError")) for line in said)
    record_property("sizes of disk", len(said))


def everything(market: Market) -> set[str]:
    return {t for feed in FEEDS for t in market.titles(feed, market.version)}


def titles(config: Config) -> set[str]:
    with closing(open_ledger(config)) as ledger:
        assert faults(ledger.engine) == []
        assert examine(ledger.engine)[1] == []
        return {a.title for page in ledger.news.pages(500) for a in page}


def test_a_lock_that_does_not_go_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.ledger.store.WAIT", 0.01)
    config = Config(home=tmp_path / "home", now=NOW)
    with closing(upgrade_ledger(config)) as ledger, closing(sqlite3.connect(config.home / "ledger.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process is writing"):
            ledger.news.put([article("Waits")])
        assert ledger.news.count() == 0
