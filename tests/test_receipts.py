"""Receipts: each answer is kept whole, without a wait, and the same store gives the same bytes again."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from assistant.api import Assistant
from assistant.config import AssistantConfig
from assistant.errors import StoreError
from assistant.receipts import answer_of, difference, differing
from assistant.types import Answer
from ingest.config import Config
from ingest.ledger import Ledger, open_ledger, receipts, upgrade_ledger
from ingest.nodes import article_nodes
from ingest.types import History, Receipt
from tests.conftest import NOW, TO_FIRST_SCHEMA, ScriptedModel, article, bar, hash_embedding, instrument, put_market

CLOSES = [100.0, 102.0, 101.0, 99.0, 103.0, 104.0, 108.0, 107.0, 110.25, 105.5]
FORECAST = "Kestrel Robotics raised its revenue forecast to 2.4 billion USD after orders from warehouses doubled."
STORIES = [
    article("Kestrel Robotics lifts its outlook", FORECAST, symbols=("KSTL",)),
    article("Kestrel Robotics lifts outlook", FORECAST, 6, "Test Post", symbols=("KSTL",)),
    *(article(f"Dull item {i}", f"Nothing of note in place {i}.", 4, f"Wire {i}") for i in range(12)),  # of one age
]
MODEL = "Kestrel Robotics raised its revenue forecast to 2.4 billion USD [1]."
QUESTIONS = [
    "What did KSTL close at?",
    "Which moved more this week, KSTL or TDWL?",
    "What were the high and the low of KSTL in February?",
    "Why did KSTL rise this week?",
    "What forecast did Kestrel Robotics raise?",
    "Any news on KSTL?",
    "Any news?",
    "What is a bond?",
    "What is drawdown, and what is the drawdown of KSTL?",
    "What did ZZZQ close at?",
    "Should I buy KSTL?",
    "What happened on 30 February?",
    "",
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A store with prices of two companies and fourteen stories, indexed by a hash of their words."""
    from ingest.index import open_index

    config, embedding = Config(home=tmp_path / "home"), hash_embedding()
    with closing(upgrade_ledger(config)) as ledger:
        put_market(ledger, "KSTL", CLOSES, "Kestrel Robotics")
        put_market(ledger, "TDWL", list(reversed(CLOSES)), "Tidewell Energy")
        ledger.news.put(STORIES)
    nodes = [node for story in STORIES for node in article_nodes(story)]
    for node in nodes:
        node.embedding = embedding.get_text_embedding(node.get_content())
    open_index(config, "hash", 64, create=True).add(nodes)
    return config.home


def opened(home: Path, model: str = MODEL, later: timedelta = timedelta(0), **routes: Any) -> Assistant:
    """A new assistant over `home`, as another process would make it, with a model that says `model`."""
    from ingest.index import open_index

    config = AssistantConfig(home=home, now=NOW + later)
    assistant = Assistant(config)
    parts = {"generator": ScriptedModel(model, "own-1"), "_routes": routes}
    assistant.__dict__.update(parts)
    if home.exists():
        assistant.__dict__["_news_parts"] = (open_index(config, "hash"), hash_embedding())
    return assistant


def kept(home: Path) -> list[Receipt]:
    with closing(open_ledger(Config(home=home))) as ledger:
        found = [ledger.receipts.get(r.id) for r in ledger.receipts.newest(100)]
    return [r for r in found if r]


def document(answer: Answer) -> dict[str, Any]:
    return {k: v for k, v in answer.to_dict(explain=True).items() if k != "timings_ms"}


# Replay ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use_model", [True, False])
@pytest.mark.parametrize("arm", [None, "base", "rag"])
def test_the_same_store_and_instant_give_the_same_bytes_days_later(home: Path, arm: Any, use_model: bool) -> None:
    first = opened(home, reason="rag", term="lora")
    given = [first.ask(q, arm, use_model) for q in QUESTIONS]
    saved = [answer_of(r) for r in reversed(kept(home))]
    assert [document(a) for a in saved] == [document(a) for a in given]
    second = opened(home, later=timedelta(days=9))  # another adapter's table by then: nothing is routed
    assert [document(second.replay(a)) for a in saved] == [document(a) for a in given]
    assert [differing(a, second.replay(a)) for a in saved] == [[]] * len(QUESTIONS)
    assert len(kept(home)) == len(QUESTIONS)  # a replay is no further answer


