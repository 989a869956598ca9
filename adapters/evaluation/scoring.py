"""Judges one answer: right, abstained or wrong; rightly cited; in house form. Pure, and no model is a judge."""

import math
import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from assistant.binding import DOWN, UP, superseded
from assistant.evaluator import MARK
from assistant.numbers import Number, find_numbers, same
from assistant.prompts import NOT_SAID
from assistant.sentences import content_words, sentences
from evaluation.questions import Outcome, Question, Response

LONG_SPAN = 5  # words: a span of more also counts at this F1 of its tokens
SPAN_F1 = 0.8
MOST_WORDS = 60  # of an answer; more only where three times what is asked for is more
MOST_SENTENCES = 3
_NEW_YORK = ZoneInfo("America/New_York")
_EDGE_MARK = re.compile(r"^\s*\[\d+\]|\[\d+\](?:\s*\[\d+\])*[.!?]*[\"'”’)]*$")
_FILLER = re.compile(
    r"\bI(?:['’]m)? (?:am|can|cannot|could|do|don['’]t|have|hope|see|think|will|would|understand)\b|"
    r"\bI['’]m\b|(?i:\bas an ai\b|\blanguage model\b|\bcertainly\b|\bof course\b|\bhappy to\b|\bhere(?: is|['’]s)\b)"
)
_REFUSALS = (  # other wordings of NOT_SAID: a model that was never tuned to the house's words may use its own
    re.compile(
        r"\b(?:do(?:es)?|did)(?:n['’]t| not) (?:\w+ )?(?:say|state|mention|provide|specify|contain|include|answer|"
        r"disclose|show|indicate|give|tell|address|have)\b",
        re.I,
    ),
    re.compile(r"\bno (?:\w+ )?(?:evidence|information|mention|data)\b", re.I),
    re.compile(r"\bnot (?:mentioned|stated|provided|specified|given|disclosed|available|known)\b", re.I),
    re.compile(r"\bI (?:do not|don['’]t|cannot|can['’]t|am unable to|am not able to)\b", re.I),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`cited` sources, those of them that are right, and whether any right one is cited at all."""

    outcome: Outcome
    cited: int = 0
    cited_right: int = 0
    house_form: bool = True

    @property
    def supported(self) -> bool:
        """Correct, cited, and every citation right."""
        return self.outcome == "correct" and 0 < self.cited == self.cited_right


@dataclass(frozen=True)
class Judge:
    """`explains` judges a term by its meaning (`terms.TermJudge`); `finance_words` are the language of finance."""

    explains: Callable[[Question, str], bool]
    finance_words: AbstractSet[str] = frozenset()

    def __call__(self, question: Question, response: Response) -> Verdict:
        cited = set() if question.family == "term" else _cited(response)  # a term has no right source to cite
        form = in_house_form(question, response, self.finance_words)
        return Verdict(self.outcome(question, response), len(cited), len(cited & question.right), form)

    def outcome(self, question: Question, response: Response) -> Outcome:
        if not question.answerable:
            return "correct" if says_nothing(response) else "wrong"
        if not (response.answer and response.answer.status != "answered") and self._right(question, response):
            return "correct"
        return "abstained" if says_nothing(response) else "wrong"

    def _right(self, question: Question, response: Response) -> bool:
        return self.explains(question, response.text) if question.family == "term" else _right(question, response)


def says_nothing(response: Response) -> bool:
    """Whether every sentence says that there is no answer. A refusal beside a claim is a claim."""
    if response.answer is not None and response.answer.status != "answered":
        return True
    return all(_refuses(s) for s in _with_own_marks(sentences(response.text)))


def bare(text: str) -> str:
    """`text` without citation marks."""
    return MARK.sub("", text).strip()


def _refuses(sentence: str) -> bool:
    if sentence.startswith(NOT_SAID.rstrip(".")) or not (content_words(sentence) or find_numbers(sentence)):
        return True
    return not MARK.search(sentence) and any(r.search(sentence) for r in _REFUSALS)  # what is cited is a claim


def _right(question: Question, response: Response) -> bool:
    text = bare(response.text)
    needed = sum(len(m.split()) for m in question.must)
    if len(text.split()) > max(MOST_WORDS, 3 * needed):
        return False
    if question.family in {"conflict", "injected"} and _contradicts(text, question.must):
        return False
    if question.family in {"price", "move"}:
        return _states_figure(question, text) and (response.answer is None or _records_figure(question, response))
    return all(holds(text, m, loose_unit=question.family == "filings") for m in question.must)


# Spans -----------------------------------------------------------------------------------------------------------


def holds(text: str, span: str, loose_unit: bool = False) -> bool:
    """Whether `text` states `span`: its figure in unit and scale, its words, or (a long one) nearly all of them.

    `loose_unit`: a bare number of the span may carry a unit in the text, as a cell of a table has none of its own.
    """
    figures = find_numbers(span)
    if figures and len(span.split()) <= LONG_SPAN and len(figures) == 1:
        told = find_numbers(text)
        if any(_equal(figures[0], n, loose_unit) for n in told) and _other_words(span, figures[0]) <= set(_norm(text)):
            return True
    wanted, said = _norm(span), _norm(text)
    if _stands_in(wanted, said):
        return True
    return len(span.split()) > LONG_SPAN and token_f1(wanted, said) >= SPAN_F1


def _equal(wanted: Number, told: Number, loose_unit: bool) -> bool:
    if wanted.unit == "" and (told.unit == "shares" or loose_unit):
        told = Number(told.text, told.value, "", told.start, told.end)
    return same(wanted, told)


def _other_words(span: str, figure: Number) -> set[str]:
    """What of a short span is no figure and must be said too: "2.5 years", "Level 3"."""
    rest = span[: figure.start] + " " + span[figure.end :]
    return set(_norm(rest))


def _stands_in(wanted: list[str], said: list[str]) -> bool:
    width = len(wanted)
    return any(said[i : i + width] == wanted for i in range(len(said) - width + 1)) if wanted else False


def _norm(text: str) -> list[str]:
    """Words in lower case without articles and punctuation; a figure keeps its sign, point and currency."""
    folded = text.lower().replace("’", "'").replace("per cent", "percent").replace("%", " percent")
    words = (w.strip(".,;:!?()[]\"“”'‘").removesuffix("'s") for w in re.split(r"[\s/–—]+", folded.replace(",", "")))
    return [w for w in words if w and w not in {"a", "an", "the"}]


def token_f1(wanted: list[str], said: list[str]) -> float:
    common = sum((Counter(wanted) & Counter(said)).values())
    return 2 * common / (len(wanted) + len(said)) if common else 0.0


def _contradicts(text: str, must: tuple[str, ...]) -> bool:
    """Whether another figure of a right figure's unit stands beside it: then the answer names two candidates. It does
    not where it says which of them holds no more ("1,300 robots instead of 1,380"), unless that is the right one."""
    right = [n for m in must for n in find_numbers(m)]
    told = [t for t in find_numbers(text) if any(t.unit == r.unit for r in right)]
    holding = [t for t in told if any(same(t, r) for r in right)]
    rivals = [t for t in told if t not in holding]
    return bool(rivals) and any(superseded(text, n) != (n in rivals) for n in told)


# Prices and moves ------------------------------------------------------------------------------------------------


def _states_figure(question: Question, text: str) -> bool:
    (wanted,) = find_numbers(question.must[0])
    alike = [n for n in find_numbers(text) if n.unit == wanted.unit and math.isclose(abs(n.value), abs(wanted.value))]
    return any(question.family == "price" or _signed(wanted, n, text) for n in alike)


def _signed(wanted: Number, told: Number, text: str) -> bool:
    """Equal in sign: as written, or by the words around it ("fell 3 percent")."""
    if told.text[0] in "+-−–":
        return (told.value < 0) == (wanted.value < 0)
    up, down = bool(UP.search(text)), bool(DOWN.search(text))
    return wanted.value == 0 or ((down and not up) if wanted.value < 0 else not (down and not up))


def _records_figure(question: Question, response: Response) -> bool:
    """Whether a `Figure` of the answer has the value, the unit, the symbol and the day."""
    assert response.answer is not None
    (wanted,) = find_numbers(question.must[0])
    return any(
        f.unit == wanted.unit
        and f.symbol == question.symbol
        and abs(f.value - wanted.value) < 0.00501
        and (question.day is None or (f.as_of is not None and f.as_of.astimezone(_NEW_YORK).date() == question.day))
        for f in response.answer.figures
    )


# Citations and form ----------------------------------------------------------------------------------------------


def _cited(response: Response) -> set[str]:
    """The sources cited; a mark that resolves to nothing counts as a source of its own."""
    marks = {int(n) for group in MARK.findall(response.text) for n in group.split(",")}
    return {response.sources.get(n, f"[{n}]") for n in marks}


def in_house_form(question: Question, response: Response, finance_words: AbstractSet[str]) -> bool:
    """At most three sentences, no filler; each sentence of a reading answer begins or ends with a mark that resolves,
    an explanation uses the language of finance (a word of it that the question does not hold)."""
    told = _with_own_marks(sentences(response.text))
    if not told or len(told) > MOST_SENTENCES or _FILLER.search(bare(response.text)):
        return False
    if question.family == "term":
        return bool((content_words(response.text) - content_words(question.text)) & finance_words)
    if says_nothing(response):
        return True
    marks = {int(n) for group in MARK.findall(response.text) for n in group.split(",")}
    return marks <= set(response.sources) and all(_EDGE_MARK.search(s) for s in told)


def _with_own_marks(told: list[str]) -> list[str]:
    """Marks that stand behind a full stop belong to the sentence before it."""
    out: list[str] = []
    for sentence in told:
        if out and not bare(sentence).strip(" .") and MARK.search(sentence):
            out[-1] += f" {sentence}"
        else:
            out.append(sentence)
    return out
