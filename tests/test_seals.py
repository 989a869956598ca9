"""Every stored row carries a seal: what a disk changed is never taken for what was written, nor shown as a figure."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.config import Config
from ingest.errors import StoreDamaged, StoreError
from ingest.ledger import Ledger, open_ledger, upgrade_ledger
from ingest.ledger.integrity import examine, faults
from ingest.ledger.rows import told
from ingest.ledger.seals import is_sound, seal, sealed, sealed_tables
from ingest.types import Action, History, Quote, RunReport, SourceState
from tests.conftest import NOW, article, bar, instrument, put_market
from tests.sizes import FLIPS

DAY = date(2026, 2, 27)


def fill(ledger: Ledger) -> None:
    """A row in every table."""
    first = article("Edited", "First text.", symbols=("KSTL", "AAPL"))
    ledger.news.put([article(f"Story {n}", f"Text {n} of it. " * 9, symbols=("KSTL",)) for n in range(20)])
    ledger.news.put([first])
    ledger.news.put([replace(first, text="Corrected.", fetched=NOW, first_seen=NOW)])
    put_market(ledger, "KSTL", [100.0 + n for n in range(30)], "Kestrel")
    quote = Quote("KSTL", 130.5, "USD", NOW, "closed", 129.0, 128.0, None, -0.0, "yahoo", NOW)
    actions = (Action("KSTL", date(2026, 2, 2), "split", 2), Action("KSTL", date(2026, 2, 3), "dividend", 0.25))
    ledger.market.put(History(instrument("KSTL", "Kestrel Robotics"), (bar("KSTL", DAY, 130.0),), quote, actions))
    ledger.sources.save([SourceState("https://feeds.test/a", "news", etag='"x"', next_poll=NOW)])
    ledger.sources.save_run(RunReport(NOW, 1.25, warnings=("ä",)))
    ledger.briefings.save(NOW, {"watchlist": [{"value": 1.5}], "none": None})
    ledger.receipts.save(NOW, {"question": "why?", "status": "answered", "figures": [231.4]})


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    fill(ledger)
    return ledger


def changed(config: Config, statement: str) -> None:
    with closing(sqlite3.connect(config.home / "ledger.db", isolation_level=None)) as raw:
        assert raw.execute(statement).rowcount


# The seal


def test_what_is_written_is_what_is_read_in_every_table(full: Ledger) -> None:
    count, damaged = examine(full.engine)
    assert (count > 80, damaged, faults(full.engine)) == (True, [], [])
    with full.engine.connect() as connection:
        for table in sealed_tables():
            rows = connection.execute(table.select()).all()
            assert rows, table.name
            assert all(row.seal for row in rows)


ROWS = st.fixed_dictionaries(
    {},
    optional={
        "symbol": st.text(),
        "volume": st.none() | st.integers(0, 2**50),
        "close": st.floats(allow_nan=False),
        "day": st.dates(),
        "known_from": st.integers(0, 2**32 * 10**6).map(lambda n: NOW + timedelta(microseconds=n)),
    },
)


@given(row=ROWS, other=ROWS)
def test_equal_rows_have_one_seal_and_others_another(row: dict[str, Any], other: dict[str, Any]) -> None:
    assert is_sound(sealed(row))
    assert is_sound(sealed(row) | {"indexed_at": NOW, "later column": None})
    equal = {k: v for k, v in row.items() if v is not None} == {k: v for k, v in other.items() if v is not None}
    assert (seal(row) == seal(other)) == equal


def test_a_seal_does_not_depend_on_how_a_value_is_written() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert seal({"a": 2, "b": -0.0, "c": elsewhere, "d": (1, "x")}) == seal(
        {"a": 2.0, "b": 0.0, "c": NOW, "d": [1, "x"]}
    )
    assert seal({"a": 1, "id": 7}) == seal({"a": 1, "id": 8})  # a number that the database gave
    assert seal({"a": 1, "id": "7"}) != seal({"a": 1, "id": "8"})


# Reading what is damaged

READS: dict[str, Callable[[Ledger], Any]] = {
    "bars": lambda ledger: ledger.market.bars("KSTL", NOW),
    "quotes": lambda ledger: ledger.market.quote("KSTL", NOW),
    "actions": lambda ledger: ledger.market.splits("KSTL"),
    "instruments": lambda ledger: ledger.market.instruments(),
    "sessions": lambda ledger: ledger.market.sessions("XNYS", date(2026, 2, 1), DAY),
    "former_names": lambda ledger: ledger.market.instruments(as_of=NOW - timedelta(days=400)),
    "articles": lambda ledger: ledger.news.latest(NOW),
    "article_symbols": lambda ledger: ledger.news.latest(NOW),
    "article_revisions": lambda ledger: ledger.news.latest(NOW - timedelta(hours=1)),
    "briefings": lambda ledger: ledger.briefings.last(NOW + timedelta(hours=1)),
    "receipts": lambda ledger: ledger.receipts.get(1),
    "runs": lambda ledger: ledger.sources.last_run(),
}
CHANGES = [
    ("bars", "close = close + 1 WHERE day = '2026-02-26'"),
    ("bars", "currency = 'GBp' WHERE day = '2026-02-26'"),
    ("bars", "known_from = 'not a date' WHERE day = '2026-02-26'"),
    ("bars", "close = 'x' WHERE day = '2026-02-26'"),
    ("quotes", "previous_close = 12.9"),
    ("quotes", "open = NULL"),
    ("actions", "value = 20 WHERE kind = 'split'"),
    ("instruments", "currency = 'GBP'"),
    ("sessions", "closes_at = '2026-02-27 21:00:01.000000' WHERE day = '2026-02-27'"),
    ("former_names", "name = 'Kastrel'"),
    ("articles", "title = replace(title, 'Story', 'Stopy') WHERE rowid = 3"),
    ("articles", "published = '2026-02-27 21:00:00.000000' WHERE rowid = 3"),
    ("articles", "text = CAST(x'ff00' AS TEXT) WHERE rowid = 3"),
    ("article_symbols", "symbol = 'AAPM' WHERE symbol = 'AAPL'"),
    ("article_revisions", "text = 'First texts.'"),
    ("briefings", """document = replace(document, '1.5', '1.7')"""),
    ("receipts", """document = replace(document, '231.4', '281.4')"""),
    ("receipts", "document = '{'"),
    ("runs", """report = replace(report, '1.25', '1.75')"""),
]


@pytest.mark.parametrize(("table", "change"), CHANGES)
def test_what_was_changed_on_the_disk_is_refused_when_it_is_read_and_found_by_examining(
    full: Ledger, config: Config, table: str, change: str
) -> None:
    READS[table](full)
    changed(config, f"UPDATE {table} SET {change}")
    with pytest.raises(StoreDamaged, match="bell doctor --repair"):
        READS[table](full)
    assert {d.table.name for d in examine(full.engine)[1]} == {"articles" if table == "article_symbols" else table}


def test_what_is_remembered_of_a_source_is_forgotten_where_it_is_damaged(full: Ledger, config: Config) -> None:
    changed(config, "UPDATE sources SET etag = '\"y\"'")
    assert full.sources.states() == {}


def test_a_poll_writes_anew_what_was_damaged(full: Ledger, config: Config) -> None:
    before = full.market.bars("KSTL", NOW)[-1], full.news.latest(NOW, limit=1)[0]
    changed(config, f"UPDATE bars SET close = 1.0 WHERE day = '{before[0].day}' AND revision = 1")
    changed(config, f"UPDATE articles SET title = 'x' WHERE id = '{before[1].id}'")
    changed(config, "UPDATE instruments SET currency = 'GBP'")
    full.market.put(History(instrument("KSTL", "Kestrel Robotics"), (before[0],), None))
    full.news.put([before[1]])
    assert (full.market.bars("KSTL", NOW)[-1], full.news.latest(NOW, limit=1)[0]) == before
    assert examine(full.engine)[1] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_FULL", "make room"),
        ("SQLITE_IOERR_WRITE", "look at the disk"),
        ("SQLITE_BUSY", "try again"),
        ("SQLITE_READONLY_DBMOVED", "permissions"),
        ("SQLITE_CORRUPT", "bell doctor"),
        ("SQLITE_NOTADB", "bell doctor"),
    ],
)
def test_what_sqlite_says_is_told_with_the_next_step(name: str, words: str) -> None:
    error = sqlite3.OperationalError("as it says")
    error.sqlite_errorname = name
    assert words in str(told(error))


# Bits that flip


def test_flipped_bits_are_found_and_never_shown_as_a_figure(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    config = Config(home=tmp_path / "home", now=NOW)
    with closing(upgrade_ledger(config)) as ledger:
        fill(ledger)
        put_market(ledger, "TDWL", [40.0 + n / 8 for n in range(500)])
        ledger.news.put([article(f"Report {n}", f"Line {n} of the report. " * 20) for n in range(150)])
        truth, everything = figures(ledger), dump(config)
    file = config.home / "ledger.db"
    whole, draw, harmful, found = file.read_bytes(), random.Random(7), 0, 0
    assert not Path(f"{file}-wal").exists()
    for _ in range(FLIPS):
        place = draw.randrange(100, len(whole))  # behind SQLite's own header
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << draw.randrange(8)]) + whole[place + 1 :])
        noticed = is_noticed(config)
        shown = figures_shown(config)
        assert {k: v for k, v in shown.items() if truth.get(k) != v} == {}
        if noticed or dump(config) != everything:  # else it hit what holds nothing
            harmful += 1
            found += noticed
    assert harmful > FLIPS / 2
    assert found / harmful >= 0.95, f"{found} of {harmful}"
    record_property("bits flipped", FLIPS)
    record_property("found of those that changed anything", f"{found} of {harmful}")


def is_noticed(config: Config) -> bool:
    try:
        with closing(open_ledger(config)) as ledger:
            return bool(faults(ledger.engine) or examine(ledger.engine)[1])
    except StoreError:
        return True


def figures(ledger: Ledger) -> dict[Any, Any]:
    """Every figure that an answer could show, by what it is said to be of."""
    shown: dict[Any, Any] = {}
    for symbol, listed in ledger.market.instruments().items():
        for b in ledger.market.bars(symbol, NOW):
            shown[symbol, b.day, b.closed_at] = (b.open, b.high, b.low, b.close, b.volume, b.currency, listed.currency)
        if quote := ledger.market.quote(symbol, NOW):
            shown[symbol, quote.as_of] = (quote.price, quote.currency, quote.state, quote.previous_close, quote.open)
        shown |= {(symbol, a.day, a.kind): a.value for a in ledger.market.splits(symbol)}
    return shown


def figures_shown(config: Config) -> dict[Any, Any]:
    try:
        with closing(open_ledger(config)) as ledger:
            return figures(ledger)
    except StoreError:
        return {}


def dump(config: Config) -> Any:
    """All that is stored, as text; None where not all can be read."""
    with closing(sqlite3.connect(config.home / "ledger.db")) as raw:
        try:
            return list(raw.iterdump())
        except (sqlite3.Error, UnicodeDecodeError):
            return None
