"""Seasons and decades as stretches of days: "last summer", "in the autumn of 2025", "in the nineties".

Seasons are whole months of the northern year; the answer names the days, so that another reading shows.
"""

import re
from datetime import date

from assistant.understand.dates import DAY, Anchor, led, months_before, read, rule

_FIRST_MONTH = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SEASON = (
    r"(?P<season>spring|summer|autumn|winter|(?<=the )fall|(?<=last )fall|(?<=this )fall|(?<=next )fall)"  # not "fell"
)
_YEAR = r"(?:19|20)\d\d"
_TENS = {
    "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80,
    "nineties": 90,
}  # fmt: skip


def _stretch(first: date, label: str, end: int) -> Anchor:
    return Anchor(first, months_before(first, -3) - DAY, label, end)


def _of_year(match: re.Match[str], _today: date) -> Anchor:
    season, year = match["season"].lower(), int(match["year"])
    return _stretch(date(year, _FIRST_MONTH[season], 1), f"in the {season} of {year}", match.end())


def _told(match: re.Match[str], today: date) -> Anchor | None:
    """The latest one that is over ("last"), the next to begin ("next"), else the one that is now or was last."""
    which, season = match["which"].lower(), match["season"].lower()
    if which == "the" and not (led(match) and season != "fall"):
        return None
    first = date(today.year + 1, _FIRST_MONTH[season], 1)
    while first > today or (which == "last" and months_before(first, -3) > today):
        first = months_before(first, 12)
    first = months_before(first, -12) if which in {"next", "coming"} else first
    return _stretch(first, f"in the {season} of {first.year}", match.end())


def _decade(match: re.Match[str], today: date) -> Anchor:
    said = match["tens"].lower()
    tens = _TENS.get(said) or int(said.strip("'s") or 0)
    year = tens if tens > 99 else 2000 + tens if 2000 + tens <= today.year else 1900 + tens
    return Anchor(date(year, 1, 1), date(year + 9, 12, 31), f"in the {year}s", match.end())


_RULES = (
    rule(rf"(?:the\s+)?{_SEASON}\s+(?:of\s+|in\s+)?(?P<year>{_YEAR})\b", _of_year),
    rule(rf"(?P<which>last|this|next|coming|past|the)\s+(?:past\s+)?{_SEASON}\b(?!\s+in\b)", _told),
    rule(rf"the\s+(?P<tens>{'|'.join(_TENS)}|'?\d0'?s|(?:19|20)\d0'?s)\b", _decade),
)


def read_season(text: str, at: int, today: date) -> Anchor | None:
    return read(_RULES, text, at, today)
