"""The command line: global options anywhere, one JSON document in every outcome, one line an error, exit codes."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from assistant.commands.context import hoist
from assistant.commands.follow import parse_symbol
from ingest.config import Config
from ingest.errors import ConfigError
from ingest.ledger import Ledger, upgrade_ledger
from ingest.types import SourceState
from tests.conftest import NOW, article, put_market

Bell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Bell:
    """Runs `bell ARGUMENTS` in a fresh home under a fixed clock: (exit code, stdout, stderr)."""
    monkeypatch.setenv("BELL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BELL_NOW", NOW.isoformat())

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def stored(tmp_path: Path) -> Ledger:
    ledger = upgrade_ledger(Config(home=tmp_path / "home"))
    put_market(ledger, "KSTL", [100.0, 110.25, 105.5], "Kestrel Robotics", end=date(2026, 2, 27))
    ledger.news.put([article("Kestrel [/] lifts outlook", symbols=("KSTL",))])
    return ledger


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["ask", "why?", "--json"], ["--json", "ask", "why?"]),
        (["quote", "A", "--as-of", "2026", "--home=x"], ["--as-of", "2026", "--home=x", "quote", "A"]),
        (["ask", "--", "--json"], ["ask", "--", "--json"]),
        (["--debug", "brief", "--format", "json"], ["--debug", "brief", "--format", "json"]),
        (["ask", "why?", "--strict"], ["--strict", "ask", "why?"]),
        (["status", "--home"], ["--home", "status"]),
    ],
)
def test_global_options_are_taken_before_or_after_the_command(given: list[str], expected: list[str]) -> None:
    assert hoist(given) == expected


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["ask", "What did KSTL close at?"], 0, "answered"),
        (["ask", "Should I buy KSTL?"], 0, "refused"),
        (["ask", "What did ZZZQ close at?"], 4, "abstained"),
        (["ask", ""], 4, "abstained"),
        (["ask", "What did KSTL close at?", "--arm", "base"], 4, "abstained"),
        (["ask", "x", "--arm", "best"], 2, "error"),
        (["ask"], 2, "error"),
        (["demo"], 2, "error"),
        ([], 2, "error"),
        (["nonsense"], 2, "error"),
        (["ask", "x", "--as-of", "tomorrow"], 2, "error"),
        (["brief", "--since", "yesterday"], 2, "error"),
    ],
)
def test_stdout_is_one_json_document_in_every_outcome(
    bell: Bell, stored: Ledger, arguments: list[str], code: int, status: str
) -> None:
    got, out, _ = bell(*arguments, "--json")
    assert (got, json.loads(out)["status"]) == (code, status)


def test_a_model_that_cannot_be_loaded_is_an_error_answer(
    bell: Bell, stored: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELL_BASE_MODEL", "/nowhere/model")
    code, out, err = bell("ask", "What is a bond?", "--json")
    document = json.loads(out)
    assert (code, document["status"], document["question"]) == (1, "error", "What is a bond?")
    assert err.startswith("bell: ")
    assert "/nowhere/model" in err


def test_the_answer_document_has_the_promised_keys(bell: Bell, stored: Ledger) -> None:
    document = json.loads(bell("ask", "What did KSTL close at?", "--json")[1])
    assert list(document) == [
        "question", "text", "status", "arm", "as_of", "figures", "citations", "warnings", "model", "timings_ms",
        "notice", "listings",
    ]  # fmt: skip
    assert len(document["figures"][0].pop("checksum")) == 16
    assert document["figures"][0] == {
        "text": "105.50", "value": 105.5, "unit": "USD", "symbol": "KSTL", "field": "close",
        "as_of": "2026-02-27T21:00:00+00:00", "citation": 1, "derived_from": None,
        "session": "2026-02-27", "source": "yahoo",
    }  # fmt: skip
    assert set(document["timings_ms"]) >= {"understand", "retrieve", "first_token", "total"}
    citation = document["citations"][0]
    assert (citation["n"], citation["kind"], citation["age"], citation["stale"]) == (1, "quote", "30 min", False)
    explained = json.loads(bell("ask", "What did KSTL close at?", "--json", "--explain")[1])
    assert explained["explain"]["understood"]["parts"][0]["kind"] == "price"


def test_quote_and_news_and_status_print_what_is_promised(bell: Bell, stored: Ledger) -> None:
    stored.sources.save([SourceState("https://feeds.test/a", "news", last_ok=NOW, last_error="no DNS", failures=2)])
    figures = json.loads(bell("quote", "KSTL", "--json")[1])
    news = json.loads(bell("news", "KSTL", "--json")[1])
    code, out, _ = bell("status", "--json")
    assert [(f["text"], f["unit"]) for f in figures[:2]] == [("105.50", "USD"), ("-4.75", "USD")]
    assert list(news[0]) == ["title", "url", "source", "published", "first_seen", "symbols", "also_at"]
    assert news[0]["title"] == "Kestrel [/] lifts outlook"
    [source] = json.loads(out)["sources"]
    assert list(source) == ["url", "kind", "last_ok", "last_error", "next_poll", "held_until"]
    assert (code, source["last_error"]) == (3, "no DNS")


def test_news_lists_the_newest_first_and_what_has_no_date_after_todays(bell: Bell, stored: Ledger) -> None:
    told = "copper quotas rise again|a bank opens branches|rain delays the harvest|tax law passes".split("|")
    stories = [article(title, hours_ago=n + 1) for n, title in enumerate(told)]
    undated = article("Undated notice of nobody", published=None, first_seen=NOW, fetched=NOW)
    stored.news.put([undated, *reversed(stories)])
    listed = [row["title"] for row in json.loads(bell("news", "--limit", "3", "--json")[1])]
    assert listed == told[:3]


def test_an_unknown_symbol_is_one_line_that_says_what_to_do(bell: Bell, stored: Ledger) -> None:
    code, out, err = bell("quote", "KSTL", "ZZZQ")
    assert code == 3
    assert out.startswith("Kestrel Robotics (KSTL) closed at 105.50 USD")
    assert err == "bell: no price of ZZZQ is stored; `bell watch add ZZZQ`, then `bell ingest quotes`\n"
    assert bell("quote", "ZZZQ", "--json")[:2] == (4, "[]\n")


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("command", [("quote", "KSTL"), ("ask", "What did KSTL close at?", "--no-model")])
def test_strict_counts_only_what_had_been_fetched(bell: Bell, command: tuple[str, ...]) -> None:
    closed = "2026-02-27T21:05:00+00:00"  # the bar of that day was fetched five minutes later
    assert "105.50" in bell(*command, "--as-of", closed)[1]
    strict = bell(*command, "--as-of", closed, "--strict")[1]
    assert "110.25" in strict
    assert "105.50" not in strict


def test_before_the_first_ingest_the_next_step_is_named(bell: Bell, tmp_path: Path) -> None:
    code, out, err = bell("quote", "KSTL")
    assert (code, out) == (4, "")
    assert err.count("\n") == 1
    assert "run `bell ingest`" in err
    assert bell("ask", "What did KSTL close at?")[0] == 4
    assert not (tmp_path / "home").exists()


def test_what_is_followed_is_added_listed_and_removed(bell: Bell) -> None:
    assert bell("watch", "add", "aapl,$MSFT", "BRK-B", "--json")[1] == '[\n  "AAPL",\n  "MSFT",\n  "BRK-B"\n]\n'
    assert bell("watch", "rm", "MSFT")[:2] == (0, "AAPL\nBRK-B\n")
    code, _, err = bell("watch", "rm", "MSFT")
    assert (code, err) == (4, "MSFT was not followed\n")
    assert bell("feeds", "add", "https://feeds.test/a")[1] == "https://feeds.test/a\n"


@pytest.mark.parametrize("word", ["", "A B", "../etc", "AAPL;DROP", "a'b", "^", "x" * 40])
def test_what_cannot_be_a_symbol_is_refused_by_name(word: str) -> None:
    with pytest.raises(ConfigError, match="is no symbol"):
        parse_symbol(word)


@pytest.mark.parametrize("word", ["AAPL", "AZN.L", "BRK-B", "^GSPC", "EURUSD=X", "BTC-USD", "7203.T", "M&M.NS"])
def test_yahoos_forms_are_symbols(word: str) -> None:
    assert parse_symbol(word) == word


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x.test/a", "feeds.test/a", "https://"])
def test_what_is_no_feed_address_is_refused(bell: Bell, url: str) -> None:
    code, _, err = bell("feeds", "add", url)
    assert code == 2
    assert "is no feed address" in err


def test_a_corrupt_setting_is_one_line_with_its_name(bell: Bell, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("embed_modle = 'x'")
    code, _, err = bell("status")
    assert code == 2
    assert "unknown key `embed_modle`" in err
    assert err.count("\n") == 1


def test_the_briefing_is_written_whole_or_not_at_all(bell: Bell, stored: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "out" / "b.html"
    assert bell("brief", "--format", "html", "-o", str(file))[0] == 0
    assert "<title>" in file.read_text()
    assert [p.name for p in file.parent.iterdir()] == ["b.html"]
    (tmp_path / "blocked").write_text("a file")
    code, _, err = bell("brief", "-o", str(tmp_path / "blocked" / "b.txt"))
    assert code == 1
    assert "cannot be written" in err


def test_a_briefing_is_remembered_for_the_next_unless_it_is_of_the_past(bell: Bell, stored: Ledger) -> None:
    bell("brief", "--as-of", "2026-02-26T22:00:00Z")
    assert stored.briefings.last(NOW) is None
    bell("brief")
    kept: Any = stored.briefings.last(NOW.replace(hour=22))
    assert kept["as_of"] == NOW.isoformat()
