"""A question that finds a price past its time asks for it once, and is answered whatever comes of that."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import Answerer
from assistant.api import make_assistant
from assistant.commands.write import refresher
from assistant.config import AssistantConfig
from assistant.refreshing import PATIENCE, Refresher, bounded
from assistant.types import Found
from assistant.understand import Vocabulary
from ingest import __main__ as write_side
from ingest.__main__ import refresh_quotes
from ingest.errors import StoreError, Unreachable, WriterLocked
from ingest.ledger import Ledger
from ingest.lock import writer_lock
from ingest.types import History, Quote, RunReport, SourceReport
from tests.conftest import NOW, ScriptedModel, instrument, put_market
from tests.yahoo_server import unix, yahoo_chart, yahoo_server

MONDAY = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # noon in New York: Friday's close is past its time
STALE = "KSTL is stale: the session of Mon 2 Mar 2026 is open, and no price of it is stored"
ASKED = "What is the price of KSTL?"


class Source:
    """A write side of our own: notes what it is asked for, and does what it is told to."""

    def __init__(self, brings: Callable[[], str] = str) -> None:
        self.asked: list[list[str]] = []
        self._brings = brings

    def __call__(self, symbols: Sequence[str]) -> str:
        self.asked.append(list(symbols))
        return self._brings()


def answerer(ledger: Ledger, source: Source, now: Callable[[], datetime] = lambda: MONDAY) -> Answerer:
    if not ledger.market.instruments(["KSTL"]):
        put_market(ledger, "KSTL", [100.0, 104.0])
        put_market(ledger, "TDWL", [50.0, 51.0])
    vocabulary = Vocabulary({}, ["KSTL", "TDWL"], {"KSTL", "TDWL"})
    return Answerer(
        ledger, vocabulary, lambda *_: Found([]), ScriptedModel, now, ZoneInfo("America/New_York"),
        refresher=Refresher(ledger, source),
    )  # fmt: skip


def traded(ledger: Ledger, at: datetime, price: float = 106.0) -> str:
    quote = Quote("KSTL", price, "USD", at, "open", 104.0, None, None, None, "yahoo", at)
    ledger.market.put(History(instrument("KSTL"), (), quote))
    return ""


def test_a_stale_price_is_refreshed_once_and_the_answer_is_of_the_new_one(ledger: Ledger) -> None:
    clock = [MONDAY]

    def brings() -> str:
        clock[0] += timedelta(seconds=2)
        return traded(ledger, clock[0])

    source = Source(brings)
    answer = answerer(ledger, source, lambda: clock[0]).ask(ASKED).answer
    assert source.asked == [["KSTL"]]
    assert "traded at 106.00 USD at 12:00 EST on Mon 2 Mar 2026, with the session open" in answer.text
    assert "So far today that is +2.00 USD" in answer.text
    assert (answer.warnings, answer.citations[0].stale) == ((), False)
    assert answer.as_of == MONDAY + timedelta(seconds=2)  # what came is known from then on


@pytest.mark.parametrize(
    "reason", ["Yahoo limits requests at present", "another process is writing here", "no answer within 5 s"]
)
def test_where_nothing_comes_the_answer_is_the_stale_one_with_one_line_on_why(ledger: Ledger, reason: str) -> None:
    answer = answerer(ledger, Source(lambda: reason)).ask(ASKED).answer
    assert "closed at 104.00 USD on Fri 27 Feb 2026" in answer.text
    assert answer.warnings == (f"prices were not refreshed: {reason}", STALE)
    assert answer.status == "answered"


def test_a_source_that_has_nothing_newer_leaves_the_price_stale(ledger: Ledger) -> None:
    answer = answerer(ledger, Source()).ask(ASKED).answer
    assert (answer.warnings, answer.citations[0].stale) == ((STALE,), True)


def test_all_symbols_of_a_question_are_asked_for_together(ledger: Ledger) -> None:
    source = Source()
    question = "Which did better this week, KSTL or TDWL? And why did KSTL rise?"
    assert answerer(ledger, source).ask(question, use_model=False).answer
    assert source.asked == [["KSTL", "TDWL"]]


def test_the_next_question_does_not_ask_again_at_once(ledger: Ledger) -> None:
    clock = [MONDAY]
    source = Source(lambda: "no answer within 5 s")
    asking = answerer(ledger, source, lambda: clock[0])
    warned = []
    for minutes in (0, 1, 4, 5):
        clock[0] = MONDAY + timedelta(minutes=minutes)
        warned.append(len(asking.ask(ASKED).answer.warnings))
    assert source.asked == [["KSTL"], ["KSTL"]]
    assert warned == [2, 1, 1, 2]  # it says stale each time


@pytest.mark.parametrize(
    "question",
    [
        "What did KSTL close at on 26 February 2026?",  # past and known
        "What is diversification?",
        "Should I buy KSTL?",
        "What is the price of ZZZZ?",
    ],
)
def test_a_question_that_no_newer_price_bears_on_asks_for_none(ledger: Ledger, question: str) -> None:
    source = Source()
    assert answerer(ledger, source).ask(question, use_model=False).answer
    assert source.asked == []


def test_a_fresh_price_is_not_asked_for(ledger: Ledger) -> None:
    source = Source()
    asking = answerer(ledger, source)
    traded(ledger, MONDAY - timedelta(minutes=20))
    assert asking.ask(ASKED).answer.warnings == ()
    assert source.asked == []


@pytest.mark.parametrize("arm", ["base", "lora"])
def test_an_arm_without_evidence_asks_for_none(ledger: Ledger, arm: Any) -> None:
    source = Source()
    assert answerer(ledger, source).ask(ASKED, arm).answer.status == "abstained"
    assert source.asked == []


def test_a_past_instant_is_never_refreshed(ledger: Ledger) -> None:
    source = Source()
    assert answerer(ledger, source).ask(ASKED, as_of=MONDAY).answer.warnings == (STALE,)
    assert source.asked == []


@pytest.mark.parametrize(
    ("more", "times"), [({}, 1), ({"offline": True}, 0), ({"as_of": MONDAY}, 0)], ids=["online", "offline", "as_of"]
)
def test_an_assistant_asks_only_where_sources_are_allowed(
    ledger: Ledger, config: Any, more: dict[str, Any], times: int
) -> None:
    put_market(ledger, "KSTL", [100.0, 104.0])
    source = Source(lambda: "no answer within 5 s")
    assistant = make_assistant(AssistantConfig(home=config.home, now=MONDAY, **more), refresh=source)
    answer = assistant.ask(ASKED, use_model=False)
    assert STALE in answer.warnings
    assert len(source.asked) == times
    assistant.close()


# The bound


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_refresh_that_does_not_end_is_left_alone(never: threading.Event) -> None:
    assert bounded(lambda: str(never.wait()), seconds=0.01) == "no answer within 0.01 s"
    assert PATIENCE == 5.0


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WriterLocked("another process is writing here"), "another process is writing here"),
        (StoreError("the data folder cannot be written"), "the data folder cannot be written"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
    ],
)
def test_a_refresh_that_fails_says_why_in_a_line(error: Exception, reason: str) -> None:
    def poll() -> str:
        raise error

    assert bounded(poll) == reason


# The write side


def test_the_shell_refreshes_by_the_clock_alone(tmp_path: Path) -> None:
    assert refresher(AssistantConfig(home=tmp_path, now=NOW)) is None
    assert refresher(AssistantConfig(home=tmp_path)) is not None


def test_a_locked_store_is_left_to_its_writer(ledger: Ledger, config: Any) -> None:
    put_market(ledger, "KSTL", [100.0, 104.0])
    refresh = refresher(AssistantConfig(home=config.home))
    assert refresh is not None
    with writer_lock(config, "bell ingest all", NOW):
        assert "has been writing here since" in refresh(["KSTL"])


def test_the_write_side_polls_the_asked_symbols_alone_and_leaves_the_index(ledger: Ledger, config: Any) -> None:
    put_market(ledger, "KSTL", [100.0, 104.0])
    put_market(ledger, "TDWL", [50.0, 51.0])
    days = {"2026-02-26": 100, "2026-02-27": 104, "2026-03-02": 106}
    rows = [(day, close, close + 2, close - 2, close, 9) for day, close in days.items()]
    price = {"regularMarketPrice": 106.0, "regularMarketTime": unix("2026-03-02T16:59:00")}
    with yahoo_server({"KSTL": yahoo_chart("KSTL", rows, **price)}) as yahoo:
        report = refresh_quotes(config.model_copy(update={"now": MONDAY, "yahoo_base_url": yahoo.base}), ["KSTL"], 600)
    assert (yahoo.charts, report.failed, report.indexed) == (["KSTL"], 0, 0)
    found = ledger.market.quote("KSTL", MONDAY)
    assert found is not None
    assert (found.price, found.fetched) == (106.0, MONDAY)
    assert not config.index_path.exists()


def test_a_refresh_that_is_left_alone_holds_no_lock_and_writes_nothing_any_more(
    ledger: Ledger, config: Any, monkeypatch: pytest.MonkeyPatch, never: threading.Event
) -> None:
    put_market(ledger, "KSTL", [100.0, 104.0])

    def read(*_: Any) -> History:
        never.wait(60)
        quote = Quote("KSTL", 106.0, "USD", MONDAY, "open", 104.0, None, None, None, "yahoo", MONDAY)
        return History(instrument("KSTL"), (), quote)

    async def left_alone() -> None:
        with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
            await write_side._refresh(config, ["KSTL"], MONDAY, 0.2)
        with writer_lock(config, "bell ingest all", NOW):  # while the thread still waits for Yahoo
            never.set()

    monkeypatch.setattr("ingest.readers.quotes.QuoteReader.read", read)
    asyncio.run(left_alone())
    assert ledger.market.quote("KSTL", MONDAY) is None
    assert ledger.sources.states() == {}


def test_what_is_wrong_with_the_source_is_in_the_report(ledger: Ledger, config: Any) -> None:
    put_market(ledger, "KSTL", [100.0, 104.0])
    with yahoo_server({"KSTL": 429}) as yahoo:
        report = refresh_quotes(config.model_copy(update={"now": MONDAY, "yahoo_base_url": yahoo.base}), ["KSTL"], 600)
    assert [s.error for s in report.sources] == [
        "Yahoo limits requests at present; nothing to do: a later run asks again"
    ]


@pytest.mark.parametrize(("second", "reason"), [("ok", ""), ("unreachable", "Yahoo limits requests at present")])
def test_a_price_that_the_second_source_brought_is_a_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str, reason: str
) -> None:
    error = None if second == "ok" else "Cboe cannot be reached; try later"
    first = SourceReport("yahoo:KSTL", "quotes", "rate limited", error="Yahoo limits requests at present; wait")
    report = RunReport(MONDAY, 1.0, (first, SourceReport("cboe:KSTL", "quotes", second, error=error)))
    monkeypatch.setattr("ingest.__main__.refresh_quotes", lambda *_: report)
    refresh = refresher(AssistantConfig(home=tmp_path))
    assert refresh is not None
    assert refresh(["KSTL"]) == reason
