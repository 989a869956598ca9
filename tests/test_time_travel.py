"""An answer as of an instant is the answer that was possible then: with rows of later planted in every table, each way
of asking says, cites, warns of and shows the model exactly what it does without them.

Two stores are held side by side: `clean` knows only what was known at `NOW`; `poisoned` got later rows of every kind
on top, each of which carries one of `POISON`.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import Answerer
from assistant.api import make_assistant
from assistant.briefing import build_briefing
from assistant.chat_engine import ChatSession
from assistant.commands.store import latest
from assistant.config import AssistantConfig
from assistant.query_engine import FinanceQueryEngine
from assistant.retrievers import NewsRetriever, QuoteRetriever
from assistant.retrievers.search import search_news
from assistant.types import Answer, Found, plain
from assistant.understand import Vocabulary
from ingest.config import Config
from ingest.index import open_index
from ingest.ledger import Ledger, upgrade_ledger
from ingest.nodes import article_nodes, quote_node, week_nodes
from ingest.types import Action, Article, History, Quote, RunReport, SourceReport, SourceState
from ingest.weeks import monday
from tests.conftest import NOW, ScriptedModel, article, bar, hash_embedding, instrument, put_market

SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(days=5)
SYMBOLS = ["KSTL", "TDWL", "MRLN"]
NAMES = {"KSTL": "Kestrel Robotics", "TDWL": "Tidewell Energy", "MRLN": "Merlin Foods"}
CLOSES = {s: [100.0 + (7 * d * k) % 13 for d in range(260)] for k, s in enumerate(SYMBOLS, 1)}
POISON = re.compile(r"86,?42\d|75,?319|64,?208|53,?197|42,?086|zeppelin|Vanguardia|Mar(?:ch)? 2026", re.IGNORECASE)
ZONE = ZoneInfo("America/New_York")
KEYED = SourceState("https://feeds.test/rss?key=k1", "news", "Keyed feed")  # reports do not name its key

TOLD = [
    article("Kestrel Robotics lifts its outlook", "Kestrel Robotics raised its forecast to 2.4 billion USD.", 5,
            symbols=("KSTL",)),
    article("Tidewell Energy halts a refinery", "A fire shut the largest refinery of Tidewell Energy.", 30,
            symbols=("TDWL",)),
    article("Central bank holds its rate", "The central bank held its policy rate at 3.5 percent.", 50, "Daily Wire"),
    article("Merlin Foods buys a bakery", "Merlin Foods bought a bakery chain for 90 million USD.", 80,
            symbols=("MRLN",)),
]  # fmt: skip


def planted(title: str, text: str, **more: Any) -> Article:
    """A story of a later world. Its words match every question that the true ones match."""
    return article(f"{title}: zeppelin", f"{text} The zeppelin deal is worth 86420 million USD.", **more)


LATER_NEWS = [
    planted("Kestrel Robotics lifts its outlook again", "Kestrel Robotics raised its forecast.", hours_ago=-1,
            symbols=("KSTL",)),
    planted("Kestrel Robotics cuts its outlook", "Kestrel Robotics cut its forecast.", hours_ago=-1 / 3600,
            symbols=("KSTL",)),  # a second later
    planted("Tidewell Energy reopens a refinery", "The largest refinery of Tidewell Energy runs.", hours_ago=20,
            first_seen=SOON, fetched=SOON, symbols=("TDWL",)),  # published before, seen after
    planted("Merlin Foods sells a bakery", "Merlin Foods sold a bakery chain.", hours_ago=-48,
            first_seen=NOW - timedelta(hours=2), fetched=NOW - timedelta(hours=2), symbols=("MRLN",)),  # dated ahead
    planted("Central bank cuts its rate", "The central bank cut its policy rate.", hours_ago=-100),
    planted("Undated: Kestrel Robotics outlook", "Kestrel Robotics raised its forecast.", published=None,
            first_seen=LATER, fetched=LATER, symbols=("KSTL",)),
]  # fmt: skip
LATE_FETCHED = [  # seen in time by its own account, fetched after: only `strict` minds
    planted("Kestrel Robotics outlook, from an archive", "Kestrel Robotics raised its forecast.", hours_ago=6,
            fetched=LATER, symbols=("KSTL",)),
    planted("Central bank rate, from an archive", "The central bank held its policy rate.", hours_ago=6,
            fetched=LATER),
]  # fmt: skip


def known(ledger: Ledger) -> None:
    for symbol in SYMBOLS:
        put_market(ledger, symbol, CLOSES[symbol], NAMES[symbol])
    at = NOW - timedelta(minutes=40)  # of the session that has just closed
    quote = Quote("KSTL", 107.5, "USD", at, "open", 106.0, 105.0, 109.0, 104.0, "yahoo", at)
    ledger.market.put(History(instrument("KSTL", NAMES["KSTL"]), (), quote))
    ledger.news.put(TOLD)
    ledger.sources.watch(SYMBOLS, NOW - timedelta(days=9))
    ok = SourceState("yahoo:KSTL", "quotes", last_ok=NOW - timedelta(hours=1), next_poll=SOON)
    ledger.sources.save([ok, replace(KEYED, last_ok=NOW - timedelta(hours=1), next_poll=SOON)])
    ledger.briefings.save(NOW - timedelta(days=1), brief(ledger, NOW - timedelta(days=1)).to_dict())


def brief(ledger: Ledger, as_of: datetime, strict: bool = False, days: int = 7) -> Any:
    return build_briefing(ledger, SYMBOLS, as_of, as_of - timedelta(days=days), ZONE.key, strict)


def poison(ledger: Ledger) -> None:
    """Everything that five days more bring."""
    for symbol in SYMBOLS:
        listed = instrument(symbol, NAMES[symbol])
        coming = [replace(bar(symbol, date(2026, 3, d), 86420.0 + d), volume=86420) for d in (2, 3, 4)]
        changed = [  # the same days, revised afterwards: a week ago, a year's extreme, the last close
            bar(symbol, date(2026, 2, 27), 75319.0, fetched=LATER),
            bar(symbol, date(2026, 2, 20), 75319.0, fetched=SOON, high=753190.0, low=0.75319),
            bar(symbol, date(2025, 9, 1), 75319.0, fetched=LATER, high=753190.0, low=0.75319),
        ]
        actions = (
            Action(symbol, date(2026, 3, 3), "split", 4.0),
            Action(symbol, date(2026, 3, 4), "dividend", 53197.0),
        )
        ledger.market.put(History(listed, (*coming, *changed), None, actions))
        quotes = [
            Quote(symbol, 64208.0, "USD", SOON, "post", 75319.0, 64208.0, 64208.0, 64208.0, "yahoo", SOON),
            Quote(
                symbol,
                53197.0,
                "USD",
                NOW - timedelta(minutes=35),
                "open",
                1.0,
                53197.0,
                53197.0,
                53197.0,
                "yahoo",
                LATER,
            ),
        ]
        for quote in quotes:  # the second traded in time, and was fetched after
            ledger.market.put(History(listed, (), quote))
    newcomer = instrument("VNGD", "Vanguardia Motors")
    ledger.market.put(History(newcomer, (bar("VNGD", date(2026, 3, 2), 42086.0),), None))
    ledger.news.put(LATER_NEWS)
    ledger.briefings.save(SOON, brief(ledger, LATER).to_dict())
    broken = SourceReport("yahoo:KSTL", "quotes", "unreachable", error="zeppelin")
    keyed = SourceReport(KEYED.shown, "news", "unreachable", error="zeppelin")
    ledger.sources.save_run(RunReport(LATER, 1.0, (broken, keyed)))
    failing = SourceState(
        "yahoo:KSTL", "quotes", last_ok=NOW - timedelta(hours=1), last_error="zeppelin", failures=3, next_poll=LATER
    )
    ledger.sources.save([failing, replace(failing, url=KEYED.url, kind="news", title=KEYED.title)])


def poison_strict(ledger: Ledger) -> None:
    """What was there to be known, and had not been fetched."""
    for symbol in SYMBOLS:
        old = [bar(symbol, date(2025, 2, 3) + timedelta(days=d), 53197.0, fetched=LATER) for d in (0, 1, 2)]
        old += [bar(symbol, date(2026, 1, 17), 53197.0, fetched=SOON)]  # a Saturday: a session that no calendar has
        ledger.market.put(History(instrument(symbol, NAMES[symbol]), tuple(old), None))
    ledger.news.put(LATE_FETCHED)


@dataclass
class World:
    """One store with its index, and all ways to ask it."""

    config: Config
    ledger: Ledger
    store: Any
    embedding: Any

    def search(self, strict: bool) -> Callable[..., Any]:
        def search(text: str, as_of: datetime, symbols: Any, since: Any, until: Any) -> Any:
            return search_news(
                self.store, self.embedding, self.ledger, text, as_of, symbols, since, until, strict
            )  # fmt: skip

        return search

    def answerer(self, strict: bool, model: Any, now: datetime = NOW) -> Answerer:
        vocabulary = Vocabulary(self.ledger.market.names(), SYMBOLS, set(SYMBOLS))
        return Answerer(
            self.ledger, vocabulary, self.search(strict), lambda: model, lambda: now, ZONE, strict
        )  # fmt: skip


def world(home: Path, *fill: Callable[[Ledger], None]) -> World:
    config = Config(home=home, now=NOW)
    ledger = upgrade_ledger(config)
    for put in fill:
        put(ledger)
    embedding = hash_embedding()
    store = open_index(config, "hash", 64, create=True)
    nodes = [n for a in ledger.news.unindexed(100) for n in article_nodes(a)]
    for symbol, listed in ledger.market.instruments().items():
        bars = ledger.market.bars(symbol, LATER + timedelta(days=9))
        nodes += week_nodes(listed, bars, {monday(b.day) for b in bars[-20:]})
        nodes += [quote_node(listed, q) for q in ledger.market.unindexed_quotes() if q.symbol == symbol]
    for node in nodes:
        node.embedding = embedding.get_text_embedding(node.get_content())
    store.add(nodes)
    return World(config, ledger, store, embedding)


@dataclass
class Worlds:
    clean: World
    poisoned: World
    strict: World  # poisoned further, for `strict`

    def pair(self, strict: bool) -> tuple[World, World]:
        return self.clean, self.strict if strict else self.poisoned


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    made = Worlds(
        world(tmp_path_factory.mktemp("clean"), known),
        world(tmp_path_factory.mktemp("poisoned"), known, poison),
        world(tmp_path_factory.mktemp("strict"), known, poison, poison_strict),
    )
    yield made
    for one in (made.clean, made.poisoned, made.strict):
        one.ledger.close()


def receipt(answer: Answer) -> str:
    """All of it: text, figures, citations, warnings, evidence, checks. Only times are left out."""
    return json.dumps(replace(answer, timings_ms={}).to_dict(explain=True), sort_keys=True)


def unpoisoned(*told: str) -> None:
    found = [POISON.search(t) for t in told]
    assert not any(found), [t[max(0, m.start() - 80) : m.end() + 40] for t, m in zip(told, found, strict=True) if m]


STRICT = pytest.mark.parametrize("strict", [False, True], ids=["known", "strict"])

QUESTIONS = [
    "What is the price of KSTL?",
    "What did Kestrel Robotics close at?",
    "What did TDWL close at on 20 February 2026?",
    "What did MRLN open at on 27 February 2026?",
    "What was the volume of KSTL on Friday?",
    "How did KSTL do this week?",
    "How did KSTL do today?",
    "How did TDWL do this month?",
    "How did MRLN do over the past year?",
    "How did KSTL do from 2 February to 20 February?",
    "What is the 52-week high of KSTL?",
    "What is the 52-week low of TDWL?",
    "What was the range of MRLN this month?",
    "What was the high of TDWL on 20 February 2026?",
    "Which did better this week, KSTL or TDWL?",
    "Which moved more over the past year, KSTL, TDWL or MRLN?",
    "Which of my symbols did worst today?",
    "What is the drawdown of KSTL?",
    "What is the volatility of TDWL over the past 3 months?",
    "What is the average close of MRLN this year?",
    "Any news on Kestrel Robotics?",
    "Any news?",
    "Any news on TDWL this week?",
    "What are the headlines today?",
    "What happened at Merlin Foods since Monday?",
    "Why did the outlook of Kestrel Robotics move KSTL this week?",
    "Why did the refinery of Tidewell Energy halt?",
    "Why did TDWL fall on Friday?",
    "What forecast did Kestrel Robotics raise?",
    "What did the central bank do with its policy rate?",
    "What did Merlin Foods buy?",
    "How did KSTL do this week, and why?",
    "What did KSTL close at on 3 March 2026?",
    "How will KSTL do next week?",
    "What is the price of VNGD?",
]


@STRICT
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_as_if_nothing_had_come_since(worlds: Worlds, question: str, strict: bool) -> None:
    told, shown = [], []
    for one in worlds.pair(strict):
        model = ScriptedModel("[1a]")
        told.append(receipt(one.answerer(strict, model).ask(question).answer))
        shown.append(model.asked)
    assert told[0] == told[1]
    assert shown[0] == shown[1]  # the very prompt
    if "March" not in question and "VNGD" not in question:
        unpoisoned(told[1], str(shown[1]))


@STRICT
def test_a_model_that_reads_gets_evidence_of_then(worlds: Worlds, strict: bool) -> None:
    """The test above could not fail if no prompt were ever made."""
    model = ScriptedModel("[1a]")
    for question in QUESTIONS:
        assert worlds.pair(strict)[1].answerer(strict, model).ask(question).answer
    prompts = [prompt for _, prompt in model.asked]
    assert len(prompts) > 3
    unpoisoned(*prompts)


def test_later_the_planted_rows_are_told(worlds: Worlds) -> None:
    """Else nothing here could leak."""
    later = LATER + timedelta(days=1)
    poisoned = worlds.poisoned.answerer(False, ScriptedModel("[1a]"), later)
    told = " ".join(
        poisoned.ask(q).answer.text
        for q in ("What did KSTL close at on 4 March 2026?", "What did KSTL close at on 27 February 2026?",
                  "What is the 52-week high of KSTL?", "Any news on Kestrel Robotics?", "What is the price of VNGD?")
    )  # fmt: skip
    for mark in ("86,424.00", "75,319.00", "753,190.00", "zeppelin"):
        assert mark in told
    assert "zeppelin" in brief(worlds.poisoned.ledger, later).to_text()


@STRICT
def test_a_chat_that_follows_up_stays_in_its_time(worlds: Worlds, strict: bool) -> None:
    told = []
    for one in worlds.pair(strict):
        chat = ChatSession(one.answerer(strict, ScriptedModel("[1a]")))
        questions = ("What is the price of KSTL?", "and TDWL?", "which did better this month?", "and why?")
        told.append([receipt(chat.ask(q)) for q in questions])
    assert told[0] == told[1]
    unpoisoned(*told[1])


@STRICT
@pytest.mark.parametrize("form", ["text", "md", "html", "json"])
def test_a_briefing_is_that_of_then(worlds: Worlds, form: Any, strict: bool) -> None:
    clean, poisoned = (brief(one.ledger, NOW, strict).render(form) for one in worlds.pair(strict))
    assert clean == poisoned
    unpoisoned(poisoned)


@STRICT
def test_stored_prices_are_those_of_then(worlds: Worlds, strict: bool) -> None:
    clean, poisoned = (latest(one.ledger, SYMBOLS, NOW, strict) for one in worlds.pair(strict))
    assert [f.statements for f in clean[0]] == [f.statements for f in poisoned[0]]
    unpoisoned(str(poisoned[0]))
    assert latest(worlds.poisoned.ledger, ["VNGD"], NOW, strict) == ([], ["VNGD"])


@STRICT
@pytest.mark.parametrize("symbols", [(), ("KSTL",), ("TDWL", "MRLN")])
@pytest.mark.parametrize("since", [None, NOW - timedelta(days=2)])
def test_stored_news_is_that_of_then(worlds: Worlds, symbols: Any, since: Any, strict: bool) -> None:
    clean, poisoned = (one.ledger.news.latest(NOW, symbols, since, strict=strict) for one in worlds.pair(strict))
    assert clean == poisoned
    unpoisoned(str([plain(a.title) for a in poisoned]))


FILTERS = [
    {},
    {"symbols": ("KSTL",)},
    {"symbols": ("TDWL", "MRLN")},
    {"since": NOW - timedelta(days=2)},
    {"until": NOW},
    {"until": NOW + timedelta(days=30)},
    {"since": NOW - timedelta(days=2), "until": NOW + timedelta(days=30), "symbols": ("KSTL",)},
    {"since": NOW},
]


@STRICT
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_search_of_news_finds_what_was_there_then(worlds: Worlds, filters: Any, strict: bool) -> None:
    found = []
    for one in worlds.pair(strict):
        retriever = NewsRetriever(one.store, one.embedding, one.ledger, NOW, strict=strict, **filters)
        nodes = retriever.retrieve("Kestrel Robotics outlook forecast, refinery, bakery, central bank rate")
        found.append(sorted((n.node.get_content(), n.metadata["title"]) for n in nodes))
    assert found[0] == found[1]
    unpoisoned(str(found[1]))


@STRICT
def test_retrievers_and_the_query_engine_inside_a_callers_own_code_do_not_leak(worlds: Worlds, strict: bool) -> None:
    told = []
    for one in worlds.pair(strict):
        vocabulary = Vocabulary(one.ledger.market.names(), SYMBOLS, set(SYMBOLS))
        quotes = QuoteRetriever(one.ledger, vocabulary, NOW, strict).retrieve("How did KSTL and TDWL do this week?")
        engine = FinanceQueryEngine(one.answerer(strict, ScriptedModel("[1a]")))
        response: Any = engine.query("Why did KSTL move this week?")
        told.append(
            [n.get_content() for n in quotes] + [str(response), *(n.get_content() for n in response.source_nodes)]
        )
    assert told[0] == told[1]
    unpoisoned(*told[1])


@STRICT
def test_an_assistant_made_with_as_of_does_not_leak(worlds: Worlds, strict: bool) -> None:
    told = []
    for one in worlds.pair(strict):
        config = AssistantConfig(home=one.config.home, now=LATER + timedelta(days=9), as_of=NOW, strict=strict)
        assistant = make_assistant(config)
        answers = [assistant.ask(q, use_model=False) for q in ("How did KSTL do this week?", "price of TDWL")]
        told.append([*map(receipt, answers), assistant.briefing("7d").render("json")])
        assistant.close()
    assert told[0] == told[1]
    unpoisoned(*told[1])


def test_a_story_edited_later_is_not_read_in_its_later_words(worlds: Worlds, ledger: Ledger) -> None:
    known(ledger)
    edited = replace(TOLD[0], title="Kestrel Robotics zeppelin", text="Kestrel 86420 zeppelin", fetched=LATER)
    ledger.news.put([edited])
    one = World(worlds.clean.config, ledger, worlds.clean.store, worlds.clean.embedding)
    for question in ("Any news on Kestrel Robotics?", "What forecast did Kestrel Robotics raise?"):
        unpoisoned(receipt(one.answerer(False, ScriptedModel("[1a]")).ask(question).answer))
    unpoisoned(brief(ledger, NOW).render("json"))


def test_before_a_split_prices_are_as_they_were_traded(ledger: Ledger) -> None:
    """A split makes the source send all earlier days anew; each counts from that fetch."""
    known(ledger)
    days = ledger.market.bars("KSTL", NOW)
    tenth = tuple(bar("KSTL", b.day, b.close / 10, fetched=LATER) for b in days)
    split = (Action("KSTL", date(2026, 3, 3), "split", 10.0),)
    ledger.market.put(History(instrument("KSTL", NAMES["KSTL"]), tenth, None, split))
    assert [b.close for b in ledger.market.bars("KSTL", NOW)] == [b.close for b in days]
    assert [b.close for b in ledger.market.bars("KSTL", LATER)] == [b.close / 10 for b in days]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("bars", lambda s: s.bars("KSTL", NOW, strict=True)[-1]),
        ("quotes", lambda s: s.quote("KSTL", NOW)),
    ],
)
def test_what_is_known_at_the_very_instant_counts(worlds: Worlds, table: str, row: Any) -> None:
    found = row(worlds.strict.ledger.market)
    at = found.known_from if table == "bars" else found.fetched
    market = worlds.strict.ledger.market
    if table == "bars":
        assert market.bars("KSTL", at)[-1].day == found.day
        assert market.bars("KSTL", at - timedelta(seconds=1))[-1].day < found.day
    else:
        assert market.quote("KSTL", at) == found
        assert market.quote("KSTL", at - timedelta(seconds=1)) != found


def test_the_name_a_company_took_later_is_not_told_before(ledger: Ledger) -> None:
    known(ledger)
    ledger.market.put(
        History(instrument("KSTL", "Vanguardia Motors"), (bar("KSTL", date(2026, 3, 4), 9.0, LATER),), None)
    )
    vocabulary = Vocabulary(ledger.market.names(), SYMBOLS, set(SYMBOLS))
    answerer = Answerer(ledger, vocabulary, lambda *_: Found([]), ScriptedModel, lambda: NOW, ZONE)
    answer = answerer.ask("What is the price of KSTL?").answer
    unpoisoned(receipt(answer), brief(ledger, NOW).render("json"))
    assert "Kestrel Robotics (KSTL)" in answer.text
    later = answerer.ask("What is the price of KSTL?", as_of=LATER).answer
    assert "Vanguardia Motors (KSTL)" in later.text
