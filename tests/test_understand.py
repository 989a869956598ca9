"""What a question is taken to ask. `data/questions.jsonl` holds each question beside what it must be understood as.

A line: `question`; `after`, the questions of the chat before it; `parts` in order (of a part, `symbols`, `period`,
`shares` and `money` not given mean none; of advice and of a term only what is given counts; `*` is the watchlist);
`ambiguous`, `unknown`, `unclear` where there are any.
"""

import gzip
import json
import tomllib
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.types import Part, Understanding
from assistant.understand import Vocabulary, understand
from assistant.understand.asking import bare
from assistant.understand.text import LIMIT, lowered, tidy

ROOT = Path(__file__).resolve().parent
KNOWLEDGE = ROOT.parent / "adapters" / "knowledge"
STORIES = ROOT.parent / "adapters" / "stories" / "train"
TERMS = ROOT.parent.parent / "shared" / "data" / "terms" / "terms.jsonl.gz"
TODAY = date(2026, 2, 27)  # a Friday
FOLLOWED = ("AAPL", "NVDA", "MSFT", "AMZN", "GOOGL", "TSLA", "SPY", "JPM", "V", "KO", "^GSPC", "BTC-USD")
KNOWN = (
    *FOLLOWED, "GOOG", "META", "AMD", "INTC", "TGT", "BRK-B", "CAT", "KEY", "ALL", "ON", "F", "T", "XOM", "ASML",
    "^DJI", "^IXIC", "^VIX", "EURUSD=X", "MAR",
)  # fmt: skip
NAMES = {
    "apple inc.": ("AAPL",), "nvidia": ("NVDA",), "microsoft": ("MSFT",), "amazon.com, inc.": ("AMZN",),
    "tesla, inc.": ("TSLA",), "jpmorgan chase": ("JPM",), "visa inc.": ("V",), "coca-cola company (the)": ("KO",),
    "meta platforms": ("META",), "intel": ("INTC",), "target corporation": ("TGT",), "at&t": ("T",),
    "caterpillar inc.": ("CAT",), "walmart": ("WMT",), "mcdonald's": ("MCD",), "johnson & johnson": ("JNJ",),
    "general motors": ("GM",), "general mills": ("GIS",), "s&p global": ("SPGI",), "asml holding n.v.": ("ASML",),
    "best buy": ("BBY",), "exxonmobil": ("XOM",), "spdr s&p 500": ("SPY",), "the home depot": ("HD",),
    "allstate": ("ALL",), "keycorp": ("KEY",), "ford motor company": ("F",), "marriott international": ("MAR",),
    "delta air lines": ("DAL",), "berkshire hathaway b": ("BRK-B",), "alphabet inc. (class a)": ("GOOGL",),
    "astrazeneca": ("AZN", "AZN.L"),
}  # fmt: skip
VOCABULARY = Vocabulary(NAMES, FOLLOWED, KNOWN)
READINGS = tomllib.loads((ROOT / "data" / "readings.toml").read_text("utf-8"))
CASES = [json.loads(line) for line in (ROOT / "data" / "questions.jsonl").read_text("utf-8").splitlines()]


def ask(*questions: str) -> Understanding:
    """The last of `questions`, asked one after the other in one chat."""
    understood: Understanding | None = None
    for question in questions:
        understood = understand(question, VOCABULARY, TODAY, understood)
    assert understood is not None
    return understood


def told(part: Part, expected: dict[str, Any]) -> dict[str, Any]:
    """`part` in the words of the data file, without what `expected` leaves open."""
    symbols = ["*"] if part.symbols == FOLLOWED else list(part.symbols)
    period = [str(part.period.start), str(part.period.end)] if part.period else None
    field = part.field if part.field != "close" else None
    whole: dict[str, Any] = {"kind": part.kind, "symbols": symbols or None, "period": period, "field": field}
    whole |= {"extreme": part.extreme, "term": part.term, "shares": list(part.shares) or None}
    whole |= {"money": [part.money.value, part.money.currency] if part.money else None}
    if part.kind in {"advice", "term"}:
        return {k: v for k, v in whole.items() if k in expected}
    return {k: v for k, v in whole.items() if v is not None}


