"""The write side put together: the real readers on loopback, and its own small shell."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from ingest import __main__ as write_side
from ingest.config import Config
from ingest.errors import EmbeddingMismatch, NotAFeed, WriterLocked
from ingest.index.store import open_index
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.lock import writer_lock
from ingest.progress import shown
from ingest.report import report_json, report_lines
from ingest.types import Counts, RunReport, SourceReport
from tests.conftest import NOW, ROOT, hash_embedding, weekdays
from tests.feed_site import Page, Site, serve
from tests.yahoo_server import unix, yahoo_chart, yahoo_server

ETAG = '"v1"'
FEED = b"""<rss version="2.0"><channel><title>Sample Wire</title>
<item><title>ACME Sample opens a plant</title><link>https://news.test/1</link><guid>1</guid>
<description>It will make anvils.</description><pubDate>Fri, 27 Feb 2026 15:00:00 GMT</pubDate></item>
<item><title>Rates stay where they are</title><link>https://news.test/2</link><guid>2</guid>
<pubDate>Fri, 27 Feb 2026 16:00:00 GMT</pubDate></item></channel></rss>"""


def feed(headers: Message) -> Page:
    return Page(status=304) if headers["If-None-Match"] == ETAG else Page(FEED, headers={"ETag": ETAG})


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serve() as running:
        running.pages |= {"/feed": feed, "/page": Page(b"<html><body>hello</body></html>")}
        yield running


@pytest.fixture(scope="module")
def yahoo() -> Iterator[str]:
    days = weekdays(date(2026, 2, 2), date(2026, 2, 27))
    rows = [(d.isoformat(), 100.0 + i, 102.0 + i, 99.0 + i, 101.0 + i, 1000) for i, d in enumerate(days)]
    traded = {"regularMarketPrice": 120.0, "regularMarketTime": unix("2026-02-27T21:00:00")}
    with yahoo_server({"ACME": yahoo_chart("ACME", rows, **traded)}) as running:
        yield running.base


@pytest.fixture
def ready(tmp_path: Path, site: Site, yahoo: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A home that follows one symbol and one feed; words hashed instead of a model."""
    monkeypatch.setattr(write_side, "load_embedding", lambda _: hash_embedding())
    monkeypatch.setattr(write_side, "embedding_name", lambda _: "hash")
    config = Config(home=tmp_path / "home", now=NOW, yahoo_base_url=yahoo, allow_private_hosts=(site.host,))
    follow(config, [f"{site.base}/feed"])
    return config


def follow(config: Config, feeds: list[str]) -> None:
    with closing(upgrade_ledger(config)) as ledger:
        ledger.sources.watch(["ACME"], NOW)
        ledger.sources.add_feeds(feeds, NOW)


def nodes(config: Config) -> set[str]:
    return {n.node_id for n in open_index(config, "hash").get_nodes()}


def test_one_run_brings_everything_and_the_next_nothing(ready: Config) -> None:
    first = write_side.run_ingest(ready)
    assert {s.outcome for s in first.sources} == {"ok"}
    with closing(open_ledger(ready)) as ledger:
        assert {a.title: a.symbols for a in ledger.news.latest(NOW)} == {
            "ACME Sample opens a plant": ("ACME",),
            "Rates stay where they are": (),
        }
        assert ledger.market.bars("ACME", NOW)[-1].close == 120.0
        assert ledger.sources.last_run() is not None
    found = nodes(ready)
    assert {"ACME:now", "ACME:2026-W06", "ACME:2026-W09"} <= found
    assert len(found) == first.indexed == 7
    second = write_side.run_ingest(replace_now(ready, hours=1))
    assert {s.kind: s.outcome for s in second.sources} == {"quotes": "ok", "news": "not modified"}
    assert second.indexed == sum(s.counts.new + s.counts.updated for s in second.sources) == 0


def replace_now(config: Config, **later: float) -> Config:
    return config.model_copy(update={"now": NOW + timedelta(**later)})


def test_a_deleted_index_comes_back_with_the_next_run(ready: Config) -> None:
    write_side.run_ingest(ready)
    before = nodes(ready)
    shutil.rmtree(ready.index_path)
    assert write_side.run_ingest(ready).indexed == len(before)
    assert nodes(ready) == before


