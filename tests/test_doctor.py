"""`bell doctor`: names what is wrong; `--repair` puts back what is proved, takes out the rest and has it read again."""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest import agreement, doctor
from ingest.backup import back_up
from ingest.config import Config
from ingest.errors import StoreDamaged, StoreMissing
from ingest.index.store import LanceStore
from ingest.ledger import open_ledger
from ingest.ledger.integrity import examine
from ingest.lock import writer_lock
from ingest.types import SourceState
from tests.conftest import NOW, article
from tests.sizes import PAGE_STEP
from tests.test_cli import Bell, bell
from tests.test_pipeline import BLOG, LATER, WIRE, Bench, bench
from tests.test_seals import changed

__all__ = ["bell", "bench"]

FIRST = "Acme opens a plant"


@pytest.fixture
def ingested(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(agreement, "embedding_name", lambda _: "hash")
    bench.run()
    return bench


def told(checks: list[doctor.Check]) -> dict[str, str]:
    """What is not well, with what was done about it."""
    return {c.found: c.state for c in checks if c.state != "ok"}


def test_a_sound_store_is_all_ok(ingested: Bench) -> None:
    checks = doctor.check(ingested.config)
    assert told(checks) == {}
    assert {c.about for c in checks} == {"folder", "lock", "ledger", "index"}
    assert told(doctor.repair(ingested.config, NOW)) == {}


def test_before_the_first_ingest_there_is_nothing_to_look_at(config: Config) -> None:
    with pytest.raises(StoreMissing, match="bell ingest"):
        doctor.check(config)


def test_a_damaged_row_comes_back_from_a_backup(ingested: Bench) -> None:
    before = ingested.stored()
    back_up(ingested.config, NOW)
    for change in (
        "UPDATE bars SET close = 1.5 WHERE symbol = 'AAPL' AND day = '2026-02-26'",
        "UPDATE quotes SET price = 1.5 WHERE symbol = 'ACME'",
        f"UPDATE articles SET text = 'x' WHERE title = '{FIRST}'",
        "UPDATE articles SET seal = 1 WHERE title = 'Rates stay'",
        "UPDATE sessions SET closes_at = opens_at WHERE day = '2026-02-27'",
        "UPDATE article_symbols SET symbol = 'AAPM' WHERE symbol = 'AAPL'",
    ):
        changed(ingested.config, change)
    found = told(doctor.check(ingested.config))
    assert len(found) == 6
    assert "a damaged row in bars: AAPL, 2026-02-26, 0" in found
    assert set(found.values()) == {"wrong"}
    done = doctor.repair(ingested.config, NOW)
    assert all("put back from the backup ledger-20260227T213000Z.db" in c.found for c in done if c.state == "mended")
    assert set(told(done).values()) == {"mended"}
    ingested.run(now=LATER)
    assert ingested.stored() == before
    assert told(doctor.check(ingested.config)) == {}


@pytest.mark.parametrize(
    "change",
    [
        "title = 'Apple lowers its dividend'",
        "text = 'Never.'",
        "published = NULL",
        "url = 'https://news.test/other'",
        "first_seen = 'never'",
    ],
)
def test_a_damaged_article_comes_back_from_the_index(ingested: Bench, change: str) -> None:
    before = ingested.stored()
    changed(ingested.config, f"UPDATE articles SET {change} WHERE title = 'Apple raises its dividend'")
    done = doctor.repair(ingested.config, NOW)
    assert [c.found.rpartition(": ")[2] for c in done if c.state == "mended"] == ["put back from the index"]
    ingested.run(now=LATER)
    assert ingested.stored() == before


def test_what_nothing_proves_is_taken_out_and_read_again_from_its_source(ingested: Bench) -> None:
    before = ingested.stored()
    changed(ingested.config, f"UPDATE articles SET text = 'x' WHERE title = '{FIRST}'")  # several chunks in the index
    changed(ingested.config, "UPDATE bars SET close = 1.5 WHERE symbol = 'AAPL' AND day = '2026-02-11'")
    changed(ingested.config, "UPDATE instruments SET currency = 'GBp' WHERE symbol = 'ACME'")
    done = doctor.repair(ingested.config, NOW)
    lost = [c.found for c in done if c.state == "lost"]
    assert len(lost) == 3
    assert lost[1] == (
        "bars: AAPL, 2026-02-11, 0: was damaged and is taken out; yahoo:AAPL is read in full by the next `bell ingest`"
    )
    ingested.run(now=LATER)
    asked: dict[Any, Any] = dict(a if isinstance(a, tuple) else (a, None) for a in ingested.world.asked)
    assert asked == {"AAPL": None, "ACME": None, WIRE: None, BLOG: None}
    stories, bars, nodes, *rest = ingested.stored()
    assert (stories, bars, nodes) == before[:3]
    assert [pending for pending in rest[0] if pending] == []
    assert told(doctor.check(ingested.config)) == {}


def test_sessions_are_computed_again(ingested: Bench) -> None:
    changed(ingested.config, "UPDATE sessions SET opens_at = closes_at WHERE day = '2026-02-27'")
    [lost] = [c.found for c in doctor.repair(ingested.config, NOW) if c.state == "lost"]
    assert lost.endswith("its calendar was computed again")
    [session] = ingested.ledger.market.sessions("XNYS", date(2026, 2, 27), date(2026, 2, 27))
    assert session.opens_at < session.closes_at


def test_a_backup_of_other_contents_proves_nothing(ingested: Bench) -> None:
    back_up(ingested.config, NOW)
    story = ingested.ledger.news.latest(NOW)[0]
    changed(ingested.config, f"DELETE FROM article_symbols WHERE article_id = '{story.id}'")
    changed(ingested.config, f"UPDATE articles SET text = 'y', seal = 5 WHERE id = '{story.id}'")
    states = told(doctor.repair(ingested.config, NOW))
    assert "lost" in states.values() or "mended" in states.values()
    assert all(a.text != "y" for a in ingested.ledger.news.latest(NOW))


def test_a_damaged_index_of_sqlite_is_made_anew(ingested: Bench) -> None:
    file = ingested.config.home / "ledger.db"
    before = ingested.stored()
    ingested.ledger.close()
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        change = "UPDATE sqlite_master SET sql = replace(sql, '(known_from)', '(title)') WHERE name LIKE 'ix_%_from'"
        raw.execute(change)
        raw.commit()
    assert set(told(doctor.check(ingested.config)).values()) == {"wrong"}
    done = doctor.repair(ingested.config, NOW)
    assert "its own indices were made anew from its tables" in told(done)
    assert ingested.stored() == before


def test_a_page_that_is_lost_costs_no_more_than_what_the_sources_tell_again(
    ingested: Bench, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The first page of a table may tell where its others are: with that one the table is lost."""
    before, home, rows = ingested.stored(), ingested.config.home, examine(ingested.ledger.engine)[0]
    with closing(sqlite3.connect(home / "ledger.db")) as raw:
        first = {page for (page,) in raw.execute("SELECT rootpage FROM sqlite_master")}
    ingested.ledger.close()
    whole, states = (home / "ledger.db").read_bytes(), Counter[str]()
    for page in range(1, len(whole) // 4096, PAGE_STEP):  # the first says what is where: without it there is no ledger
        config = Config(home=Path(shutil.copytree(home, tmp_path / f"home-{page}")), now=NOW)
        damaged = whole[: page * 4096] + bytes(4096) + whole[(page + 1) * 4096 :]
        (config.home / "ledger.db").write_bytes(damaged)
        try:
            states.update(set(told(doctor.repair(config, NOW)).values()) or {"ok"})
        except StoreDamaged as error:  # its version cannot be read
            states[error.fix] += 1
            continue
        with closing(open_ledger(config)) as ledger:
            assert examine(ledger.engine)[0] >= rows - 100 or page + 1 in first
            again = replace(ingested, config=config, ledger=ledger)
            again.run(now=LATER)
            assert again.stored() == before, f"page {page}"
        assert told(doctor.check(config)) == {}
    assert states.keys() <= {"ok", "mended", "lost", "run `bell restore` with a backup, or move it away"}
    assert states["lost"]
    record_property("pages lost", states.total())


def test_a_file_that_is_no_ledger_any_more_is_named_with_the_next_step(ingested: Bench) -> None:
    ingested.ledger.close()
    file = ingested.config.home / "ledger.db"
    file.write_bytes(b"\0" * 4096 + file.read_bytes()[4096:])
    [wrong] = [c for c in doctor.check(ingested.config) if c.state == "wrong"]
    assert wrong.about == "ledger"
    assert "bell restore" in wrong.fix


# The index against the ledger


def lose_vectors(index: LanceStore) -> None:
    index.delete_documents([d for d in index.documents() if d.startswith("AAPL:")])


def gain_vectors(index: LanceStore) -> None:
    [node] = index.get_nodes(["AAPL:now"])
    other = node.model_copy(update={"id_": "GONE:now", "relationships": {}, "embedding": [0.1] * 64})
    index.add([other])


def lose_an_article(config: Config) -> None:
    changed(config, f"DELETE FROM articles WHERE title = '{FIRST}'")


DIFFERENCES: list[tuple[Callable[[Any], None], str]] = [
    (lose_vectors, "of the ledger are not in the index"),
    (gain_vectors, "of the index are not in the ledger"),
    (lose_an_article, "of the index are not in the ledger"),
]


@pytest.mark.parametrize(("change", "words"), DIFFERENCES)
def test_index_and_ledger_are_compared_both_ways_and_agree_again(
    ingested: Bench, change: Callable[[Any], None], words: str
) -> None:
    change(ingested.config if change is lose_an_article else ingested.index)
    [wrong] = told(doctor.check(ingested.config))
    assert words in wrong
    assert set(told(doctor.repair(ingested.config, NOW)).values()) == {"mended"}
    ingested.run("quotes", now=LATER)
    assert told(doctor.check(ingested.config)) == {}


def test_an_index_that_cannot_be_read_is_named(ingested: Bench) -> None:
    for manifest in (ingested.config.index_path / "nodes.lance" / "_versions").iterdir():
        manifest.write_bytes(b"damaged")
    [wrong] = [c for c in doctor.check(ingested.config) if c.state == "wrong"]
    assert (wrong.about, wrong.fix) == ("index", "run `bell reindex`")
    assert [c.about for c in doctor.repair(ingested.config, NOW) if c.state == "wrong"] == ["index"]


def test_a_deleted_index_is_no_fault(ingested: Bench) -> None:
    shutil.rmtree(ingested.config.index_path)
    assert told(doctor.check(ingested.config)) == {}


# The rest


def test_who_writes_is_told_and_a_repair_waits_for_its_turn(ingested: Bench, bell: Bell) -> None:
    with writer_lock(ingested.config, "bell ingest news", NOW):
        [lock] = [c for c in doctor.check(ingested.config) if c.about == "lock"]
        assert "bell ingest news" in lock.found
        code, _, err = bell("--home", str(ingested.config.home), "doctor", "--repair")
        assert (code, "bell ingest news" in err) == (1, True)


def test_a_full_disk_and_an_open_config_are_named(ingested: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROOM", 1 << 70)
    file = ingested.config.home / "config.toml"
    file.write_text('generator_api_key = "secret"')
    file.chmod(0o644)
    wrong = {c.about: c.found + c.fix for c in doctor.check(ingested.config) if c.state == "wrong"}
    assert wrong.keys() == {"folder", "config"}
    assert "chmod 600" in wrong["config"]
    assert "secret" not in wrong["config"].replace("holds a secret", "")


def test_the_command_ends_with_what_it_found(bell: Bell, ingested: Bench) -> None:
    home = str(ingested.config.home)
    code, out, _ = bell("--home", home, "doctor")
    assert code == 0
    assert out.splitlines()[2].startswith("ok     ledger: ")
    changed(ingested.config, "UPDATE bars SET close = 1.5 WHERE symbol = 'AAPL' AND day = '2026-02-26'")
    code, out, _ = bell("--home", home, "doctor", "--json")
    document = json.loads(out)
    assert (code, document["exit_code"], document["sound"]) == (1, 1, False)
    assert document["checks"][2] == {
        "about": "ledger", "state": "wrong", "found": "a damaged row in bars: AAPL, 2026-02-26, 0",
        "fix": "run `bell doctor --repair`",
    }  # fmt: skip
    assert bell("--home", home, "doctor", "--repair")[0] == 3
    assert bell("--home", home, "doctor")[0] == 0


def test_the_feed_of_a_lost_article_is_asked_without_validators(ingested: Bench) -> None:
    ingested.ledger.sources.save(
        [SourceState(WIRE, "news", etag="x", body_hash="y", next_poll=NOW + timedelta(days=1))]
    )
    ingested.ledger.sources.read_again([WIRE, "https://unknown.test"])
    state = ingested.ledger.sources.states()[WIRE]
    assert (state.etag, state.body_hash, state.next_poll) == (None, None, None)


def test_an_article_of_a_secret_feed_comes_back_from_a_backup_too(ingested: Bench, tmp_path: Path) -> None:
    told_once = article("Secret", "Told once.", feed="https://reader:canary@feeds.test/x")
    ingested.ledger.news.put([told_once])
    made = back_up(ingested.config, NOW)
    assert b"canary" not in made.file.read_bytes()
    changed(ingested.config, "UPDATE articles SET text = 'x' WHERE title = 'Secret'")
    assert set(told(doctor.repair(ingested.config, NOW)).values()) == {"mended"}
    with closing(open_ledger(ingested.config)) as ledger:
        assert ledger.news.get([told_once.id], NOW) == {told_once.id: told_once}
