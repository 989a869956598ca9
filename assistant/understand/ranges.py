"""Time expressions with two ends: "from 2 Feb to 13 Feb", "between January and March", "Feb 2-13"."""

import re
from dataclasses import replace
from datetime import date

from assistant.understand.dates import (
    DAY,
    MONTH,
    NO_AMOUNT,
    NO_MONTH,
    NO_RANK,
    OF_YEAR,
    ORDINAL,
    Anchor,
    dated,
    from_to,
    latest_nth,
    month_number,
    months_before,
    read,
    rule,
)
from assistant.understand.spans import AFTER_RANGES, BEFORE_RANGES, base, edge

_OPENING = re.compile(r"(?:the\s+)?(?:very\s+)?(?:start|beginning)\b", re.IGNORECASE)
_TILL = r"(?:to|until|till|through|thru|up to|-|/|\.{2,3})"
_NOW = r"(?:on\s+)?(?P<now>(?:now|date|the present)\b)?"
_FROM = re.compile(r"(?:between|from)\s+", re.IGNORECASE)
_AND = re.compile(rf"\s*(?:and|{_TILL})\s*{_NOW}", re.IGNORECASE)
_TO = re.compile(rf"\s*{_TILL}\s*{_NOW}", re.IGNORECASE)
_BEFORE_DAY = re.compile(r"(?:the\s+)?(?:clos(?:e|ing price)\s+on\s+(?:the\s+)?)?", re.IGNORECASE)
_DAY_CLOSE = re.compile(r"(?:'s)?\s+clos(?:e|ing(?: price)?)\b", re.IGNORECASE)


def _point(text: str, at: int, today: date, limit: date) -> Anchor | None:
    """One end of a range; "the 30 January close" and "the close on 30 January" are that day."""
    lead = _BEFORE_DAY.match(text, at)
    point = edge(text, at, today) or base(text, lead.end() if lead else at, today, limit)
    close = _DAY_CLOSE.match(text, point.end) if point else None
    return replace(point, end=close.end()) if point and close else point


def _range(text: str, at: int, today: date) -> Anchor | None:
    """As in "from 2 Feb to 13 Feb", "between January and March", "3 Feb - 5 Mar 2026". What one end leaves out, the
    other tells: the left end is the latest before the right one, the right end the first after a left one with a
    year."""
    lead = _FROM.match(text, at)
    start = lead.end() if lead else at
    left = _point(text, start, today, today)
    join = (_AND if lead else _TO).match(text, left.end) if left else None
    if left is None or join is None:
        return None
    right = _right(text, join, left, today)
    if right is None:
        return None
    if left.year == "open":
        left = _point(text, start, today, right.last) or left
    named = left.first == left.last and not _OPENING.match(text, start)  # from the start of a year, as since it
    return _from_to(min(left.first, right.first), max(left.last, right.last), right.end, named)


def _right(text: str, join: re.Match[str], left: Anchor, today: date) -> Anchor | None:
    if join["now"]:
        return Anchor(today, today, "today", join.end())
    right = _point(text, join.end(), today, today)
    if right and right.year == "open" and left.year == "written":
        right = _point(text, join.end(), today, months_before(left.first, -12) - DAY)
    return right


def _from_to(first: date, last: date, end: int, named: bool = True) -> Anchor:
    """`named`: the question gives `first` itself, so that a move starts from its close."""
    return Anchor(first, last, from_to(first, last), end, from_start=named and first < last)


def _days(match: re.Match[str], today: date) -> Anchor | None:
    """As in "between 2 and 13 February", "Feb 2-13": two days of one month."""
    if match["and"] and not match["lead"]:
        return None
    right = dated(month_number(match["month"]), int(match["day"]), match["year"], match.end(), today)
    left = right.first.replace(day=int(match["one"]))
    return _from_to(min(left, right.first), max(left, right.first), match.end())


def _nth_days(match: re.Match[str], today: date) -> Anchor:
    """As in "from the 3rd to the 20th": of the month whose second day has come last."""
    right = latest_nth(int(match["day"]), today)
    return _from_to(latest_nth(int(match["one"]), right), right, match.end())


_ONE = rf"(?P<one>\d{{1,2}}){ORDINAL}\s*(?:(?P<and>and)|to|until|through|-)\s*(?:the\s+)?(?P<day>\d{{1,2}}){ORDINAL}"
_LEAD = r"(?P<lead>(?:between|from)\s+)?"
_DAY_RANGES = (
    rule(rf"{_LEAD}(?:the\s+)?{_ONE}\s+(?:of\s+)?{MONTH}{OF_YEAR}", _days),
    rule(rf"{_LEAD}{MONTH}\s+(?:the\s+)?{_ONE}{NO_AMOUNT}{NO_MONTH}{OF_YEAR}", _days),
    rule(
        r"(?:between|from)\s+the\s+(?P<one>\d{1,2})(?:st|nd|rd|th)\s+(?:and|to|until|till|through)\s+the\s+"
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)\b{NO_RANK}",
        _nth_days,
    ),
)


def read_period(text: str, at: int, today: date) -> Anchor | None:
    """The time expression that starts at `at`. UnclearDate where it names a day that does not exist or is unsure."""
    forms = (*BEFORE_RANGES, _day_range, _range, *AFTER_RANGES)
    return next(filter(None, (form(text, at, today) for form in forms)), None)


def _day_range(text: str, at: int, today: date) -> Anchor | None:
    return read(_DAY_RANGES, text, at, today)
