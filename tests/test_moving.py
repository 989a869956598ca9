"""A store that moves to PostgreSQL: every row and node as it was, or nothing; verified; never over another store."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.config import Config
from ingest.errors import ConfigError, StoreDamaged, StoreError, WriterLocked
from ingest.index import has_index, open_index
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine
from ingest.ledger.moving import Tally
from ingest.lock import writer_lock
from ingest.moving import Moved, move
from ingest.progress import Silent
from ingest.schema import metadata
from tests.conftest import NOW
from tests.test_cli import Bell, bell
from tests.test_index import dense, words
from tests.test_pipeline import LATER, WIRE, Bench, Killed, kill_at, make_bench

__all__ = ["bell"]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A store under home with something in every kind of table, and an index."""
    monkeypatch.setattr("ingest.agreement.embedding_name", lambda _: "hash")
    made = make_bench(tmp_path / "home")
    made.run()
    made.ledger.sources.watch(["ACME", "AAPL"], NOW)
    made.ledger.sources.add_feeds([WIRE], NOW)
    made.ledger.receipts.save(NOW, {"question": "Odd: é and -0.0?", "status": "answered", "text": "1.0", "n": -0.0})
    made.ledger.briefings.save(NOW, {"stories": [1, "zwei", None]})
    made.run(now=LATER)
    yield made
    made.ledger.close()


@pytest.fixture
def target(bench: Bench, database_url: str) -> Config:
    return bench.config.model_copy(update={"database_url": database_url})


def moved(bench: Bench, target: Config) -> Bench:
    return Bench(target, open_ledger(target), bench.world)


def rows(bench: Bench) -> dict[str, int]:
    with bench.ledger.engine.connect() as connection:
        return {
            t.name: connection.exec_driver_sql(f"SELECT count(*) FROM {t.name}").scalar() or 0
            for t in metadata.sorted_tables
        }


def test_every_row_and_node_arrives_as_it_was_and_the_old_store_stays(bench: Bench, target: Config) -> None:
    count, before = rows(bench), bench.stored()
    done = move(bench.config, target, NOW, Silent())
    there = moved(bench, target)
    assert rows(there) == rows(bench) == count
    assert done == Moved(sum(count.values()), bench.index.count())
    assert there.stored() == bench.stored() == before
    assert examine(there.ledger.engine) == (examine(bench.ledger.engine)[0], [])
    assert there.ledger.sources.states() == bench.ledger.sources.states()
    assert there.ledger.receipts.newest(9) == bench.ledger.receipts.newest(9)
    for query in (dense("Acme opens a plant"), words("dividend")):
        assert there.index.query(query).ids == bench.index.query(query).ids
    assert there.run(now=LATER).indexed == 0, "what was indexed is not embedded again"


def test_the_new_store_goes_on_counting_behind_what_arrived(bench: Bench, target: Config) -> None:
    move(bench.config, target, NOW, Silent())
    there = moved(bench, target)
    newest = bench.ledger.receipts.newest(1)[0].id
    assert there.ledger.receipts.save(NOW, {"question": "And?", "status": "answered"}) == newest + 1


def test_a_kill_leaves_nothing_and_the_next_try_moves_all(
    bench: Bench, target: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, Tally, "compare", len(metadata.sorted_tables) + 1, "after")  # the last: that of the nodes
        with pytest.raises(Killed):
            move(bench.config, target, NOW, Silent())
    assert set(rows(moved(bench, target)).values()) == {0}
    assert not has_index(target)
    assert move(bench.config, target, NOW, Silent()).rows == sum(rows(bench).values())


def test_what_does_not_arrive_as_it_was_is_not_stored(bench: Bench, target: Config) -> None:
    upgrade_ledger(target)
    with moved(bench, target).ledger.engine.begin() as connection:
        connection.exec_driver_sql("CREATE RULE lose AS ON INSERT TO bars WHERE new.symbol = 'AAPL' DO INSTEAD NOTHING")
    with pytest.raises(StoreError, match=r"the 18 rows of bars that arrived are not the 36 that left"):
        move(bench.config, target, NOW, Silent())
    assert set(rows(moved(bench, target)).values()) == {0}


def test_a_store_without_an_index_is_moved_and_indexed_by_the_next_run(
    bench: Bench, target: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.agreement.embedding_name", lambda _: "another")
    assert move(bench.config, target, NOW, Silent()).nodes == 0
    there = moved(bench, target)
    assert there.run(now=LATER).indexed == bench.index.count()


def test_no_store_is_moved_over_another(bench: Bench, target: Config) -> None:
    upgrade_ledger(target).sources.watch(["MSFT"], NOW)
    with pytest.raises(ConfigError, match=r"there is a store in the database .* already; name an empty"):
        move(bench.config, target, NOW, Silent())
    assert open_ledger(target).sources.watchlist() == ["MSFT"]
    assert rows(moved(bench, target))["articles"] == 0


def test_a_damaged_row_is_not_moved(bench: Bench, target: Config) -> None:
    with bench.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bars SET close = close + 1 WHERE symbol = 'ACME'")
    with pytest.raises(StoreDamaged, match="doctor --repair"):
        move(bench.config, target, NOW, Silent())


def test_nothing_is_moved_while_another_writes(bench: Bench, target: Config) -> None:
    for busy in (bench.config, target):
        with writer_lock(busy, "bell ingest", NOW), pytest.raises(WriterLocked):
            move(bench.config, target, NOW, Silent())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--to", "sqlite:///x.db"], "--to names no PostgreSQL"),
        (["--to", "postgresql+psycopg://u:C4N4RY@127.0.0.1:9/x"], "refuses connections"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line(bell: Bell, bench: Bench, arguments: list[str], told: str) -> None:
    code, out, err = bell("migrate", *arguments)
    assert (code in {1, 2}, out, err.count("\n")) == (True, "", 1)
    assert told in err
    assert "C4N4RY" not in err


def test_the_command_says_what_was_moved_and_what_to_do_next(bell: Bell, bench: Bench, target: Config) -> None:
    code, out, err = bell("migrate", "--to", str(target.database_url))
    assert (code, "BELL_DATABASE_URL" in out, err) == (0, True, "")
    assert str(sum(rows(bench).values())) in out
    code, out, _ = bell("migrate", "--to", str(target.database_url), "--json")
    assert (code, json.loads(out)["status"]) == (2, "error")
    assert open_index(target, "hash").count() == bench.index.count()
