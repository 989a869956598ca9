"""A model that lies gets nothing shown but what a cited item says word for word; one that tells the truth is not
silenced. 300 questions over drawn stories. Whether a line answers the question is not judged here.
"""

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.answering import Answerer
from assistant.binding import lines
from assistant.pointing import Line
from assistant.prompts import NOT_SAID
from assistant.reading import NOT_TOLD
from assistant.types import Answer, Evidence
from assistant.understand import Vocabulary
from examples import Example
from examples.drawing import holds
from examples.families import load_families
from examples.names import POOLS
from examples.stored import StoredQuestion, market_of_stories, to_article
from ingest.ledger import Ledger
from tests.conftest import ROOT, ScriptedModel
from tests.test_answering import searching
from tests.test_mutants import MUTATIONS, Right

START, END = datetime(2025, 7, 6, tzinfo=UTC), datetime(2025, 10, 30, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
QUESTIONS = 300

Model = Callable[[str, StoredQuestion], str]


@pytest.fixture
def market(ledger: Ledger) -> tuple[Ledger, list[StoredQuestion], Vocabulary]:
    rng = random.Random(5)
    companies = POOLS["test"].companies(rng, 70)
    families = load_families(ROOT / "adapters" / "stories" / "test")
    stories, asked = market_of_stories(families, "test", rng, companies, 8, START, END)
    ledger.news.put({a.id: a for a in map(to_article, stories)}.values())
    names = {name.lower(): (c.symbol,) for c in companies for name in (c.short, c.name)}
    answerable = [q for q in asked if q.must][:QUESTIONS]
    assert len(answerable) == QUESTIONS
    return ledger, answerable, Vocabulary(names, [], {c.symbol for c in companies})


def answers(
    market: tuple[Ledger, list[StoredQuestion], Vocabulary], model: Model
) -> list[tuple[StoredQuestion, Answer]]:
    ledger, questions, vocabulary = market
    found = []
    for question in questions:
        scripted = ScriptedModel(lambda prompt, q=question: model(prompt, q))  # type: ignore[misc]  # mypy: no default
        answerer = Answerer(ledger, vocabulary, searching(ledger), lambda s=scripted: s, lambda: END, ZONE)  # type: ignore[misc]
        found.append((question, answerer.ask(question.question, as_of=question.as_of).answer))
    return found


def lines_in(prompt: str) -> list[Line]:
    """The evidence as the model sees it."""
    told = re.findall(r"^(.+) \[((\d+)[a-z])\]$", prompt, re.MULTILINE)
    return [Line(mark, text, int(n)) for text, mark, n in told]


def honest(prompt: str, question: StoredQuestion) -> str:
    """The mark of the line that holds the answer."""
    told = (line.mark for line in lines_in(prompt) if all(holds(line.text, m) for m in question.must))
    return next(told, NOT_SAID)


def copying(prompt: str, question: StoredQuestion) -> str:
    """As a model that phrases by itself would answer: the line that holds the answer, as it stands."""
    by_mark = {line.mark: line for line in lines_in(prompt)}
    found = by_mark.get(honest(prompt, question))
    return f"{found.text.rstrip('.?!')} [{found.n}]." if found else NOT_SAID


def liar(rng: random.Random) -> Model:
    """The truth altered in one of eight ways, with another item cited, or any mark, there or not."""

    def lie(prompt: str, question: StoredQuestion) -> str:
        shown = lines_in(prompt)
        if rng.random() < 0.2:
            return " ".join(rng.choice([*(line.mark for line in shown), "7q", "99"]) for _ in range(rng.randint(1, 3)))
        truth = honest(prompt, question)
        line = next((line for line in shown if line.mark == truth), rng.choice(shown))
        text = " ".join(other.text for other in shown if other.n == line.n)
        item = Evidence(line.n, "news", "", text, "", "Wire", START, START, (str(line.n),))
        others = tuple(Evidence(o.n, "news", "", o.text, "", "Wire", START, START, (str(o.n),)) for o in shown)
        right = Right(Example("news", "", question.question, evidence=others), line.text.rstrip(".?!") + ".", item)
        lies = [told for mutate in MUTATIONS.values() if (told := mutate(right, rng)) and told != right.text]
        return f"{rng.choice([*lies, right.text]).rstrip('.')} [{rng.choice([line.n, line.n, rng.randint(1, 9)])}]."

    return lie


def invented(answer: Answer) -> list[str]:
    """What is shown that is no whole line of the item it cites, with or without its headline, publisher and day."""
    *pieces, rest = re.split(r" \[(\d+)\]", answer.text.removeprefix(NOT_TOLD))
    forms = {str(e.n): set(map(_bare, _forms(e))) for e in answer.evidence}
    bad = [f"{told} [{n}]" for told, n in zip(pieces[::2], pieces[1::2], strict=True) if _bare(told) not in forms[n]]
    return [*bad, rest] if _bare(rest) else bad


def _forms(item: Evidence) -> Iterator[str]:
    assert item.published
    origin = f"{item.source}, {item.published.astimezone(ZONE):%d %b %Y}"
    yield f"“{item.title}” ({origin})"
    for line in lines(item):
        for told in (line, f"{origin}: “{line}”"):
            yield from (told, f"“{item.title}”: {told}")


def _bare(text: str) -> str:
    return text.strip(" .?!\n")


def test_no_lie_is_shown(market: tuple[Ledger, list[StoredQuestion], Vocabulary]) -> None:
    told = answers(market, liar(random.Random(1)))
    bad = [line for _, answer in told for line in invented(answer)]
    assert not bad, "\n".join(bad)
    mended = [a for _, a in told if any(note.startswith(("repaired", "withheld")) for note in a.checks)]
    assert len(mended) > QUESTIONS / 2  # it did lie


@pytest.mark.parametrize("model", [honest, copying])
def test_the_truth_is_shown(market: tuple[Ledger, list[StoredQuestion], Vocabulary], model: Model) -> None:
    told = answers(market, model)
    answered = [(q, a) for q, a in told if not any("no answer in the evidence" in note for note in a.checks)]
    blocked = [(q.question, a.text, a.checks) for q, a in answered if not all(holds(a.text, m) for m in q.must)]
    assert len(answered) > 0.9 * QUESTIONS
    assert len(blocked) <= QUESTIONS / 100, blocked
    assert not [line for _, answer in told for line in invented(answer)]
