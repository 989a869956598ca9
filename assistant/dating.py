"""What an old story says of "today" or "now" is shown as its own words with its day, never as said at present. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from assistant.age import is_old_story
from assistant.types import Evidence, Statement

_OF_ITS_DAY = re.compile(
    r"\b(?:today|tonight|yesterday|tomorrow|last night|this (?:morning|afternoon|evening))\b", re.IGNORECASE
)
_OF_ITS_TIME = re.compile(r"\b(?:now|currently|at present|presently|at the moment)\b", re.IGNORECASE)
_QUOTED = re.compile(r"“[^”]*”")
_MARK = re.compile(r"\s*\[\d+\](?=\W*$)")


def dated(statement: Statement, evidence: Sequence[Evidence], as_of: datetime, zone: tzinfo) -> Statement:
    """`statement`, or where it speaks of a present that has passed, a quotation with publisher and day in `zone`."""
    item = next((e for e in evidence if e.n in statement.citations), None)
    if item is None or item.kind != "news" or not _passed(_QUOTED.sub("", statement.text), item, as_of, zone):
        return statement
    day = f"{item.published.astimezone(zone):%d %b %Y}" if item.published else "undated"
    marks = "".join(f"[{n}]" for n in statement.citations)
    return replace(statement, text=f"{item.source}, {day}: “{_MARK.sub('', statement.text)}” {marks}")


def _passed(said: str, item: Evidence, as_of: datetime, zone: tzinfo) -> bool:
    other_day = not item.published or item.published.astimezone(zone).date() != as_of.astimezone(zone).date()
    old = is_old_story(item.published, item.url, as_of)
    return bool((other_day and _OF_ITS_DAY.search(said)) or (old and _OF_ITS_TIME.search(said)))