def test_a_follow_up_is_replayed_after_what_was_said_before_it(home: Path) -> None:
    chat = opened(home).session()
    for question in ("How did KSTL do this week?", "and TDWL?", "which did better?"):
        chat.ask(question)
    told = [answer_of(r) for r in reversed(kept(home))]
    assert "Tidewell Energy (TDWL) fell this week" in told[1].text
    assert [opened(home).replay(a).text for a in told] == [a.text for a in told]


def test_the_instant_of_a_question_without_one_is_kept(home: Path) -> None:
    opened(home).ask("How did KSTL do today?")
    [receipt] = kept(home)
    assert (receipt.given, answer_of(receipt).as_of) == (NOW, NOW)


def test_another_model_or_price_shows_as_a_difference(home: Path) -> None:
    before = opened(home).ask("How did KSTL do this week, and what forecast did it raise?")
    other = opened(home, "Not in the evidence.").replay(before)
    assert set(differing(before, other)) >= {"text", "figures", "checks"}
    with closing(upgrade_ledger(Config(home=home))) as ledger:  # an earlier day, filled in afterwards
        ledger.market.put(History(instrument("KSTL"), (bar("KSTL", date(2026, 2, 20), 50.0, NOW),), None))
    told = difference(before, opened(home).replay(before))
    assert "-Kestrel Robotics (KSTL)" in told.replace("--- ", "")
    assert "also not the same: " in told


def test_the_arm_of_a_part_is_not_that_of_the_next(home: Path) -> None:
    answer = opened(home, term="lora").ask("What is drawdown, and what did KSTL close at?")
    assert "closed at 105.50 USD" in answer.text
    assert answer.arms == {"term": "lora"}


# What is kept ----------------------------------------------------------------------------------------------------


def test_every_way_to_ask_is_kept_and_only_whole_answers_are(home: Path) -> None:
    bell = opened(home)
    bell.ask("What did KSTL close at?")
    list(bell.stream("How did KSTL do this week?"))
    bell.session().ask("Should I buy KSTL?")
    next(iter(bell.stream("Any news on KSTL, and what is a bond?")))  # given up half-way
    bell.answerer.ask("What did TDWL close at?").answer  # noqa: B018  # as an evaluation asks
    assert [r.question for r in kept(home)] == [
        "Should I buy KSTL?",
        "How did KSTL do this week?",
        "What did KSTL close at?",
    ]
    stream = bell.stream("What did TDWL close at?")
    assert list(stream)
    assert not list(stream)  # a second look at it is no second answer
    assert len(kept(home)) == 4


def test_without_a_store_nothing_is_kept_and_none_is_made(tmp_path: Path) -> None:
    assert opened(tmp_path / "none").ask("What did KSTL close at?").status == "abstained"
    assert not (tmp_path / "none").exists()