@pytest.mark.parametrize("case", CASES, ids=lambda c: " / ".join([*c.get("after", ()), c["question"]]))
def test_a_question_is_taken_as_it_was_meant(case: dict[str, Any]) -> None:
    understood = ask(*case.get("after", ()), case["question"])
    kinds = [p.kind for p in understood.parts]
    assert kinds == [p["kind"] for p in case["parts"]]
    assert [told(p, e) for p, e in zip(understood.parts, case["parts"], strict=True)] == case["parts"]
    assert [list(a.candidates) for a in understood.ambiguities] == [c for c in [case.get("ambiguous")] if c]
    assert list(understood.unknown) == case.get("unknown", [])
    assert list(understood.unclear) == case.get("unclear", [])


INVENTED = Vocabulary(
    {
        "kestrel robotics": ("KSTL",), "norvane ltd": ("NRVN",), "apple inc": ("AAPL",), "tesla inc": ("TSLA",),
        "microsoft corp": ("MSFT",), "barclays plc": ("BARC.L",),
    },
    ("KSTL", "NRVN", "AAPL", "TSLA", "MSFT"),
    ("KSTL", "NRVN", "AAPL", "TSLA", "MSFT", "BARC.L", "^GSPC", "^FTSE", "^IXIC", "BTC-USD", "GC=F"),
)  # fmt: skip


def read_as(part: Part, dated: bool) -> str:
    """`part` in the words of readings.toml."""
    field = f".{part.field}" if part.field in {"open", "volume"} or (part.extreme and part.field == "close") else ""
    extreme = f".{part.extreme}" if part.extreme else ""
    figure = f":{part.term}" if part.kind == "other" and part.term else ""
    days = [part.period.start, part.period.end] if part.period and dated else []
    on = f" on {'..'.join(str(d) for d in dict.fromkeys(days))}" if days else ""
    return f"{part.kind}{field}{extreme}{figure}{on}"


@pytest.mark.parametrize(
    ("question", "reading"), [pair for kind in READINGS.values() for pair in kind.items()], ids=lambda said: said[:60]
)
def test_what_is_said_in_other_words_is_read_the_same(question: str, reading: str) -> None:
    understood = understand(question, INVENTED, date(2026, 10, 30))
    assert " + ".join(read_as(p, " on " in reading) for p in understood.parts) == reading


@pytest.mark.parametrize("question", ["", " ", "\n\t", "\u200b\u202e", "\x00\x1b"])
def test_nothing_asked_is_no_part(question: str) -> None:
    assert understand(question, VOCABULARY, TODAY) == Understanding(question, ())


def test_the_question_is_kept_as_it_was_typed() -> None:
    question = "  How did\u00a0“NVDA” do — this\tweek? "
    understood = ask(question)
    assert understood.question == question
    assert understood.parts[0].text == 'How did "NVDA" do - this week?'


def test_what_comes_after_the_limit_is_not_read() -> None:
    padding = "please " * (LIMIT // 7 + 1)
    assert ask(f"price of AAPL {padding} and news on TSLA").symbols == ("AAPL",)


def test_a_part_says_what_it_refers_to() -> None:
    why = ask("How did NVDA do this week?", "why?").parts[0]
    assert why.text == "why? (NVDA, this week)"
    question = "What was the charge in 2019 and 2018 respectively?"
    assert ask(question).parts[0].text == question
    figure = ask("What is drawdown, and what is NVDA's?").parts[1]
    assert (figure.text, figure.term) == ("what is NVDA's?", "drawdown")


def test_mentions_tell_which_words_were_taken_for_which_symbol() -> None:
    understood = ask("How did Apple, $MSFT and the s&p 500 do today?")
    assert [(m.text, m.symbol) for m in understood.mentions] == [
        ("Apple", "AAPL"), ("$MSFT", "MSFT"), ("s&p 500", "^GSPC"),
    ]  # fmt: skip


def test_an_ambiguity_quotes_the_question() -> None:
    question = "How did Berkshire Hathaway’s shares do?"
    (ambiguity,) = ask(question).ambiguities
    assert ambiguity.text in question


def test_a_choice_once_made_is_kept_in_the_conversation() -> None:
    assert ask("astrazeneca price").ambiguities
    assert not ask("AZN.L price", "and astrazeneca last week?").ambiguities
    assert ask("astrazeneca price", "and astrazeneca last week?").ambiguities  # never chosen


def test_a_calendar_month_is_asked_of_the_day_of_the_question() -> None:
    early = understand("How did NVDA do in February?", VOCABULARY, date(2026, 1, 30))
    assert early.parts[0].period is not None
    assert early.parts[0].period.start == date(2025, 2, 1)


def test_without_a_vocabulary_symbols_that_need_none_are_read() -> None:
    empty = Vocabulary({}, (), ())
    assert understand("EUR/USD and bitcoin today", empty, TODAY).symbols == ("EURUSD=X", "BTC-USD")
    assert understand("AAPL price", empty, TODAY).unknown == ("AAPL",)


WORDS = st.sampled_from(
    "what is how did why the of and , ? . - AAPL $MSFT apple berkshire ZZZQ week last this since January 30 Feb 2026"
    " between should I buy price news highest close vs it and ' \" @ # % 1 ( ) MAY it's".split()
)
QUESTIONS = st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=30).map(" ".join))


