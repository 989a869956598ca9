"""Stores of every earlier schema come up to this one with all they hold, whatever interrupts that: old or new.

The first schema is shipped as it was written (`data/ledger/0001.sql`); the others are what its upgrade passes through.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.config import Config
from ingest.errors import StoreVersion
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine, faults
from ingest.schema import REVISION
from tests.conftest import NOW, ROOT
from tests.crash import die_at_statement, run_until
from tests.sizes import UPGRADE_STEP

FIRST = Path(__file__).parent / "data" / "ledger" / "0001.sql"
VERSIONS = [f"{n:04}" for n in range(1, int(REVISION))]


def at_version(version: str, home: Path) -> Config:
    """The shipped store, upgraded to `version`."""
    from alembic import command
    from alembic.config import Config as AlembicConfig
    from sqlalchemy import create_engine

    home.mkdir(parents=True)
    config = Config(home=home, now=NOW)
    with closing(sqlite3.connect(home / "ledger.db")) as raw:
        raw.executescript(FIRST.read_text())
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "ingest" / "migrations"))
    engine = create_engine(config.ledger_url)
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, version)
    engine.dispose()
    return config


def check_contents(config: Config) -> None:
    with closing(open_ledger(config)) as ledger:
        assert faults(ledger.engine) == []
        assert examine(ledger.engine)[1] == []
        [story] = ledger.news.latest(NOW)
        assert (story.title, story.symbols) == ("ACME Sample opens a plant", ("ACME",))
        assert story.published == datetime(2026, 2, 27, 15, tzinfo=UTC)
        assert [b.close for b in ledger.market.bars("ACME", NOW)] == [119.0, 120.0]
        quote = ledger.market.quote("ACME", NOW)
        assert quote is not None
        assert quote.price == 120.0
        assert ledger.sources.watchlist() == ["ACME"]
        assert ledger.sources.states()["https://feeds.test/a"].etag == '"v1"'
        assert ledger.briefings.last(NOW) == {"as_of": "2026-02-26T22:00:00+00:00", "watchlist": []}
        assert ledger.sources.last_run() is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_every_earlier_store_is_upgraded_with_all_it_holds(tmp_path: Path, version: str) -> None:
    config = at_version(version, tmp_path / "home")
    upgrade_ledger(config).close()
    check_contents(config)


def upgrade_and_die(config: Config, statement: int) -> None:
    die_at_statement(statement)
    upgrade_ledger(config).close()


def tables(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "ledger.db")) as raw:
        return [sql for (sql,) in raw.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql")]


def test_an_upgrade_killed_half_way_leaves_the_old_store_or_the_new(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    config = at_version("0001", tmp_path / "home")
    old = tables(config.home)
    shutil.copytree(config.home, tmp_path / "untouched")
    upgrade_ledger(config).close()
    new = tables(config.home)
    seen, statement = set(), 1
    while True:
        shutil.rmtree(config.home)
        shutil.copytree(tmp_path / "untouched", config.home)
        ended = run_until(None, upgrade_and_die, config, statement)
        found = tables(config.home)
        assert found in (old, new)
        seen.add("old" if found == old else "new")
        upgrade_ledger(config).close()
        check_contents(config)
        if ended == 0:
            break
        statement += UPGRADE_STEP
    assert statement > 50  # there are as many places to die at; in full each of them is one
    record_property("upgrades killed", statement // UPGRADE_STEP)
    assert seen == {"old", "new"}


def test_a_newer_store_is_refused_and_not_a_byte_of_it_changes(tmp_path: Path) -> None:
    config = at_version("0001", tmp_path / "home")
    upgrade_ledger(config).close()
    with closing(sqlite3.connect(config.home / "ledger.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (config.home / "ledger.db").read_bytes()
    for opening in (open_ledger, upgrade_ledger):
        with pytest.raises(StoreVersion, match="update openingbell"):
            opening(config)
    assert (config.home / "ledger.db").read_bytes() == before
