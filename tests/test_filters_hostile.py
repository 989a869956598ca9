"""Payloads in symbols, sources, dates, ids and limits: on the ledger and the index they are data, never conditions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters

from assistant.commands.follow import parse_symbol
from assistant.generator.registry import candidate
from assistant.retrievers.news import news_filters
from ingest.config import Config
from ingest.errors import BellError, ConfigError
from ingest.index import open_index
from ingest.index.contract import NodeStore
from ingest.ledger import Ledger
from tests.conftest import NOW, article, put_market
from tests.postgres import STORES, only_files, stored_in
from tests.sizes import PAYLOAD_STEP
from tests.test_cli import Bell, bell
from tests.test_index import DIMENSION, dense, ids, node, words

__all__ = ["bell"]

ODD = ["BRK.B", "BRK-B", "^GSPC", "EURUSD=X", "O'REILLY", "BF.B", "005930.KS", "M&M.NS", "GC=F", "日経", "a b", "[x]"]
_TAILS = ["", " --", "#", "/*", ";", "; DROP TABLE articles; --", "\x00", "\\", "\n--"]
_CORES = [
    *("' OR '1'='1", '" OR "1"="1', "' OR 1=1", "') OR ('1'='1", "AAPL' OR 'a'='a", "\\' OR 1=1", "' UNION SELECT 1"),
    *("''", "'''", "%", "_", "*", "AAPL%", "x' AND sleep(1)", "1; ATTACH DATABASE '/tmp/x' AS x", "${1}", "{{x}}"),
    *("NULL", "true", "AAPL', 'MSFT", "AAPL'] OR ['x", "') OR true", "%27%20OR%201=1", "ʼ OR 1=1", "＇ OR 1=1"),
    *(":symbol", "?", "$1", "%s", "%(x)s", "\ufeff' OR 1=1", "' || '", "CHAR(39)", "0x27", "kind = 'news' OR 'x'='x"),
]  # fmt: skip
PAYLOADS = [core + tail for core in _CORES for tail in _TAILS][:150] + ODD


@pytest.fixture(params=STORES)
def config(config: Config, request: pytest.FixtureRequest) -> Config:
    return stored_in(config, request)


@pytest.fixture
def payloads(config: Config) -> list[str]:
    return PAYLOADS[::5] if config.in_postgres else PAYLOADS  # there they are parameters: a few show it


@pytest.fixture
def stored(ledger: Ledger) -> Ledger:
    put_market(ledger, "AAPL", [100.0, 101.0, 102.0], "Apple")
    ledger.news.put([article("Apple rises", symbols=("AAPL",)), article("Microsoft falls", symbols=("MSFT",))])
    return ledger


def test_no_payload_reads_a_row_of_the_ledger_that_is_not_its_own(
    stored: Ledger, payloads: list[str], record_property: Callable[[str, object], None]
) -> None:
    assert len(set(PAYLOADS)) >= 150
    record_property("payloads", len(set(PAYLOADS)))
    for payload in payloads:
        assert stored.news.latest(NOW, [payload]) == []
        assert stored.news.get([payload], NOW) == {}
        assert stored.market.bars(payload, NOW) == []
        assert stored.market.quote(payload, NOW) is None
        assert stored.market.span(payload, NOW) is None
        assert stored.market.instruments([payload]) == {}
        assert stored.market.sessions(payload, date(2026, 1, 1), NOW.date()) == []
        assert not stored.market.has_names(payload)
    assert stored.news.count() == 2


def test_what_is_stored_under_a_payload_is_found_by_it_alone(stored: Ledger, config: Config) -> None:
    fit = [p for p in PAYLOADS if not (config.in_postgres and "\0" in p)]  # no reader lets NUL in
    stored.news.put(article(f"Story {i}", symbols=(p,), source=p) for i, p in enumerate(fit))
    stored.sources.watch(fit, NOW)
    for i, payload in enumerate(fit):
        assert [a.title for a in stored.news.latest(NOW, [payload])] == [f"Story {i}"]
    assert stored.sources.watchlist() == fit
    assert stored.sources.unwatch(fit[:75]) == fit[:75]
    assert stored.sources.watchlist() == fit[75:]
    assert stored.news.count() == 2 + len(fit)


def test_no_payload_reads_a_node_of_the_index_that_is_not_its_own(config: Config, payloads: list[str]) -> None:
    index = open_index(config, "hash", DIMENSION, create=True)
    dated = {"kind": "news", "known_from": "2026-02-20T00:00:00Z", "published": "2026-02-20T00:00:00Z"}
    index.add(
        [node("a", symbols=["AAPL"], source="Wire", **dated), node("b", symbols=["MSFT"], source="Post", **dated)]
    )
    for payload in payloads:
        for key, operator, value in (
            ("symbols", FilterOperator.ANY, [payload]), ("symbols", FilterOperator.CONTAINS, payload),
            ("source", FilterOperator.EQ, payload), ("source", FilterOperator.IN, [payload, payload]),
            ("id", FilterOperator.EQ, payload), ("doc_id", FilterOperator.IN, [payload]),
            ("kind", FilterOperator.EQ, payload),
        ):  # fmt: skip
            filters = MetadataFilters(filters=[MetadataFilter(key=key, value=value, operator=operator)])
            assert index.get_nodes(filters=filters) == [], (key, payload)
        assert index.get_nodes(node_ids=[payload]) == []
    for payload in payloads[::10]:  # the assistant's own search, and the words of a question
        assert ids(index, dense("some text", news_filters(NOW, [payload], None, None))) == set()
        assert ids(index, words(payload, news_filters(NOW, ["AAPL"], None, None))) <= {"a"}
    for payload in payloads[::15]:
        index.delete(payload)
    assert {n.node_id for n in index.get_nodes()} == {"a", "b"}


@only_files
def test_no_payload_passes_for_a_key_or_for_an_instant(config: Config) -> None:
    index = open_index(config, "hash", DIMENSION, create=True)
    index.add([node("a", symbols=["AAPL"])])
    refused = 0
    for payload in PAYLOADS:
        tried: list[tuple[str, Any, FilterOperator]] = [
            (payload, "x", FilterOperator.EQ), ("published", payload, FilterOperator.GTE),
            ("known_from", payload, FilterOperator.LTE), ("source", [payload], FilterOperator.EQ),
        ]  # fmt: skip
        for key, value, operator in tried:
            with pytest.raises(ConfigError):
                index.get_nodes(
                    filters=MetadataFilters(filters=[MetadataFilter(key=key, value=value, operator=operator)])
                )
            refused += 1
    assert refused == 4 * len(PAYLOADS)


@only_files
@pytest.mark.parametrize(
    "options",
    [
        lambda p: ["quote", "--", p],
        lambda p: ["news", "--", p],
        lambda p: ["news", "--limit", p],
        lambda p: ["news", "--as-of", p],
        lambda p: ["watch", "add", "--", p],
        lambda p: ["brief", "--since", p],
        lambda p: ["ask", "--no-model", "--", f"What did {p} close at?"],
    ],
    ids=["quote", "news", "limit", "as-of", "watch", "since", "ask"],
)
def test_no_payload_brings_a_database_error_to_the_command_line(
    bell: Bell, stored: Ledger, options: Callable[[str], list[str]]
) -> None:
    for payload in PAYLOADS[::PAYLOAD_STEP]:
        code, out, err = bell(*options(payload))
        assert code in {0, 2, 4}, (payload, err)
        assert not any(
            word in (out + err).lower() for word in ("sqlite", "sqlalchemy", "syntax error", "internal error")
        )
        assert "MSFT" not in out


@pytest.mark.parametrize(
    ("given", "symbol"),
    [("BRK.B", "BRK-B"), ("brk-b", "BRK-B"), ("^gspc", "^GSPC"), ("EURUSD=X", "EURUSD=X"), ("$AZN.L", "AZN.L")],
)
def test_legal_odd_symbols_work(given: str, symbol: str) -> None:
    assert parse_symbol(given) == symbol


def test_a_name_with_a_quote_is_a_name(stored: Ledger) -> None:
    put_market(stored, "ORLY", [50.0, 51.0], "O'Reilly Automotive")
    assert stored.market.names()["o'reilly automotive"] == ("ORLY",)
    with pytest.raises(ConfigError, match="is no symbol"):
        parse_symbol("O'REILLY")


# Paths -----------------------------------------------------------------------------------------------------------

_UP = [
    "../",
    "..\\",
    "../../",
    "/",
    "//",
    "C:\\",
    "~/",
    "./../",
    "%2e%2e/",
    "．．/",
    "..;/",
    "....//",
    "\x00",
    "a/../../",
]
_LEAVES = ["evil", "CON", "NUL.txt", "x" * 300, ".", "..", "evil\x00.txt"]
PATHS = [up + leaf for up in _UP for leaf in _LEAVES]


def files(root: Path) -> set[Path]:
    return {p for p in root.rglob("*") if p.is_file()}


@only_files
def test_no_name_writes_outside_the_data_folder(
    tmp_path: Path, config: Config, stored: Ledger, record_property: Callable[[str, object], None]
) -> None:
    assert len(PATHS) >= 80
    record_property("names", len(PATHS))
    (tmp_path / "outside").mkdir()
    (config.home / "adapters").mkdir()
    (config.home / "adapters" / "linked").symlink_to(tmp_path / "outside")
    index = open_index(config, "hash", DIMENSION, create=True)
    for name in PATHS:
        for symbol in (name, f"AAPL{name}"):
            with pytest.raises(BellError):
                parse_symbol(symbol)
        with pytest.raises(BellError):
            candidate(config.home, name)
    stored.news.put(replace(article(f"At {i}"), id=name, feed=name, guid=name) for i, name in enumerate(PATHS))
    add(index, PATHS)
    assert not [p for p in files(tmp_path) if config.home not in p.parents]
    assert not [p for p in files(tmp_path) if "evil" in p.name]


def add(index: NodeStore, names: list[str]) -> None:
    index.add([node(name, doc=name, symbols=[name], source=name) for name in names])
