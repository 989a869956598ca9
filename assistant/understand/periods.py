"""Time expressions of a question as whole days: `find_period("over the last 3 months", today)`.

`this week` is Monday to today and `last week` the seven days before; `past week`, `the last week` and `last 7 days`
are the seven days that end today, so that a move over them starts from the close a week ago. What reaches past today
is cut there, unless it begins after today: then it stays, so that an answer can say that it is not known yet.
"""

import re
from datetime import date
from typing import NamedTuple

from assistant.types import Period
from assistant.understand.dates import Anchor, UnclearDate, from_to
from assistant.understand.ranges import read_period
from assistant.understand.relative import back
from assistant.understand.shifted import read_shifted

_STARTS = re.compile(r"(?<![\w.$€£^/&-])\w")


class Said(NamedTuple):
    """A period and the words it was read from: `text[start:end]`."""

    period: Period
    start: int
    end: int


class Reading(NamedTuple):
    """All periods of a text in order, and the words that name a date and none that exists or is certain."""

    periods: tuple[Said, ...]
    unclear: tuple[str, ...]


def find_period(text: str, today: date) -> Said | None:
    """The first period that `text` names. `today` is the as-of date in the exchange's zone."""
    return next(iter(find_periods(text, today).periods), None)


def find_periods(text: str, today: date, told: Period | None = None) -> Reading:
    """All periods that `text` names. "The week before" counts from the one before it, or from that `told` earlier."""
    found: list[Said] = []
    unclear: list[str] = []
    at = 0
    for start in (m.start() for m in _STARTS.finditer(text)):
        if start < at:
            continue
        try:
            before = found[-1].period if found else told
            if anchor := read_shifted(text, start, before) or read_period(text, start, today):
                at = anchor.end
                found.append(Said(_period(anchor, today), start, at))
        except UnclearDate as error:
            at = error.end
            unclear.append(error.text)
        except (ValueError, OverflowError):  # so far back that no calendar has it
            continue
    return Reading(tuple(found), tuple(unclear))


def latest_day(today: date) -> Period:
    """The day that a price without a time is of, as far as a calendar tells: today, or the Friday before a weekend."""
    day = back(today, 0, "session")
    return Period(day, day, "at last")


def _period(anchor: Anchor, today: date) -> Period:
    first = anchor.first
    if anchor.last <= today or first > today:
        return Period(first, anchor.last, anchor.label, anchor.from_start)
    label = from_to(first, today) if anchor.label.startswith("from ") else anchor.label  # as far as it is known
    return Period(first, today, label, anchor.from_start and first < today)
