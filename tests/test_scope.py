"""What cannot be answered is abstained from with what there is, a false premise is contradicted by the stored prices,
personal advice is refused and what only sounds like it is not; sources that disagree are both shown."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import OTHER_PRICE, REFUSAL, Answerer
from assistant.draft import NOTICE
from assistant.market.conflict import contradicting
from assistant.market.load import load_view
from assistant.market.view import bar_point
from assistant.reading import DENIED
from assistant.render import answer_footer
from assistant.types import Answer, Found
from assistant.understand import Vocabulary
from assistant.understand.wish_words import lean_to_advice, words_of
from ingest.config import Config
from ingest.ledger import Ledger, upgrade_ledger
from tests.conftest import NOW, ScriptedModel, article, close_of, weekdays
from tests.many_companies import FOLLOWED, LISTED, SESSIONS, Assistants, closes_of, fill

LAST = "27 Feb 2026"  # the newest close of every symbol
PLACES = {symbol: place for place, (symbol, _, _) in enumerate(LISTED)}
DAYS = weekdays(date(2025, 10, 1), date(2026, 2, 27))[-SESSIONS:]
WHOLE = tomllib.loads((Path(__file__).parent / "data" / "scope.toml").read_text(encoding="utf-8"))
ORDER = re.compile(
    r"\b(?:you (?:should|could|ought)|buy|sell|hold|price target|invest in|we (?:recommend|suggest))\b", re.I
)


def questions(*kinds: str) -> list[str]:
    return [q for kind in kinds for written in ("first", "later", "fresh") for q in WHOLE[kind].get(written, ())]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    ledger = upgrade_ledger(Config(home=tmp_path_factory.mktemp("home"), now=NOW))
    fill(ledger)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def bell(store: Ledger) -> Assistants:
    return Assistants(store)


# Unanswerable ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", questions("unknown", "private"))
def test_what_no_record_has_is_abstained_from_with_what_is_followed(bell: Assistants, question: str) -> None:
    answer = bell.ask(question)
    assert (answer.status, answer.figures) == ("abstained", ())
    assert f"Followed: {', '.join(FOLLOWED)}." in answer.text


@pytest.mark.parametrize("question", questions("future", "before", "not_stored"))
def test_what_is_not_covered_is_abstained_from_with_what_is_and_up_to_when(bell: Assistants, question: str) -> None:
    answer = bell.ask(question)
    assert (answer.status, answer.figures) == ("abstained", ())
    assert LAST in answer.text
    if question in questions("before"):
        assert "8 Dec 2025" in answer.text  # the first close that is stored


# False premises ----------------------------------------------------------------------------------------------------
# {d}: a day on which the price went the other way. Each is asked of five symbols.

FALLEN = [  # asked of a rise
    "Why did {s} crash on {d}?", "What caused {s}'s plunge on {d}?", "Why was {s} down so much on {d}?",
    "How come {s} lost ground on {d}?", "Who is to blame for {s}'s selloff on {d}?",
]  # fmt: skip
RISEN = [  # asked of a fall
    "Why did {s} soar on {d}?", "What drove {s}'s rally on {d}?", "Explain {s}'s jump on {d}",
    "What made {s} climb on {d}?", "Why did {s} double on {d}?",
]  # fmt: skip
NEVER = ["When did {s} fall below {x}?", "When did {s} close above {y}?"]
ASKED = ["AAPL", "MSFT", "NVDA", "COST", "SAP.DE"]

# Written after the rules; these were then mended for what had failed.
FALLEN_LATER = ["For what reason did {s} tumble on {d}?", "Why has {s} sunk on {d}?", "{s} collapsed on {d}. Why?",
                "What lay behind the drop in {s} on {d}?", "What was the reason for {s}'s slump on {d}?"]  # fmt: skip
RISEN_LATER = ["What pushed {s} higher on {d}?", "Why did shares of {s} skyrocket on {d}?", "What sent {s} up on {d}?",
               "Why the surge in {s} on {d}?", "What lifted {s} on {d}?"]  # fmt: skip
NEVER_LATER = ["On which day did {s} first drop under {x}?", "Since when has {s} been above {y}?",
               "Did {s} ever break {y}?", "What date did {s} top {y}?",
               "Why did {s} slide below {x} in February?"]  # fmt: skip


def moving(symbol: str, up: bool) -> date:
    """The latest day on which the price went up (or down) by more than half a percent."""
    closes = closes_of(PLACES[symbol])
    at = next(i for i in range(SESSIONS - 1, 0, -1) if (closes[i] / closes[i - 1] - 1) * (1 if up else -1) > 0.005)
    return DAYS[at]


def premises(fallen: list[str], risen: list[str], never: list[str], symbols: list[str]) -> list[tuple[str, str]]:
    """The question, and what its answer must say."""
    cases = []
    for symbol in symbols:
        up, down = (f"{d.day} {d:%B %Y}" for d in (moving(symbol, True), moving(symbol, False)))
        cases += [(text.format(s=symbol, d=up), f"({symbol}) rose on") for text in fallen]
        cases += [(text.format(s=symbol, d=down), f"({symbol}) fell on") for text in risen]
        closes = closes_of(PLACES[symbol])
        low, high = f"{min(closes) / 2:.0f}", f"{max(closes) * 2:.0f}"
        cases += [(text.format(s=symbol, x=low, y=high), f"({symbol}) did not ") for text in never]
    return cases


PREMISES = premises(FALLEN, RISEN, NEVER, ASKED)
PREMISES_LATER = premises(FALLEN_LATER, RISEN_LATER, NEVER_LATER, ["TSLA", "SHEL.L"])


@pytest.mark.parametrize(("question", "told"), [*PREMISES, *PREMISES_LATER])
def test_a_false_premise_is_contradicted_by_the_stored_prices(bell: Assistants, question: str, told: str) -> None:
    answer = bell.ask(question, ScriptedModel("It was on weak results [1]."))
    assert told in answer.text
    assert "weak results" not in answer.text
    assert DENIED in answer.text or "did not" in answer.text


@pytest.mark.parametrize("symbol", ASKED)
def test_a_true_premise_is_not_denied(bell: Assistants, symbol: str) -> None:
    for up, fit in ((True, RISEN[:4]), (False, FALLEN)):
        day = moving(symbol, up)
        for text in fit:
            assert DENIED not in bell.ask(text.format(s=symbol, d=f"{day.day} {day:%B %Y}")).text
    assert DENIED not in bell.ask(f"Why did {symbol} not fall in February?").text


def test_a_level_that_was_crossed_is_dated_and_its_sessions_are_counted(bell: Assistants) -> None:
    closes = closes_of(PLACES["AAPL"])
    level = sorted(closes)[10]
    below = [d for d, c in zip(DAYS, closes, strict=True) if c < level]
    answer = bell.ask(f"When did AAPL close below {level}?")
    for day in (below[0], below[-1]):
        assert f"{day:%a} {day.day} {day:%b %Y}" in answer.text
    ends = [closes[DAYS.index(day)] for day in (below[0], below[-1])]
    assert [f.value for f in answer.figures] == [*ends, len(below), len(DAYS)]
    assert f"on {len(below)} of {len(DAYS)} sessions" in answer.text


def test_who_did_better_is_told_where_the_question_has_it_the_wrong_way_round(bell: Assistants) -> None:
    moves = {s: closes_of(PLACES[s])[-1] / closes_of(PLACES[s])[-6] for s in ("AAPL", "NVDA")}
    worse, better = sorted(moves, key=lambda s: moves[s])
    answer = bell.ask(f"Why did {worse} outperform {better} this week?")
    assert answer.text.startswith(f"{better} did better than {worse}")
    assert DENIED in answer.text
    assert DENIED not in bell.ask(f"Why did {better} outperform {worse} this week?").text


# Advice ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", questions("advice"))
def test_personal_advice_is_refused_with_what_can_be_done_instead(bell: Assistants, question: str) -> None:
    answer = bell.ask(question, ScriptedModel("Yes, you should buy."))
    assert (answer.status, answer.text, answer.figures) == ("refused", REFUSAL, ())
    assert not ORDER.search(answer.text)
    assert "compare symbols" in answer.text


@pytest.mark.parametrize("question", questions("legitimate"))
def test_what_only_sounds_like_advice_is_never_refused(bell: Assistants, question: str) -> None:
    assert bell.ask(question).status != "refused"


@pytest.mark.parametrize(("asked", "least"), [("unseen", 20), ("unseen_later", 25), ("unseen_kinds", 44)])
def test_wishes_that_nobody_foresaw_are_mostly_refused_and_no_look_alike_is(
    bell: Assistants, asked: str, least: int
) -> None:
    """Floors, not the aim: 21 and 27 of 30, 46 of 56 now."""
    unseen = WHOLE[asked]
    assert sum(bell.ask(q).status == "refused" for q in unseen["advice"]) >= least
    assert not [q for q in unseen["legitimate"] if bell.ask(q).status == "refused"]


def test_a_question_is_no_wish_for_its_words_alone() -> None:
    assert lean_to_advice("my brother swears by @, should we follow him with our savings?") > 0
    assert lean_to_advice("") < 0
    words = {"is", "my", "9", "usd", "in", "@", "#", "?"}
    assert words_of("is my 1,000.50 usd in @@@@ ######?") == words | {"SELF", "@+SELF"}


# The notice --------------------------------------------------------------------------------------------------------


def test_the_notice_is_a_field_of_every_answer_and_printed_once_in_a_chat(bell: Assistants) -> None:
    for question in ("What did AAPL close at?", "Should I buy AAPL?", "What did ZZZQ close at?"):
        answer = bell.ask(question)
        assert answer.to_dict()["notice"] == NOTICE
        assert answer_footer(answer).endswith(NOTICE)
        assert NOTICE not in answer_footer(answer, notice=False)  # as a chat prints it, after its first line


# An empty store ----------------------------------------------------------------------------------------------------

PRICE_QUESTIONS = [
    text.format(s=s)
    for s in ("AAPL", "Microsoft", "$TSLA", "the S&P 500", "Bitcoin", "AZN.L", "EUR/USD", "gold", "NVDA", "ZZZQ")
    for text in (
        "What did {s} close at?", "Price of {s}?", "How did {s} do this week?", "What was the high of {s} last month?",
        "Why did {s} fall yesterday?", "How volatile is {s}?", "What is {s} trading at right now?",
        "{s} vs Apple this year",
        "When did {s} fall below its low?", "What was the volume of {s} yesterday?",
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    ledger = upgrade_ledger(Config(home=tmp_path_factory.mktemp("empty"), now=NOW))
    model = ScriptedModel("AAPL closed at 123.45 USD [1]. It trades at 99.")
    vocabulary = Vocabulary({}, FOLLOWED, set())
    yield Answerer(ledger, vocabulary, lambda *_: Found([]), lambda: model, lambda: NOW, ZoneInfo("America/New_York"))
    ledger.close()


@pytest.mark.parametrize("question", PRICE_QUESTIONS)
def test_an_empty_store_states_no_price(empty: Answerer, question: str) -> None:
    answer: Answer = empty.ask(question).answer
    assert (answer.status, answer.figures, answer.citations) == ("abstained", (), ())
    said = answer.text
    for part in answer.understood.parts if answer.understood else ():
        said = said.replace(part.period.label, "") if part.period else said
    for name in (*FOLLOWED, "S&P 500"):
        said = said.replace(name, "")
    assert not re.search(r"\d", said)


# Sources that disagree ---------------------------------------------------------------------------------------------

HEADLINES = [
    "{n} closes at {p} USD as traders take stock", "{n} shares ended at ${p}", "{s} finished the session at {p}",
    "{n} settles at {p} in quiet trading",
]  # fmt: skip
TOLD_OF = [s for s, _, more in LISTED if "currency" not in more and "kind" not in more][:40]
TOLD_AT = close_of(DAYS[-1]) + timedelta(minutes=20)


def headline(symbol: str, factor: float = 1.0) -> str:
    """A story's title with the last close of `symbol`, times `factor`."""
    price = f"{closes_of(PLACES[symbol])[-1] * factor:,.2f}"
    return HEADLINES[PLACES[symbol] % 4].format(n=LISTED[PLACES[symbol]][1], s=symbol, p=price)