def test_a_busy_store_costs_the_receipt_and_not_the_answer(home: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert opened(home).ask("What did KSTL close at?").status == "answered"
        writer.execute("ROLLBACK")
    assert kept(home) == []
    with closing(sqlite3.connect(home / "ledger.db")) as writer:
        writer.execute("DROP TABLE receipts")
    assert opened(home).ask("What did KSTL close at?").status == "answered"


def test_only_the_newest_are_kept(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "KEPT", 3)
    rows = [{"status": "answered", "question": f"q{i}", "text": "é"} for i in range(5)]
    assert [ledger.receipts.save(NOW, row) for row in rows] == [1, 2, 3, 4, 5]
    assert [(r.id, r.question) for r in ledger.receipts.newest(10)] == [(5, "q4"), (4, "q3"), (3, "q2")]
    assert ledger.receipts.get(5) == Receipt(5, NOW, "answered", "q4", rows[4])
    assert ledger.receipts.get(1) is None


def test_a_question_that_is_no_text_is_kept_too(ledger: Ledger) -> None:
    assert ledger.receipts.save(NOW, {"status": "abstained", "question": "what\udcff?"}) == 1
    assert ledger.receipts.newest(1)[0].question == "what??"


def test_receipts_do_not_wait_for_the_disk_and_the_rest_does(ledger: Ledger) -> None:
    def synchronous(engine: Any) -> Any:
        with engine.connect() as connection:
            return connection.exec_driver_sql("PRAGMA synchronous").scalar()

    assert (synchronous(ledger.receipts._quick), synchronous(ledger.engine)) == (1, 2)


def test_a_store_of_the_version_before_is_upgraded_with_all_it_holds(config: Config) -> None:
    with closing(upgrade_ledger(config)) as ledger:
        put_market(ledger, "KSTL", CLOSES)
    with closing(sqlite3.connect(config.home / "ledger.db")) as raw:
        raw.executescript(TO_FIRST_SCHEMA)
    with pytest.raises(StoreError, match="run `bell ingest` once, which upgrades it"):
        open_ledger(config)
    with closing(upgrade_ledger(config)) as ledger:
        assert len(ledger.market.bars("KSTL", NOW)) == len(CLOSES)
        assert ledger.receipts.newest(1) == []


def test_what_another_version_wrote_is_said_and_not_guessed_at(home: Path) -> None:
    opened(home).ask("What did KSTL close at?")
    [receipt] = kept(home)
    with pytest.raises(StoreError, match="saved by another version"):
        answer_of(replace(receipt, document=receipt.document | {"figures": [{"digits": "105.50"}]}))


# bell history ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bell(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("BELL_HOME", str(home))
    monkeypatch.setenv("BELL_NOW", NOW.isoformat())
    monkeypatch.setenv("BELL_TIMEZONE", "America/New_York")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return run


def test_history_lists_the_newest_first_in_local_time(bell: Any) -> None:
    assert bell("history") == (4, "", "bell: no answer is saved yet\n")
    bell("ask", "What did KSTL close at?")
    bell("ask", "Should I buy\nTDWL?", "--as-of", "2026-02-20T12:00:00Z")
    assert bell("history")[:2] == (
        0,
        "    2  27 Feb 2026 16:30  refused    Should I buy TDWL?\n"
        "    1  27 Feb 2026 16:30  answered   What did KSTL close at?\n",
    )
    [newest] = json.loads(bell("history", "-n", "1", "--json")[1])
    assert newest == {"id": 2, "given": NOW.isoformat(), "status": "refused", "question": "Should I buy\nTDWL?"}


def test_history_shows_an_answer_as_explain_does(bell: Any) -> None:
    told = bell("ask", "What did KSTL close at?", "--explain")[1]
    code, shown, _ = bell("history", "1")
    receipt = told[told.index("Understood as") :]
    assert (code, shown[shown.index("Understood as") :]) == (0, receipt)
    assert "closed at 105.50 USD" in shown
    assert "figures: computed by code from the ledger's rows, no model" in shown
    stored = json.loads(bell("history", "1", "--json")[1])
    assert (stored["id"], stored["explain"]["asked"]["use_model"]) == (1, True)
    assert stored["text"] in told


def test_history_replays_and_says_what_is_not_the_same(bell: Any, home: Path) -> None:
    bell("ask", "How did KSTL do this week?")
    same = "The same bytes: the text and its figures (4), as of 2026-02-27T21:30:00+00:00.\n"
    assert bell("history", "1", "--replay") == (0, same, "")
    with closing(upgrade_ledger(Config(home=home))) as ledger:
        ledger.market.put(History(instrument("KSTL", "Kestrel"), (), None))
    code, out, _ = bell("history", "1", "--replay")
    assert code == 1
    assert out.startswith("Not the same: text, as of 2026-02-27T21:30:00+00:00.\n")
    assert "\n--- as saved\n+++ as replayed\n" in out
    assert "\n-Kestrel Robotics (KSTL) rose" in out
    assert "\n+Kestrel (KSTL) rose" in out
    code, out, _ = bell("history", "1", "--replay", "--json")
    replayed = json.loads(out)
    assert (code, replayed["same"]) == (1, False)
    assert {"text", "citations", "evidence", "listings"} == set(replayed["differs"])
    assert len(json.loads(bell("history", "--json")[1])) == 1


@pytest.mark.parametrize("arguments", [["9"], ["9", "--replay"], ["--replay"]])
def test_an_answer_that_is_not_there_is_a_usage_error(bell: Any, arguments: list[str]) -> None:
    code, out, err = bell("history", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "`bell history` lists" in err
