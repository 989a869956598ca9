"""Days that are named by a holiday: "Presidents' Day 2026", "Christmas". Without a year the latest not after today."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from assistant.understand.dates import OF_YEAR, Anchor, UnclearDate, month_end, read, rule, single

Day = Callable[[int], date]


def _fixed(month: int, day: int) -> Day:
    return lambda year: date(year, month, day)


def _nth(which: int, weekday: int, month: int, plus: int = 0) -> Day:
    """The `which`-th `weekday` (0 is Monday) of a month, and `plus` days."""
    return lambda year: date(year, month, 1 + (weekday - date(year, month, 1).weekday()) % 7 + 7 * (which - 1) + plus)


def _last_monday(month: int) -> Day:
    return lambda year: month_end(year, month) - timedelta(days=month_end(year, month).weekday())


def _good_friday(year: int) -> date:
    """Two days before Easter of the Gregorian calendar (the anonymous algorithm of 1876)."""
    century, of_century = divmod(year, 100)
    leap, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * (year % 19) + century - leap - correction + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - moon - of_century % 4) % 7
    shift = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1) - timedelta(days=2)


_HOLIDAYS: tuple[tuple[str, Day], ...] = (
    (r"new year(?:'?s|s')?(?: day|(?= (?:19|20)\d\d\b))", _fixed(1, 1)),
    (r"(?<=since )new year(?:'?s)?", _fixed(1, 1)),
    (r"new year(?:'?s|s')? eve", _fixed(12, 31)),
    (r"(?:mlk|martin luther king)(?:,? jr\.?)?(?:'s)?(?: day)?", _nth(3, 0, 1)),
    (r"president(?:s'|'s|s)? day|washington'?s birthday", _nth(3, 0, 2)),
    (r"good friday", _good_friday),
    (r"memorial day", _last_monday(5)),
    (r"juneteenth", _fixed(6, 19)),
    (r"independence day|(?:the )?fourth of july", _fixed(7, 4)),
    (r"labou?r day", _nth(1, 0, 9)),
    (r"columbus day|indigenous peoples' day", _nth(2, 0, 10)),
    (r"veterans'? day", _fixed(11, 11)),
    (r"thanksgiving(?: day)?", _nth(4, 3, 11)),
    (r"black friday", _nth(4, 3, 11, plus=1)),
    (r"christmas eve", _fixed(12, 24)),
    (r"christmas(?: day)?(?! eve)", _fixed(12, 25)),
)
_ASKED_ABOUT = re.compile(r"\bwhat(?:'s| is)\s+$|\b(?:is|define|explain)\s+$", re.IGNORECASE)
_AROUND = re.compile(r"\b(?:after|before|around|over|near|following)\s+$", re.IGNORECASE)
_STRETCH = re.compile(r"\s+(?:week|weekend|season|rally|holidays?|period|month)\b", re.IGNORECASE)


def _build(day_of: Day) -> Callable[[re.Match[str], date], Anchor | None]:
    def build(match: re.Match[str], limit: date) -> Anchor | None:
        if _ASKED_ABOUT.search(match.string, 0, match.start()):
            return None
        if _AROUND.search(match.string, 0, match.start()) or _STRETCH.match(match.string, match.end()):
            raise UnclearDate(match.group().strip(), match.end())
        if match["year"]:
            return single(day_of(int(match["year"])), match.end(), "written")
        latest = day_of(limit.year)
        return single(latest if latest <= limit else day_of(limit.year - 1), match.end(), "open")

    return build


_RULES = tuple(rule(rf"(?:{name})\b{OF_YEAR}", _build(day_of)) for name, day_of in _HOLIDAYS)


def read_holiday(text: str, at: int, limit: date) -> Anchor | None:
    """The holiday that is named at `at`. UnclearDate where the days around it are meant."""
    return read(_RULES, text, at, limit)