@settings(deadline=None)
@given(QUESTIONS, QUESTIONS)
def test_no_question_raises_and_every_part_stands(first: str, second: str) -> None:
    for understood in (ask(first), ask(first, second)):
        text = tidy(understood.question)
        assert understood.parts or not bare(lowered(text))  # "thanks!" asks for nothing
        mentioned = {m.symbol for m in understood.mentions}
        for part in understood.parts:
            assert part.period is None or part.period.start <= part.period.end
            assert part.kind != "comparison" or len(part.symbols) != 1
        assert all(a.candidates[0] in mentioned and a.text in text for a in understood.ambiguities)
        assert all(len(a.candidates) > 1 for a in understood.ambiguities)
        assert not {m.text for m in understood.mentions} & set(understood.unknown)


@settings(deadline=None)
@given(QUESTIONS)
def test_the_same_question_is_understood_the_same(question: str) -> None:
    assert ask(question) == understand(question, Vocabulary(NAMES, FOLLOWED, KNOWN), TODAY)


@pytest.mark.parametrize("vocabulary", [Vocabulary({}, (), ()), VOCABULARY], ids=["empty", "full"])
def test_a_concept_asked_about_in_general_stays_a_term(vocabulary: Vocabulary) -> None:
    rows = [json.loads(r) for f in sorted(KNOWLEDGE.glob("*.jsonl")) for r in f.read_text("utf-8").splitlines()]
    kinds = [[p.kind for p in understand(q, vocabulary, TODAY).parts] for row in rows for q in row["asks"]]
    assert kinds.count(["term"]) / len(kinds) > 0.97
    assert sum("advice" in k for k in kinds) <= 2  # of 5,722: education is not refused


@pytest.mark.parametrize("names", [{}, {"norvane ltd": ("NRVN",)}], ids=["unknown", "known"])
def test_a_question_about_a_story_is_read_whether_or_not_its_company_is_known(
    names: dict[str, tuple[str, ...]],
) -> None:
    vocabulary = Vocabulary(names, (), [s for symbols in names.values() for s in symbols])
    told = defaultdict(lambda: "Orbury", short="Norvane", company="Norvane Ltd", symbol="NRVN", country="Vestaria")
    stories = [tomllib.loads(f.read_text("utf-8")) for f in sorted(STORIES.glob("*.toml"))]
    asked = [a.format_map(told) for s in stories for f in [*s["fact"], *s.get("premise", [])] for a in f["asks"]]
    kinds = [[p.kind for p in understand(q, vocabulary, TODAY).parts] for q in asked]
    assert sum(k in (["other"], ["reason"]) for k in kinds) / len(kinds) > 0.985
    assert sum("advice" in k for k in kinds) <= len(kinds) * 4 / 2_928


@pytest.mark.skipif(not TERMS.exists(), reason="the shared glossary is not beside this checkout")
def test_the_terms_of_a_glossary_are_explained_and_never_advice_nor_a_symbol() -> None:
    """One term in seven of 5,137: "What is X?" asks for X."""
    with gzip.open(TERMS, "rt", encoding="utf-8") as lines:
        terms = [json.loads(line)["term"] for line in lines][::7]
    understood = [ask(f"What is {term}?") for term in terms]
    kinds = [u.parts[0].kind for u in understood]
    assert "advice" not in kinds
    assert kinds.count("term") / len(kinds) > 0.99
    assert sum(u.parts[0].term == t for u, t in zip(understood, terms, strict=True)) / len(terms) > 0.97
    assert sum(bool(u.mentions) for u in understood) <= 2
