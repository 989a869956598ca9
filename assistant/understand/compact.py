"""Days written in figures or without spaces: "2026-02-20", "20260220", "9/26/25", "20Feb2026", "2026 Feb 20".

What is shaped like a date and is none, or can be read two ways, is an UnclearDate: an answer about today would be one
to another question.
"""

import re
from datetime import date

from assistant.understand.dates import (
    MONTH,
    MONTH_NAMES,
    NO_AMOUNT,
    NO_MONTH,
    ORDINAL,
    Anchor,
    dated,
    month_number,
    read,
    rule,
    single,
)

_FIRST_YEAR = 1900  # no price is older
_CENTURY = r"(?:19|20)\d\d"
_YEAR = rf"(?P<year>{_CENTURY})\b"
_ALONE = r"(?=\s*(?:[?!.,;:)]|$|(?:and|to|for|until|till|vs|or)\b))"
_NO_DATE = re.compile(r"\b(?:an?|the|is|are|was)\s+$", re.IGNORECASE)
_YEAR_LEAD = re.compile(r"\b(?:in|since|during|year)\s+$", re.IGNORECASE)


def _iso(match: re.Match[str], _limit: date) -> Anchor:
    year, month, day = (int(g) for g in match.groups())
    if year < _FIRST_YEAR:
        raise ValueError("before there were prices")
    return single(date(year, month, day), match.end(), "written")


def _numeric(match: re.Match[str], _limit: date) -> Anchor:
    """Two numbers and a year: read only where one order alone makes a date."""
    a, b, year = (int(g) for g in match.groups())
    if max(a, b) <= 12 and a != b:
        raise ValueError("day and month cannot be told apart")
    month, day = (b, a) if a > 12 else (a, b)
    return single(date(year, month, day), match.end(), "written")


def _short_year(match: re.Match[str], _limit: date) -> Anchor:
    """As in "9/26/25". A number above 12 in front may be a day or a year."""
    month, day, year = (int(g) for g in match.groups())
    if day <= 12:
        raise ValueError("day, month and year cannot be told apart")
    return single(date(2000 + year, month, day), match.end(), "written")


def _no_year(match: re.Match[str], _limit: date) -> None:
    """As in "2/20", which may be a day, a share or a ratio."""
    a, b = (int(g) for g in match.groups())
    plausible = min(a, b) > 0 and min(a, b) <= 12 and max(a, b) <= 31 and (a, b) != (24, 7)
    if plausible and not _NO_DATE.search(match.string, 0, match.start()):
        raise ValueError("a day, and perhaps none")


def _no_order(_match: re.Match[str], _limit: date) -> None:
    raise ValueError("day, month and year cannot be told apart")


def _in_20(match: re.Match[str], limit: date) -> Anchor | None:
    """As in "20 Feb '25"; a number above next year's is none."""
    if int(match["short"]) > limit.year % 100 + 1:
        return None
    return dated(month_number(match["month"]), int(match["day"]), f"20{match['short']}", match.end(), limit)


def _no_such_year(match: re.Match[str], _limit: date) -> None:
    if _YEAR_LEAD.search(match.string, 0, match.start()):
        raise ValueError("a year without prices")


def _named(match: re.Match[str], limit: date) -> Anchor:
    return dated(month_number(match["month"]), int(match["day"]), match["year"], match.end(), limit)


_RULES = (
    rule(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)(?:T[\d:.]+Z?)?", _iso),
    rule(rf"({_CENTURY})(\d\d)(\d\d)\b{NO_AMOUNT}", _iso),
    rule(rf"({_CENTURY})\s(\d\d)\s(\d\d)\b{NO_AMOUNT}", _iso),
    rule(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.]({_CENTURY})\b", _numeric),
    rule(r"(\d{1,2})/(\d{1,2})/(\d\d)\b", _short_year),
    rule(r"\d{1,2}([-.])\d{1,2}\1\d\d(?![\w-]|\.\d)", _no_order),
    rule(rf"(\d{{1,2}})/(\d{{1,2}})\b(?:{_ALONE}|(?<=\bon \d/\d)|(?<=\bon \d/\d\d)|(?<=\bon \d\d/\d\d))", _no_year),
    rule(rf"(?P<day>\d{{1,2}})-{MONTH}-(?P<short>\d\d)\b", _in_20),
    rule(rf"(?P<day>\d{{1,2}}){ORDINAL}\s+{MONTH},?\s+'?(?P<short>\d\d)\b{NO_AMOUNT}{NO_MONTH}(?!:|\s*-)", _in_20),
    rule(rf"{MONTH}\s+(?P<day>\d{{1,2}}){ORDINAL},?\s+'(?P<short>\d\d)\b", _in_20),
    rule(rf"{_YEAR}[\s-]+{MONTH}[\s-]+(?P<day>\d{{1,2}}){ORDINAL}(?!-)", _named),
    rule(rf"{MONTH}-(?P<day>\d{{1,2}})-{_YEAR}", _named),
    rule(rf"(?P<day>\d{{1,2}})(?P<month>{MONTH_NAMES})(?P<year>{_CENTURY})?\b", _named),
    rule(rf"[01]\d{{3}}(?<!19\d\d)\b{_ALONE}", _no_such_year),
)


def read_compact(text: str, at: int, limit: date) -> Anchor | None:
    """The day that is written at `at`, in figures or without spaces. UnclearDate where it is none or unsure."""
    return read(_RULES, text, at, limit)
