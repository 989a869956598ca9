"""Named days, months, quarters and years in a text: the atoms that `periods` puts together.

A date without a year is the latest one not after `limit`, which is today unless a range says otherwise.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Days `first` to `last`, both included, read from the text up to offset `end`.

    `year` says where its year comes from: written, the latest that fits (`open`), or relative to today.
    """

    first: date
    last: date
    label: str
    end: int
    year: Literal["written", "open", "relative"] = "relative"
    from_start: bool = False  # see Period


class UnclearDate(Exception):
    """Words that name a date and none that exists, or one that can be read two ways. `end`: where they stop."""

    def __init__(self, text: str, end: int) -> None:
        super().__init__(text)
        self.text, self.end = text, end


MONTH_NAMES = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
MONTH = rf"(?P<month>{MONTH_NAMES}\b)\.?"
NO_MONTH = rf"(?!\s+(?:of\s+)?{MONTH_NAMES}\b)"
_YEAR = r"(?P<year>(?:19|20)\d\d)\b"
OF_YEAR = rf"(?:(?:\s*,\s*|\s+|-)(?:of\s+|in\s+)?{_YEAR})?"
ORDINAL = r"(?:st|nd|rd|th)?\b"
WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?)\b(?!\.com)\.?"
)
_MAYBE_WEEKDAY = rf"(?:{WEEKDAY},?\s+)?(?:the\s+)?"
NO_RANK = r"(?!\s+\w*(?:quarter|half|week|day|century|percentile|place|anniversary|time|[a-z]+est)\b)"
_ON = re.compile(r"\b(?:on|since|until)\s+$", re.IGNORECASE)
NO_AMOUNT = r"(?!\s*(?:%|percent|per\s+cent|points?\b|bps|basis|shares?\b|dollars?\b|usd\b|million|billion)|[.,:]\d)"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_QUARTERS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "final": 4}
# Words before a short name that say it is a date: "May" and "March" alone are verbs, "sun" a star.
_WORD = re.compile(r"\w")
_LEAD = re.compile(
    r"(?:\b(?:on|in|at|by|during|since|of|for|from|to|through|until|till|about|between|and|or|over|throughout|around"
    r"|last|this|next|early|mid|late|whole|all|vs|versus|full|half|week|close|ending|ended|finish|end)|[-,/(])[\s-]*$",
    re.IGNORECASE,
)


def spell(day: date, weekday: bool = True) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}" if weekday else f"{day.day} {day:%b %Y}"