def test_reindex_rebuilds_with_the_model_configured_now(ready: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    write_side.run_ingest(ready)
    before = nodes(ready)
    monkeypatch.setattr(write_side, "embedding_name", lambda _: "another")
    with pytest.raises(EmbeddingMismatch, match="names another; run `bell reindex`"):
        write_side.run_ingest(replace_now(ready, hours=1))
    with closing(open_ledger(ready)) as ledger:
        assert {s.last_ok for s in ledger.sources.states().values()} == {NOW}, "nothing was polled"
    assert write_side.reindex(ready) == len(before)
    assert {n.node_id for n in open_index(ready, "another").get_nodes()} == before
    assert write_side.run_ingest(ready).indexed == 0


def test_a_second_writer_is_turned_away(ready: Config) -> None:
    with writer_lock(ready, "bell ingest news", NOW):
        with pytest.raises(WriterLocked, match="bell ingest news"):
            write_side.run_ingest(ready)
        with pytest.raises(WriterLocked):
            write_side.reindex(ready)


def test_a_server_that_wants_a_contact_is_left_alone_and_that_is_said(ready: Config, site: Site) -> None:
    follow(ready, ["https://www.sec.gov/news/pressreleases.rss"])
    report = write_side.run_ingest(ready, "news")
    assert [s.url for s in report.sources] == [f"{site.base}/feed"]
    assert any("sec.gov" in w and "user_agent_contact" in w for w in report.warnings)
    assert report.exit_code == 0


def test_trying_a_feed_stores_nothing(tmp_path: Path, site: Site) -> None:
    config = Config(home=tmp_path / "home", now=NOW, allow_private_hosts=(site.host,))
    assert [a.title for a in write_side.test_feed(config, f"{site.base}/feed").articles][
        1
    ] == "Rates stay where they are"
    with pytest.raises(NotAFeed, match="web page"):
        write_side.test_feed(config, f"{site.base}/page")
    assert not config.home.exists()


def test_bars_are_drawn_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        with shown(None) as progress:
            progress.start("feeds [/]", 2)
            progress.advance("feeds [/]", 2)
            progress.finish("feeds [/]")
        assert ("feeds [/]" in capfd.readouterr().err) is terminal


# The report

REPORT = RunReport(
    NOW,
    1.25,
    (
        SourceReport("https://a.test/feed", "news", "ok", Counts(2, 1, 3), 0, None, 0.5),
        SourceReport("https://b.test/feed", "news", "not a feed", error="b.test sent a web page"),
        SourceReport("yahoo:A", "quotes", "rate limited", error="Yahoo limits requests"),
        SourceReport("yahoo:B", "quotes", "held", error="not asked until 22:00"),
        SourceReport("yahoo:C", "quotes", "held", error="not asked until 22:00"),
    ),
    4,
    ("a feed \x1b[31mis odd",),
)


def test_the_report_as_json_has_every_source_and_the_sums() -> None:
    document = json.loads(json.dumps(report_json(REPORT)))
    assert document["sources"][0] == {
        "url": "https://a.test/feed", "kind": "news", "outcome": "ok", "new": 2, "updated": 1, "unchanged": 3,
        "rejected": 0, "error": None, "seconds": 0.5,
    }  # fmt: skip
    assert document["totals"] == {"new": 2, "updated": 1, "unchanged": 3, "rejected": 0, "failed": 2, "held": 2}
    assert (document["indexed"], document["exit_code"], document["started"]) == (4, 3, NOW.isoformat())
    assert document["warnings"] == list(REPORT.warnings)


def test_the_report_for_people_has_a_line_a_source_and_the_sums() -> None:
    assert list(report_lines(REPORT)) == [
        "ok     https://a.test/feed: 2 new, 1 updated, 3 unchanged (0.5 s)",
        "failed https://b.test/feed: not a feed: b.test sent a web page (0.0 s)",
        "failed yahoo:A: rate limited: Yahoo limits requests (0.0 s)",
        "held   yahoo:B and 1 more: not asked until 22:00",
        "warning: a feed \x1b[31mis odd",
        "5 sources: 2 new, 1 updated, 3 unchanged, 2 failed; 4 indexed; 1.2 s",
    ]


def test_no_control_character_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_side.show(replace(REPORT, sources=()))
    out, err = capsys.readouterr()
    assert out == ""
    assert "\x1b" not in err


# The shell


def shell(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest", "--home", str(home), *arguments]
    env = os.environ | {"BELL_NOW": NOW.isoformat()} | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=env)


def test_the_shell_prints_one_json_document_and_ends_with_the_run_s_code(tmp_path: Path, site: Site) -> None:
    home = tmp_path / "home"
    follow(Config(home=home), [f"{site.base}/page"])
    done = shell(home, "news", "--json", BELL_ALLOW_PRIVATE_HOSTS=site.host)
    document: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, document["exit_code"]) == (3, 3)
    assert document["sources"][0]["outcome"] == "not a feed"
    assert done.stderr.startswith(f"failed {site.base}/page: not a feed: ")


def test_a_wrong_setting_is_one_line_and_one_document(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('embed_modle = "x"\n')
    done = shell(tmp_path, "--json")
    assert done.returncode == 2
    assert "embed_modle" in json.loads(done.stdout)["error"]
    assert done.stderr.count("\n") == 1


def test_importing_the_write_side_is_cheap() -> None:
    heavy = "{'llama_index', 'lancedb', 'torch', 'transformers', 'pandas', 'yfinance', 'feedparser', 'httpx', 'rich'}"
    script = f"import sys, ingest.__main__; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "\n"
