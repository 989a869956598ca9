"""Backups are taken while others write, hold no secret, and come back whole; a restore is all or nothing."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from ingest import agreement
from ingest.backup import back_up, backups, restore
from ingest.config import Config
from ingest.errors import BellError, ConfigError, StoreDamaged, StoreError, StoreMissing, StoreVersion
from ingest.ledger import Ledger, open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine
from tests.conftest import NOW, article
from tests.crash import die_at_statement, run_until
from tests.sizes import BACKUPS, RESTORE_STEP
from tests.test_cli import Bell, bell
from tests.test_migrations import at_version, check_contents
from tests.test_pipeline import LATER, Bench, bench
from tests.test_seals import changed, fill

__all__ = ["bell", "bench"]

CANARY = "canary"


@pytest.fixture
def full(config: Config) -> Iterator[Ledger]:
    with closing(upgrade_ledger(config)) as ledger:
        fill(ledger)
        yield ledger


def dump(config: Config) -> list[str]:
    with closing(sqlite3.connect(config.home / "ledger.db")) as raw:
        return [line for line in raw.iterdump() if "sqlite_" not in line]


def test_a_backup_taken_while_another_writes_is_a_state_that_was_committed(
    config: Config, full: Ledger, record_property: Callable[[str, object], None]
) -> None:
    """Each batch is one transaction: a backup has all of it or nothing."""
    stop, turns = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        with closing(open_ledger(config)) as ledger:
            number = 0
            while turns.acquire() and not stop.is_set():
                ledger.news.put([article(f"batch {number} item {n}", "Text. " * 50) for n in range(20)])
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(BACKUPS):
            turns.release(10)  # batches, written while this backup is taken: no more where it takes longer
            made = back_up(config, NOW + timedelta(seconds=n))
            other = Config(home=config.home / f"restored-{n}", now=NOW)
            restore(other, made.file, NOW)
            with closing(open_ledger(other)) as ledger:
                assert examine(ledger.engine)[1] == []
                items = [a.title for page in ledger.news.pages(500) for a in page if a.title.startswith("batch")]
            assert len(items) % 20 == 0
            assert {t.split()[1] for t in items} == {str(b) for b in range(len(items) // 20)}
    finally:
        stop.set()
        turns.release()
        writer.join()
    assert len(backups(config)) == BACKUPS
    record_property("backups restored", BACKUPS)


def test_round_trips_change_nothing(config: Config, full: Ledger) -> None:
    full.close()
    first = dump(config)
    for n in range(BACKUPS):
        made = back_up(config, NOW + timedelta(seconds=n))
        restore(config, made.file, NOW + timedelta(seconds=n), force=True)
        assert dump(config) == first


def test_a_backup_is_its_owners_alone_and_one_file(config: Config, full: Ledger, tmp_path: Path) -> None:
    made = back_up(config, NOW, tmp_path / "there" / "mine.db")
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in made.file.parent.iterdir()] == ["mine.db"]
    with pytest.raises(ConfigError, match="exists"):
        back_up(config, NOW, made.file)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(config, NOW, tmp_path / "file" / "b.db")


def test_no_secret_is_in_a_backup_also_not_in_what_was_deleted(config: Config, full: Ledger) -> None:
    secret = [f"https://reader:{CANARY}@feeds.test/{n}?token={CANARY}" for n in range(9)]
    full.sources.add_feeds(secret, NOW)
    full.news.put([article(f"Secret {n}", feed=url) for n, url in enumerate(secret[1:3])])
    full.sources.remove_feeds(secret[:1])
    made = back_up(config, NOW)
    assert CANARY.encode() not in made.file.read_bytes()
    assert made.left_out == [url.replace(CANARY, "***").replace("reader:***", "***") for url in secret[1:]]
    other = Config(home=config.home / "other", now=NOW)
    restore(other, made.file, NOW)
    with closing(open_ledger(other)) as ledger:
        assert ledger.sources.feeds() == {}
        assert sum(a.title.startswith("Secret") for a in ledger.news.latest(NOW)) == 2


def test_a_ledger_is_replaced_only_when_asked_and_then_kept_aside(config: Config, full: Ledger) -> None:
    made = back_up(config, NOW)
    full.news.put([article("Since then")])
    now = dump(config)
    with pytest.raises(ConfigError, match="--force"):
        restore(config, made.file, NOW)
    assert dump(config) == now
    done = restore(config, made.file, NOW, force=True)
    assert "Since then" not in str(dump(config))
    assert done.aside is not None
    aside = Config(home=config.home / "aside", now=NOW)
    restore(aside, done.aside, NOW)
    assert "Since then" in str(dump(aside))


def test_a_reader_that_has_it_open_reads_what_is_restored(config: Config, full: Ledger) -> None:
    made = back_up(config, NOW)
    with closing(open_ledger(config)) as reader:
        full.news.put([article("Since then")])
        assert reader.news.count() == 22
        restore(config, made.file, NOW, force=True)
        assert reader.news.count() == 21


def test_a_damaged_ledger_is_replaced_and_what_is_left_of_it_kept(config: Config, full: Ledger) -> None:
    made = back_up(config, NOW)
    full.close()
    file = config.home / "ledger.db"
    for number, junk in enumerate((b"junk" * 999, b"", file.read_bytes()[:5000])):
        file.write_bytes(junk)
        done = restore(config, made.file, NOW + timedelta(seconds=number), force=True)
        assert done.aside is not None
        with closing(open_ledger(config)) as ledger:
            assert ledger.news.count() == 21


def damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("UPDATE bars SET close = 1.5 WHERE day = '2026-02-26'")
        raw.commit()


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:30_000])


def no_ledger(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("CREATE TABLE something (else_ INTEGER)")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (damaged, StoreDamaged),
        (newer, StoreVersion),
        (cut_off, StoreDamaged),
        (no_ledger, StoreDamaged),
        (Path.unlink, StoreMissing),
        (lambda file: file.write_text("not even a database, whatever its name is" * 99), StoreDamaged),
    ],
)
def test_what_is_no_sound_backup_is_refused_and_nothing_changes(
    config: Config, full: Ledger, change: object, error: type[BellError]
) -> None:
    made = back_up(config, NOW)
    assert callable(change)
    change(made.file)
    before = dump(config)
    with pytest.raises(error):
        restore(config, made.file, NOW, force=True)
    assert dump(config) == before
    assert [p.name for p in config.home.glob(".*")] == []


def test_a_backup_of_an_earlier_schema_is_upgraded(config: Config, tmp_path: Path) -> None:
    old = at_version("0001", tmp_path / "old")
    restore(config, old.home / "ledger.db", NOW)
    check_contents(config)


def restore_and_die(config: Config, file: Path, statement: int) -> None:
    die_at_statement(statement)
    restore(config, file, NOW, force=True)


def test_a_restore_that_is_killed_leaves_a_whole_ledger(config: Config, full: Ledger) -> None:
    made = back_up(config, NOW)
    full.news.put([article("Since then")])
    full.close()
    statement = 1
    while run_until(None, restore_and_die, config, made.file, statement) == -9:
        with closing(open_ledger(config)) as ledger:
            assert examine(ledger.engine)[1] == []
            assert ledger.news.count() in {21, 22}
        statement += RESTORE_STEP
    assert statement > 15


def test_the_index_agrees_with_what_was_restored_after_the_next_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "embedding_name", lambda _: "hash")
    bench.run()
    before = bench.stored()
    made = back_up(bench.config, NOW)
    wire = next(iter(bench.world.feeds))
    kept = bench.world.feeds[wire]
    bench.world.feeds[wire] = [article("Told after the backup")]
    bench.run(now=LATER)
    bench.world.feeds[wire] = kept
    restore(bench.config, made.file, LATER, force=True)
    assert agreement.strays(bench.ledger, bench.index) == set()
    assert bench.run(now=LATER).indexed == 0  # nothing is embedded that the index still holds
    assert bench.stored()[:3] == before[:3]


def test_the_commands(bell: Bell, config: Config, full: Ledger) -> None:
    full.close()
    home = str(config.home)
    code, out, _ = bell("--home", home, "backup", "--json")
    made = json.loads(out)
    assert (code, made["left_out"], Path(made["file"]).parent) == (0, [], config.home / "backups")
    assert bell("--home", home, "restore", made["file"])[0] == 2
    code, out, _ = bell("--home", home, "restore", made["file"], "--force")
    assert code == 0
    assert out.splitlines()[0] == f"{made['rows']} rows are restored; run `bell ingest`, which indexes them"
    assert bell("--home", home, "restore", str(config.home / "nowhere.db"))[0] == 4
    changed(config, "UPDATE bars SET close = 1.5 WHERE day = '2026-02-26'")
    code, _, err = bell("--home", home, "backup", str(config.home / "b.db"))
    assert (code, "bell doctor" in err, (config.home / "b.db").exists()) == (1, True, False)