def from_to(first: date, last: date) -> str:
    return f"from {spell(first, weekday=False)} to {spell(last, weekday=False)}"


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def months_before(day: date, months: int) -> date:
    """The same day of the month `months` earlier, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def latest(month: int, day: int, limit: date) -> date:
    """The latest existing `day` of `month` not after `limit`. ValueError where no year has it."""
    for year in range(limit.year, limit.year - 9, -1):  # 29 February: eight years hold one even around 1900 and 2100
        if day <= monthrange(year, month)[1] and date(year, month, max(day, 1)) <= limit:
            return date(year, month, day)
    raise ValueError(f"no month {month} has a day {day}")


def month_number(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def led(match: re.Match[str]) -> bool:
    """Whether a date word is expected where `match` starts, or nothing else is said."""
    before = match.string[max(0, match.start() - 16) : match.start()]
    return bool(_LEAD.search(before)) or not (before or _WORD.search(match.string, match.end()))


def weekday_number(name: str) -> int:
    return _WEEKDAYS.index(name[:3].lower())


def single(day: date, end: int, year: Literal["written", "open", "relative"]) -> Anchor:
    return Anchor(day, day, f"on {spell(day)}", end, year)


def dated(month: int, day: int, year: str | None, end: int, limit: date) -> Anchor:
    if year:
        return single(date(int(year), month, day), end, "written")
    return single(latest(month, day, limit), end, "open")


def _named(match: re.Match[str], limit: date) -> Anchor:
    return dated(month_number(match["month"]), int(match["day"]), match["year"], match.end(), limit)


def _nth(match: re.Match[str], limit: date) -> Anchor | None:
    """As in "on the 20th": of the latest month in which that day exists and has come."""
    if not _ON.search(match.string, 0, match.start()):
        return None
    return single(latest_nth(int(match["day"]), limit), match.end(), "open")


def _weekday_nth(match: re.Match[str], limit: date) -> Anchor:
    """As in "Wed 18th": of the latest month in which that day is that weekday."""
    return single(latest_nth(int(match["day"]), limit, weekday_number(match["weekday"])), match.end(), "open")


def latest_nth(day: int, limit: date, weekday: int | None = None) -> date:
    """The latest day `day` of a month, not after `limit`, that is that weekday. ValueError where none is, of a year."""
    for month in (months_before(limit.replace(day=1), n) for n in range(12)):
        found = month.replace(day=day) if 1 <= day <= monthrange(month.year, month.month)[1] else None
        if found and found <= limit and weekday in {None, found.weekday()}:
            return found
    raise ValueError(f"no month has a day {day}")


def _weekday(match: re.Match[str], limit: date) -> Anchor | None:
    which = (match["which"] or "").lower()
    if not (match["weekday"].lower().endswith("day") or which or led(match)):
        return None
    ahead = weekday_number(match["weekday"]) - limit.weekday()
    day = limit + timedelta(days=ahead)
    if which in {"", "last", "past", "previous"}:
        day -= timedelta(days=7) if ahead > 0 or (which and ahead == 0) else timedelta()
    elif which in {"next", "coming"}:
        day += timedelta(days=7) if ahead <= 0 else timedelta()
    return single(day, match.end(), "open" if not which else "relative")


def _month(match: re.Match[str], limit: date) -> Anchor | None:
    name, which = match["month"].lower(), (match["which"] or "").lower()
    if name in {"may", "mar", "march"} and not (match["year"] or which or led(match)):
        return None
    month = month_number(name)
    year = int(match["year"]) if match["year"] else limit.year - (month > limit.month)
    if which == "this":
        year = limit.year
    elif which == "next":
        year = limit.year + (month <= limit.month)
    elif which and month == limit.month:  # last February, said in February
        year -= 1
    label = f"in {date(year, month, 1):%B %Y}"
    how: Literal["written", "open"] = "written" if match["year"] or which else "open"
    return Anchor(date(year, month, 1), month_end(year, month), label, match.end(), how)


def _span_of_year(first: int, months: int, name: str, match: re.Match[str], limit: date) -> Anchor:
    """`months` months from month `first`, of the year written in `match` or of the latest in which they began."""
    said = match["year"]
    year = int(said if len(said) == 4 else f"20{said}") if said else limit.year - (first > limit.month)
    label = f"in {name} {year}"
    last = month_end(year, first + months - 1)
    return Anchor(date(year, first, 1), last, label, match.end(), "written" if said else "open")


def _quarter(match: re.Match[str], limit: date) -> Anchor:
    number = _QUARTERS.get(match["n"].lower()) or int(match["n"])
    return _span_of_year(3 * number - 2, 3, f"Q{number}", match, limit)


def _half(match: re.Match[str], limit: date) -> Anchor:
    number = int(match["n"])
    return _span_of_year(6 * number - 5, 6, f"H{number}", match, limit)


def _year(match: re.Match[str], limit: date) -> Anchor | None:
    year = int(match["year"])
    if not (led(match) or 2005 <= year <= limit.year + 1):  # "Russell 2000" is no year
        return None
    return Anchor(date(year, 1, 1), date(year, 12, 31), f"in {year}", match.end(), "written")


Build = Callable[[re.Match[str], date], Anchor | None]


def rule(pattern: str, build: Build) -> tuple[re.Pattern[str], Build]:
    return re.compile(pattern, re.IGNORECASE), build


_SHORT_YEAR = r"(?:\s*(?:of\s+|in\s+)?(?:FY|')?(?P<year>(?:19|20)\d\d|(?<=['Yy])\d\d)\b)?"
_RULES: tuple[tuple[re.Pattern[str], Build], ...] = (
    rule(rf"{_MAYBE_WEEKDAY}(?P<day>\d{{1,2}}){ORDINAL}\s+(?:of\s+)?{MONTH}{OF_YEAR}", _named),
    rule(rf"{_MAYBE_WEEKDAY}(?P<day>\d{{1,2}})-{MONTH}(?:-{_YEAR})?", _named),
    rule(rf"{_MAYBE_WEEKDAY}{MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}}){ORDINAL}{NO_AMOUNT}{OF_YEAR}", _named),
    rule(rf"the\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)\b{NO_RANK}", _nth),
    rule(rf"{WEEKDAY},?\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)\b{NO_RANK}", _weekday_nth),
    rule(rf"(?:(?P<which>last|past|previous|this|next|coming)\s+)?{WEEKDAY}", _weekday),
    rule(rf"(?:(?P<which>last|past|previous|this|next)\s+)?{MONTH}{OF_YEAR}", _month),
    rule(rf"Q(?P<n>[1-4])\b{_SHORT_YEAR}", _quarter),
    rule(r"(?P<n>[1-4])Q\s?'?(?P<year>(?:19|20)\d\d|\d\d)\b", _quarter),
    rule(rf"{_YEAR}[\s-]*Q(?P<n>[1-4])\b", _quarter),
    rule(rf"(?:the\s+)?(?P<n>first|second|third|fourth|final|1st|2nd|3rd|4th)\s+quarter\b{_SHORT_YEAR}", _quarter),
    rule(rf"H(?P<n>[12])\b{_SHORT_YEAR}", _half),
    rule(rf"{_YEAR}{NO_AMOUNT}", _year),
)


def read(rules: tuple[tuple[re.Pattern[str], Build], ...], text: str, at: int, limit: date) -> Anchor | None:
    """The first of `rules` that reads a date at offset `at`. UnclearDate where the words name none that exists."""
    for pattern, build in rules:
        match = pattern.match(text, at)
        if match is None:
            continue
        try:
            anchor = build(match, limit)
        except (ValueError, OverflowError) as error:
            raise UnclearDate(match.group().strip(), match.end()) from error
        if anchor:
            return anchor
    return None


def read_named(text: str, at: int, limit: date) -> Anchor | None:
    return read(_RULES, text, at, limit)
