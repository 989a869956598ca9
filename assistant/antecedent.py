"""A quoted line that names nobody ("It employs 300 people") is shown after the headline of its story. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assistant.evaluator import quote_title
from assistant.types import Evidence, Statement

_POINTS_BACK = re.compile(
    r"^(?:[^“]{0,80}: “)?(?:it|its|they|their|he|his|she|her|this|these|both|the (?:company|group|firm|two))\b",
    re.IGNORECASE,
)


def with_headlines(statements: Iterable[Statement], evidence: Sequence[Evidence]) -> Iterator[Statement]:
    """`statements` in their order. One that begins with a word for something said before has its story's headline in
    front of it, unless the statement before is of the same story."""
    before: Evidence | None = None
    for statement in statements:
        item = next((e for e in evidence if e.n in statement.citations), None)
        lost = item is not None and item.kind == "news" and item is not before and _POINTS_BACK.match(statement.text)
        yield _led(statement, item) if lost and item and item.title else statement
        before = item


def _led(statement: Statement, item: Evidence) -> Statement:
    figures = (*quote_title(item).figures, *statement.figures)
    return replace(statement, text=f"“{item.title}”: {statement.text}", figures=figures)
