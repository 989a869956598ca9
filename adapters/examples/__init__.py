"""Examples for training and evaluation: a question, its dated evidence, and the answer in house form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.types import Evidence

Family = Literal[
    "price", "move", "news", "filings", "term", "unanswerable", "false_premise", "conflict", "injected"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its right answer.

    `answer` is plain text in house form: each sentence ends with the mark of the one item it rests on ("... [2]."),
    figures stand as in that item; `NOT_SAID` alone where the evidence does not answer; no marks closed-book.
    `must` is what a right answer holds (figures are compared as numbers, phrases by their words); empty where saying
    that the evidence does not answer is right. `group` is what splits keep together: a symbol, a template family, a
    document.
    """

    family: Family
    group: str
    question: str
    answer: str
    must: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()  # numbered 1, 2, ... as shown; none: closed book
    as_of: datetime | None = None
    cites: frozenset[int] = frozenset()  # the items that bear the answer out
