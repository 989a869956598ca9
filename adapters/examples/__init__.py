"""Examples for training and evaluation: a question, its dated evidence, and what a right answer holds."""

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

    `must` is what a right answer holds (figures are compared as numbers, phrases by their words); empty where saying
    that the evidence does not answer is right. `cites` are the items that bear the answer out: of a price record the
    whole, of an article the lines that hold `must`. `definition` is the answer of a closed-book question. `group` is
    what splits keep together: a symbol, a template family, a document.
    """

    family: Family
    group: str
    question: str
    must: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()  # numbered 1, 2, ... as shown; none: closed book
    as_of: datetime | None = None
    cites: frozenset[int] = frozenset()
    definition: str = ""
