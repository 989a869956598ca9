"""Nothing that lies in the store or comes over the network acts on the terminal through any command."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from ingest.config import Config
from ingest.errors import BellError, NotAFeed
from ingest.ledger import Ledger, upgrade_ledger
from ingest.types import SourceState
from tests.conftest import NOW, article, put_market
from tests.hostile import controls, titles
from tests.sizes import COMMAND_TITLES, TITLES
from tests.test_cli import Bell, bell

__all__ = ["bell"]


@pytest.fixture
def poisoned(tmp_path: Path) -> Ledger:
    """A store into which hostile text came past every reader: names, exchanges, titles, publishers, failures."""
    ledger = upgrade_ledger(Config(home=tmp_path / "home"))
    texts = [t.encode("utf-8", "ignore").decode() for t in titles(COMMAND_TITLES, seed=4)]  # no store takes halves
    put_market(ledger, "KSTL", [100.0, 110.25, 105.5], "\x1b[31mKestrel\x9b2J", exchange="\x1b]0;x\x07Nasdaq\x85")
    ledger.news.put(
        replace(article(str(i), symbols=("KSTL",)), title=f"{i} {t}", source=t, url=f"https://news.test/{t}")
        for i, t in enumerate(texts)
    )
    ledger.sources.save(
        SourceState(f"https://feeds.test/{i}{t}", "news", t, last_error=t, failures=2)
        for i, t in enumerate(islice(texts, 20))
    )
    ledger.sources.add_feeds([f"https://feeds.test/{t}" for t in islice(texts, 20)], NOW)
    return ledger


@pytest.mark.parametrize(
    "line",
    [
        *("quote", "quote KSTL", "news --limit 500", "news KSTL", "status", "feeds list", "watch list", "history"),
        *("ask|What did KSTL close at?|--no-model|--explain", "ask|What is the news on KSTL?|--no-model|--explain"),
        *("ask|\x1b[31mWhy\x9b2J\u202e?|--no-model|--explain", "quote|\x1b[31mX", "watch|add|\x1b[2J"),
        "feeds|add|\x1b[2J",
        *("brief", "brief --format md", "brief --format html", "quote --json", "news --json", "status --json"),
        *("feeds|add|https://feeds.test/\x1b[2J\x9b", "feeds|rm|https://feeds.test/\x1b[2J\x9b", "\x1b[31mnonsense"),
        *("ask|\x9b2J\u202eWhat did KSTL close at?|--json", "brief --format json", "ask|x|--as-of|\x1b[31m"),
    ],
)  # fmt: skip
def test_no_command_prints_a_control_byte(bell: Bell, poisoned: Ledger, line: str) -> None:
    code, out, err = bell(*(line.split("|") if "|" in line else line.split()))
    assert not controls(out), sorted(map(repr, controls(out)))
    assert not controls(err), sorted(map(repr, controls(err)))
    assert "internal error" not in err
    assert code in {0, 2, 3, 4}


def test_no_error_line_holds_a_control_byte() -> None:
    for title in titles(TITLES, seed=5):
        for error in (BellError(title, title), NotAFeed(title)):
            assert not controls(str(error))
            assert "\n" not in str(error)
