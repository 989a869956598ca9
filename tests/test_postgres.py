"""A store in PostgreSQL beyond what both stores are asked: one commit, many writers, errors in a line, the commands."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from llama_index.core.vector_stores import MetadataFilters
from llama_index.core.vector_stores.types import VectorStoreQuery
from sqlalchemy import func, select

from ingest import __main__ as write_side
from ingest import doctor, schema
from ingest.config import POSTGRES, Config
from ingest.errors import BellError, ConfigError, StoreError, StoreMissing
from ingest.index import has_index, open_index, postgres, table
from ingest.index.postgres import PostgresStore
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine
from ingest.ledger.rows import one_commit, reading
from ingest.types import Counts, History
from tests.conftest import NOW, article, bar, hash_embedding, instrument, put_market
from tests.test_cli import Bell, bell
from tests.test_index import DIMENSION, dense, node, one
from tests.test_pipeline import LATER, WIRE, Bench, Killed, expected, kill_at, make_bench

__all__ = ["bell", "expected"]

CANARY = "C4N4RY"
DAY = date(2026, 2, 27)


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    made = make_bench(tmp_path / "home", database_url)
    yield made
    made.ledger.close()


@pytest.fixture
def config(bench: Bench) -> Config:
    return bench.config


# One commit ------------------------------------------------------------------------------------------------------

SEAMS: dict[str, tuple[Any, str]] = {
    "articles": ("news", "put"),
    "vectors": (PostgresStore, "add"),
    "marked articles": ("news", "mark_indexed"),
    "marked quotes": ("market", "mark_quotes_indexed"),
}


@pytest.mark.parametrize(
    ("seam", "moment"),
    [
        ("articles", "after"),
        ("vectors", "after"),
        ("marked quotes", "before"),
        ("marked articles", "before"),
        ("marked articles", "after"),
    ],
)
def test_a_kill_at_any_seam_leaves_no_half_and_the_next_run_ends_as_in_files(
    bench: Bench, expected: Any, monkeypatch: pytest.MonkeyPatch, seam: str, moment: str
) -> None:
    part, name = SEAMS[seam]
    owner = part if isinstance(part, type) else type(getattr(bench.ledger, part))
    with monkeypatch.context() as patch:
        kill_at(patch, owner, name, 1, moment)
        with pytest.raises(Killed):
            bench.run()
    waiting = bench.ledger.news.unindexed_ids()
    held = {document for document, kind in bench.index.documents().items() if kind == "news"}
    assert held & waiting == set(), "its chunks and its mark are one commit"
    bench.run()
    assert bench.stored() == expected
    assert bench.run(now=LATER).indexed == 0


def test_readers_see_an_article_s_chunks_and_mark_at_once(bench: Bench) -> None:
    bench.run()
    story = article("Copper falls", "On stocks.", feed=WIRE)
    bench.ledger.news.put([story])
    with bench.index.one_commit():
        bench.index.add([node(f"{story.id}:0", "Copper falls", story.id, kind="news")])
        bench.ledger.news.mark_indexed([story], NOW)
        with ThreadPoolExecutor(1) as another:  # a connection of its own
            assert another.submit(bench.index.get_nodes, [f"{story.id}:0"]).result() == []
            assert another.submit(bench.ledger.news.unindexed_ids).result() == {story.id}
    assert len(bench.index.get_nodes([f"{story.id}:0"])) == 1
    assert bench.ledger.news.unindexed_ids() == set()


def test_an_index_is_rebuilt_beside_the_one_in_use(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run()
    before, reader = bench.nodes(), open_index(bench.config, "hash")
    monkeypatch.setattr(write_side, "load_embedding", lambda _: hash_embedding())
    monkeypatch.setattr(write_side, "embedding_name", lambda _: "other")
    with monkeypatch.context() as patch:
        kill_at(patch, PostgresStore, "add", 2, "before")
        with pytest.raises(Killed):
            write_side.reindex(bench.config)
    assert {n.node_id for n in reader.get_nodes()} == set(before), "the one in use answers until then"
    assert write_side.reindex(bench.config) == len(before)
    with pytest.raises(StoreError, match="run `bell reindex`"):
        reader.count()
    rebuilt = open_index(bench.config, "other")
    assert {n.node_id: n.get_content() for n in rebuilt.get_nodes()} == before
    assert bench.ledger.news.unindexed_ids() == set()


# Many writers ----------------------------------------------------------------------------------------------------


def test_two_that_write_the_same_at_once_lose_nothing_and_double_nothing(bench: Bench) -> None:
    stories = [article(f"Story {n}", symbols=("KSTL",)) for n in range(60)]
    edited = [replace(s, text="Edited.", fetched=NOW) for s in stories]
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(bench.ledger.news.put, [stories, stories[::-1], stories, stories[::-1]]))
        assert sum(counts, Counts()) == Counts(new=60, unchanged=180)
        counts = list(pool.map(bench.ledger.news.put, [edited, edited[::-1], edited[::-1], edited]))
        assert sum(counts, Counts()) == Counts(updated=60, unchanged=180)
    assert {len(bench.ledger.news.revisions(s.id)) for s in stories} == {2}
    assert examine(bench.ledger.engine)[1] == []


def test_a_correction_that_comes_while_another_is_stored_waits_and_is_one_more(bench: Bench) -> None:
    first, second = (History(instrument("KSTL"), (bar("KSTL", DAY, close),), None) for close in (10.0, 11.0))
    put_market(bench.ledger, "KSTL", [9.0], end=date(2026, 2, 26))  # else both would wait for each other's instrument
    with ThreadPoolExecutor(1) as another:
        with one_commit(bench.ledger.engine):
            bench.ledger.market.put(first)
            later = another.submit(bench.ledger.market.put, second)
            while not waiting(bench):
                pass
        later.result()
    assert bench.ledger.market.days()[-1] == ("KSTL", DAY, 1)
    assert [b.close for b in bench.ledger.market.bars("KSTL", LATER)] == [9.0, 11.0]


def waiting(bench: Bench) -> bool:
    with bench.ledger.engine.connect() as connection:
        told = connection.exec_driver_sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return told.first() is not None


def test_what_is_read_together_is_of_one_instant(bench: Bench) -> None:
    query = select(func.count()).select_from(schema.articles)
    with reading(bench.ledger.engine) as connection:
        assert connection.scalar(query) == 0
        bench.ledger.news.put([article("Copper falls")])
        assert connection.scalar(query) == 0
    assert bench.ledger.news.count() == 1


def test_an_article_edited_while_it_is_indexed_stays_unindexed(bench: Bench) -> None:
    story = article("Copper falls", "At first.")
    bench.ledger.news.put([story])
    with bench.index.one_commit(), ThreadPoolExecutor(1) as another:
        another.submit(bench.ledger.news.put, [replace(story, text="Then.", fetched=NOW)]).result()
        bench.ledger.news.mark_indexed([story], NOW)
    assert bench.ledger.news.unindexed_ids() == {story.id}


def test_a_revision_that_comes_while_its_week_is_indexed_stays_unindexed(bench: Bench) -> None:
    put_market(bench.ledger, "KSTL", [10.0])
    waiting = bench.ledger.market.unindexed_days()
    bench.ledger.market.put(History(instrument("KSTL"), (bar("KSTL", DAY, 11.0),), None))
    bench.ledger.market.mark_bars_indexed(waiting, NOW)
    assert bench.ledger.market.unindexed_days() == [("KSTL", DAY, 1)]


def test_stores_that_open_at_once_make_the_schema_once(tmp_path: Path, database_url: str) -> None:
    config = Config(home=tmp_path, database_url=database_url)
    with ThreadPoolExecutor(4) as pool:
        ledgers = list(pool.map(upgrade_ledger, [config] * 4))
        indices = list(pool.map(lambda _: open_index(config, "hash", DIMENSION, create=True), range(4)))
    assert [ledger.news.count() for ledger in ledgers] == [index.count() for index in indices] == [0] * 4


# Errors ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(postgres_server: str, config: Config) -> Iterator[str]:
    """An address whose user needs a password, and has another one."""
    with psycopg.connect(postgres_server, autocommit=True) as server:
        [rules] = server.execute("SHOW hba_file").fetchone() or [""]
        before = Path(rules).read_text()
        server.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        Path(rules).write_text(f"local all guarded scram-sha-256\n{before}")
        server.execute("SELECT pg_reload_conf()")
        yield str(config.database_url).replace("://postgres:@", f"://guarded:{CANARY}@")
        Path(rules).write_text(before)
        server.execute("DROP ROLE guarded")
        server.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize(
    ("address", "code", "told"),
    [
        (f"postgresql+psycopg://bell:{CANARY}@127.0.0.1:9/bell", 1, "refuses connections; start it"),
        (f"postgresql+psycopg://bell:{CANARY}@nowhere.invalid/bell", 1, "its name is not known"),
        (f"postgresql+psycopg://bell:{CANARY[:3]}@{CANARY}@127.0.0.1:9/bell", 2, "%40"),
        (f"postgresql+psycopg://bell:{CANARY}@127.0.0.1:{CANARY}/bell", 2, "is not of the form"),
        (f"postgresql+psycopg://bell:{CANARY}@127.0.0.1:9/bell?{CANARY}=1", 2, "is not of the form"),
        (f"postgresql+psycopg://bell:{CANARY}@127.0.0.1:9", 2, "is not of the form"),
        (f"postgresql://bell:{CANARY}@127.0.0.1:9/bell", 2, "begin it with postgresql+psycopg://"),
    ],
)
def test_a_server_that_cannot_be_used_is_one_line_without_the_password(
    bell: Bell, monkeypatch: pytest.MonkeyPatch, address: str, code: int, told: str
) -> None:
    monkeypatch.setenv("BELL_DATABASE_URL", address)
    for command in ("status", "ingest"):
        got, out, err = bell(command)
        assert (got, out, err.count("\n")) == (code, "", 1)
        assert told in err
        assert CANARY not in err


def test_a_wrong_password_and_a_missing_database_are_named(guarded: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=r"password authentication failed.*correct its user") as caught:
        open_ledger(config.model_copy(update={"database_url": guarded}))
    assert CANARY not in str(caught.value)
    missing = str(config.database_url).replace("/postgres?", "/nobodys?")
    with pytest.raises(ConfigError, match='"nobodys" does not exist; make it with `createdb`'):
        open_ledger(config.model_copy(update={"database_url": missing}))


@pytest.fixture
def bare(postgres_server: str) -> Iterator[str]:
    """A database without pgvector, as a user who may not add it."""
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute("CREATE ROLE nobody LOGIN")
        server.execute("CREATE DATABASE bare")
        yield postgres_server.replace("/postgres?", "/bare?").replace("postgresql://postgres:@", f"{POSTGRES}nobody@")
        server.execute("DROP DATABASE bare WITH (FORCE)")
        server.execute("DROP ROLE nobody")


def test_a_server_without_pgvector_is_told_what_to_install(bare: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"has no pgvector.*run `CREATE EXTENSION vector`"):
        open_index(Config(home=tmp_path, database_url=bare), "hash", DIMENSION, create=True)


def test_before_the_first_ingest_there_is_nothing(tmp_path: Path, database_url: str) -> None:
    config = Config(home=tmp_path / "home", database_url=database_url)
    with pytest.raises(StoreMissing, match=r"in the database \S+ yet; run `bell ingest`"):
        open_ledger(config)
    assert not has_index(config)
    assert not config.home.exists()


def test_a_value_that_was_changed_is_found_and_read_again(bench: Bench) -> None:
    bench.run()
    with bench.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE quotes SET price = price + 1 WHERE symbol = 'ACME'")
    with pytest.raises(BellError, match="damaged"):
        bench.ledger.market.quote("ACME", LATER)
    told = next(c.found for c in doctor.check(bench.config) if c.state == "wrong")
    assert told.startswith("a damaged row in quotes: ACME")
    assert "lost" in {c.state for c in doctor.repair(bench.config, NOW)}
    assert bench.ledger.market.quote("ACME", LATER) is None
    assert bench.ledger.sources.states()["yahoo:ACME"].read_in_full is None


# Many nodes ------------------------------------------------------------------------------------------------------


def test_of_many_nodes_neighbours_are_looked_up_and_behind_a_narrow_filter_all_are_compared(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "FEW", 20)
    vectors = np.random.default_rng(0).standard_normal((1_200, DIMENSION))
    nodes = [node(f"n{n:04}", symbols=["RARE" if n % 100 == 0 else "HOT"]) for n in range(len(vectors))]
    for made, vector in zip(nodes, vectors, strict=True):
        made.embedding = vector.tolist()
    index = bench.index
    index.add(nodes)
    with bench.ledger.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE nodes")

    def found(filters: MetadataFilters | None) -> list[str]:
        return index.query(VectorStoreQuery(vectors[7].tolist(), similarity_top_k=10, filters=filters)).ids or []

    cosines = vectors @ vectors[7] / np.linalg.norm(vectors, axis=1)
    nearest = [f"n{n:04}" for n in np.argsort(-cosines)]
    assert found(one("symbols", "RARE", "contains")) == [n for n in nearest if int(n[1:]) % 100 == 0][:10]
    asked: list[str] = []
    real = table.neighbours

    def told(*more: Any) -> Any:
        asked.append("index")
        return real(*more)

    monkeypatch.setattr(postgres, "neighbours", told)
    hot = [n for n in nearest if int(n[1:]) % 100]
    assert len({*found(one("symbols", "HOT", "contains"))} & {*hot[:10]}) >= 9
    assert len({*found(None)} & {*nearest[:10]}) >= 9
    assert asked == ["index"] * 2


# The commands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def on_server(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BELL_DATABASE_URL", database_url)
    return database_url


def test_the_commands_run_unchanged(bell: Bell, on_server: str, tmp_path: Path) -> None:
    config = Config(home=tmp_path / "home", database_url=on_server)
    assert bell("quote", "KSTL")[0] == 4
    assert json.loads(bell("watch", "add", "KSTL", "AAPL", "--json")[1]) == ["KSTL", "AAPL"]
    with closing(upgrade_ledger(config)) as ledger:
        put_market(ledger, "KSTL", [100.0, 110.25, 105.5], "Kestrel Robotics", end=DAY)
        ledger.news.put([article("Kestrel lifts outlook", symbols=("KSTL",))])
    assert "105.50 USD" in bell("quote", "KSTL")[1]
    assert "Kestrel lifts outlook" in bell("news", "KSTL")[1]
    assert json.loads(bell("ask", "What did KSTL close at?", "--json")[1])["figures"][0]["value"] == 105.5
    assert json.loads(bell("ask", "What did KSTL close at?\0", "--json")[1])["status"] == "answered"
    assert "What did KSTL close at?" in bell("history")[1]
    assert bell("brief")[0] == 0
    assert bell("doctor")[0] == 0
    code, _, err = bell("backup")
    assert (code, "pg_dump" in err, err.count("\n")) == (2, True, 1)
    assert not (config.home / "ledger.db").exists()


def test_a_filter_s_value_is_never_a_part_of_the_statement(bench: Bench) -> None:
    index = bench.index
    odd = ["AAPL' OR '1'='1", "%s", "%(x)s", ":x", "{AAPL}", '"', "\\", "$1", "a,b", "NULL", "\0"]
    index.add([node(f"n{i}", symbols=[value], source=value) for i, value in enumerate(odd)])
    for i, value in enumerate(odd):
        for filters in (one("symbols", [value], "any"), one("symbols", value, "contains"), one("source", value)):
            assert index.query(dense("some text", filters)).ids == [f"n{i}"]