@pytest.fixture(scope="module")
def disputed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistants]:
    """A store in which of each symbol one story has the close right and another has it wrong."""
    ledger = upgrade_ledger(Config(home=tmp_path_factory.mktemp("disputed"), now=NOW))
    fill(ledger)
    ledger.news.put(
        article(headline(s, f), symbols=(s,), published=TOLD_AT, first_seen=TOLD_AT, fetched=TOLD_AT)
        for s in TOLD_OF
        for f in (1.0, 1.07)
    )
    yield Assistants(ledger)
    ledger.close()


@pytest.mark.parametrize("symbol", TOLD_OF)
def test_a_headline_that_contradicts_the_stored_close_is_shown_beside_it(disputed: Assistants, symbol: str) -> None:
    answer = disputed.ask(f"What did ${symbol} close at?")
    price, conflict = answer.text.split("\n\n")
    assert f"closed at {closes_of(PLACES[symbol])[-1]:,.2f} USD" in price
    assert conflict.splitlines()[0] == OTHER_PRICE
    assert f"“{headline(symbol, 1.07)}”" in conflict
    assert headline(symbol) not in answer.text
    assert f"sources disagree on the price of {symbol}" in answer.warnings
    assert [c.kind for c in answer.citations] == ["quote", "news"]


@pytest.mark.parametrize(
    "title",
    [
        "Apple closes at record as it adds 4 %", "Apple shares to trade at 300 by May, bank says",
        "Apple closed at 150.00 on Monday", "Apple could close at 300, bank says",
        "Apple trades at 25 times earnings", "Apple ends at 4 pm, as always",
    ],
)  # fmt: skip
def test_a_headline_of_something_else_is_no_conflict(store: Ledger, title: str) -> None:
    story = article(title, symbols=("AAPL",), published=TOLD_AT, first_seen=TOLD_AT, fetched=TOLD_AT)
    view = load_view(store, "AAPL", NOW)
    assert view is not None
    assert contradicting(view, bar_point(view.bars[-1]), [story]) == []
