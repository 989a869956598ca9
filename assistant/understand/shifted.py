"""Time expressions that count from one said before: "and the week before?", "a week later"."""

import re
from datetime import date, timedelta

from assistant.types import Period
from assistant.understand.dates import DAY, Anchor, from_to, months_before, spell
from assistant.understand.relative import COUNT, back, count, first_of

_SHIFT = re.compile(
    rf"(?:the\s+|{COUNT}\s+)(?P<unit>(?:trading\s+)?day|session|week|month|quarter|year)s?\s+"
    r"(?P<way>before|earlier|prior|after|later)(?=\s*(?:that\b\W*)?(?:$|[?.!,;]|\b(?:and|or)\b))",
    re.IGNORECASE,
)
_BACK = frozenset("before earlier prior".split())


def read_shifted(text: str, at: int, told: Period | None) -> Anchor | None:
    """The days at offset `at` that lie before or after those `told`; None where nothing was told."""
    match = _SHIFT.match(text, at)
    if match is None or told is None:
        return None
    number = count(match["n"] or "one") * (1 if match["way"].lower() in _BACK else -1)
    unit = match["unit"].lower().split()[-1]
    first, last = _moved(told, unit, number, counted=match["n"] is not None)
    label = f"on {spell(first)}" if first == last else from_to(first, last)
    return Anchor(first, last, label, match.end())


def _moved(told: Period, unit: str, number: int, counted: bool) -> tuple[date, date]:
    """`told` moved by `number` units into the past (negative: into the future). Two weeks before a day is a day, "the
    week before" a week; so it is of a whole week, or one up to today. Another stretch gives the unit next to it."""
    if unit in {"day", "session"}:
        day = back(told.start if number > 0 else told.end, number, "session")
        return day, day
    if told.single_day and counted:
        day = back(told.start, number, unit)
        return day, day
    whole = first_of(unit, told.start)
    if told.single_day or (told.start == whole and told.end < _after(unit, whole)):
        first = _back(unit, whole, number)
        return first, _after(unit, first) - DAY
    if number > 0:
        return back(told.start, number, unit), told.start - DAY
    return told.end + DAY, back(told.end, number, unit)


def _back(unit: str, first: date, number: int) -> date:
    return first - timedelta(weeks=number) if unit == "week" else months_before(first, number * _MONTHS[unit])


def _after(unit: str, first: date) -> date:
    return _back(unit, first, -1)


_MONTHS = {"month": 1, "quarter": 3, "year": 12}
