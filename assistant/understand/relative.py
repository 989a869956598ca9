"""Stretches of days named by where they lie from today: "last week", "the past 3 months", "yesterday", "YTD"."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from assistant.understand.dates import (
    DAY,
    WEEKDAY,
    Anchor,
    led,
    months_before,
    read,
    rule,
    single,
    spell,
    weekday_number,
)

UNIT = r"(?P<unit>week|month|quarter|year)"
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "couple": 2, "two": 2, "few": 3, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
    "ninety": 90,
}  # fmt: skip
COUNT = rf"(?P<n>\d{{1,4}}|{'|'.join(_NUMBERS)})(?:\s+of)?"
_SPELLED = "|".join(n for n in _NUMBERS if n not in {"a", "an", "couple", "few"})
_WEEKDAY_NAMES = r"(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
_UNITS = r"(?P<unit>(?:trading\s+|business\s+)?day|session|week|fortnight|month|quarter|year|decade)s?\b"
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "decade": 120}


def count(said: str) -> int:
    """The number in `said`; ValueError for none of something."""
    number = _NUMBERS.get(said.lower()) or int(said)
    if number == 0:
        raise ValueError("none is no number of days")
    return number


def first_of(unit: str, day: date) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[unit]
    return date(day.year, month, 1)


def _unit_at(unit: str, step: int, today: date) -> tuple[date, date]:
    """The calendar unit that holds today, or the `step`-th after it (negative: before it)."""
    first = first_of(unit, today)
    if unit == "week":
        first += timedelta(days=7 * step)
        return first, first + timedelta(days=6)
    first = months_before(first, -step * _MONTHS[unit])
    return first, months_before(first, -_MONTHS[unit]) - DAY


def _calendar(match: re.Match[str], today: date) -> Anchor | None:
    which, unit = match["which"].lower(), match["unit"].lower()
    if which == "the" and not led(match):
        return None
    step = {"last": -1, "previous": -1, "prior": -1, "next": 1, "coming": 1}.get(which, 0)
    first, last = _unit_at(unit, step, today)
    name = {-1: "last", 0: "this", 1: "next"}[step]
    return Anchor(first, last, f"{name} {unit}", match.end())


def _to_date(match: re.Match[str], today: date) -> Anchor:
    unit = match["unit"] or {"w": "week", "m": "month", "q": "quarter", "y": "year"}[match["letter"].lower()]
    return Anchor(first_of(unit.lower(), today), today, f"this {unit.lower()}", match.end())


def _rolling(match: re.Match[str], today: date) -> Anchor:
    """The last so many days, weeks, months or years up to today."""
    number = count(match["n"] or "one")
    unit = " ".join(match["unit"].lower().split())
    label = f"over the past {unit}" if number == 1 else f"over the past {number} {unit}s"
    return Anchor(back(today, number, unit) + DAY, today, label, match.end())


def back(today: date, number: int, unit: str) -> date:
    """The day `number` units before `today`; trading days are taken as Monday to Friday."""
    if unit in _MONTHS:
        return months_before(today, number * _MONTHS[unit])
    if unit in _DAYS:
        return today - timedelta(days=number * _DAYS[unit])
    weekday = min(today.weekday(), 4)
    weeks, rest = divmod(number, 5)
    rest += 2 if rest > weekday else 0
    return today - timedelta(days=7 * weeks + rest + today.weekday() - weekday)


def _before_last(match: re.Match[str], today: date) -> Anchor:
    first, last = _unit_at(unit := match["unit"].lower(), -2, today)
    label = {
        "week": f"in the week of {spell(first)}",
        "month": f"in {first:%B %Y}",
        "quarter": f"in Q{(first.month + 2) // 3} {first.year}",
        "year": f"in {first.year}",
    }[unit]
    return Anchor(first, last, label, match.end())


_EACH = re.compile(
    r"\b(?:full|whole|calendar|fiscal|per|each|every|same|new|an?|(?:bigg|larg|sharp|steep|great|b|wor)e?st)[\s-]+$",
    re.IGNORECASE,
)
_WENT = re.compile(
    r"\b(?:did|has|have|had)\b.*\b(?:do|done|fared?|go|gone|move[ds]?|perform(?:ed)?|rise|risen|fall(?:en)?|gain(?:ed)?"
    r"|los[et]|drop(?:ped)?|climb(?:ed)?|slide?|added|changed?|return(?:ed)?)(?: (?:up|down))?\s+$"
    r"|\b(?:change|move|performance|returns?|gain|loss)\s+$",
    re.IGNORECASE,
)


def _unit_change(match: re.Match[str], today: date) -> Anchor | None:
    """As in "weekly change"; not "a weekly change", which is any, nor "the biggest one-day change"."""
    return None if _EACH.search(match.string, 0, match.start()) else _rolling(match, today)


def _in_so_many(match: re.Match[str], today: date) -> Anchor | None:
    """As in "how did it do in 3 weeks?"; not "when does it report, in 3 weeks?"."""
    return _rolling(match, today) if _WENT.search(match.string, 0, match.start()) else None


def _hours(match: re.Match[str], today: date) -> Anchor:
    hours = int(match["n"])
    return Anchor(today - timedelta(days=-(-hours // 24)), today, f"over the past {hours} hours", match.end())


def _ago(match: re.Match[str], today: date) -> Anchor:
    return single(back(today, count(match["n"]), match["unit"].lower()), match.end(), "relative")


def _weeks_ago_on(match: re.Match[str], today: date) -> Anchor:
    """As in "a week ago Tuesday": so many weeks before the last day of that name, which may be today."""
    last = today - (today.weekday() - weekday_number(match["weekday"])) % 7 * DAY
    return single(last - 7 * count(match["n"]) * DAY, match.end(), "relative")


def _weekdays_ago(match: re.Match[str], today: date) -> Anchor:
    """As in "three Fridays ago": the third before today."""
    before = today - DAY
    last = before - (before.weekday() - weekday_number(match["weekday"])) % 7 * DAY
    return single(last - 7 * (count(match["n"]) - 1) * DAY, match.end(), "relative")


_SHORT_UNITS = {"d": "day", "w": "week", "wk": "week", "m": "month", "mo": "month", "y": "year", "yr": "year"}


def _short(match: re.Match[str], today: date) -> Anchor:
    """As in "52w high", "AAPL 5d"."""
    number, unit = count(match["n"]), _SHORT_UNITS[match["unit"].lower()]
    return Anchor(back(today, number, unit) + DAY, today, f"over the past {number} {unit}s", match.end())


def _ahead(match: re.Match[str], today: date) -> Anchor:
    return single(back(today, -count(match["n"]), match["unit"].lower()), match.end(), "relative")


def _days(first: int, last: int, label: str) -> Callable[[re.Match[str], date], Anchor]:
    def build(match: re.Match[str], today: date) -> Anchor:
        return Anchor(today + timedelta(days=first), today + timedelta(days=last), label, match.end())

    return build


def _before_yesterday(match: re.Match[str], today: date) -> Anchor:
    return single(today - 2 * DAY, match.end(), "relative")


def _weekend(match: re.Match[str], today: date) -> Anchor:
    saturday = today - timedelta(days=(today.weekday() + 2) % 7)
    return Anchor(saturday, saturday + DAY, "over the weekend", match.end())


_FIGURES = (
    r"high|low|range|return|change|performance|gain|move|peak|volatility|drawdown|(?:average|mean) (?:daily )?volume"
)
_GOOD = "(?:good|bad|great|strong|weak|rough|tough|decent)"
_WHICH = "this|last|previous|prior|current|next|coming|the(?: current)?"
_ENDS = r"(?!-|\s+(?:\d|of\b|before\b|earlier\b))"  # "the month of May", "the month before" are others
_RULES = (
    rule(rf"(?:the\s+)?{UNIT} before last\b", _before_last),
    rule(r"(?:the\s+)?day before yesterday\b", _before_yesterday),
    rule(r"(?:yesterday|yday|last night)\b", _days(-1, -1, "yesterday")),
    rule(r"(?:today|tonight|this (?:morning|afternoon|evening))\b", _days(0, 0, "today")),
    rule(r"tomorrow\b", _days(1, 1, "tomorrow")),
    rule(rf"(?:so far )?(?:this )?(?:{UNIT}[- ]to[- ]date|(?P<letter>[wmqy])td)\b(?!\s+(?:mean|stand)s?\b)", _to_date),
    rule(r"(?:the |this |last )(?:past )?weekend\b", _weekend),  # a film has its opening, or a good, weekend
    rule(r"(?:the\s+)?(?:last|past)\s+(?P<n>\d{1,3})\s*h(?:ou)?rs?\b", _hours),
    rule(rf"(?:(?:the\s+|these\s+)?(?:last|past|previous|prior|trailing)\s+)(?:a\s+)?{COUNT}[\s-]+{_UNITS}", _rolling),
    rule(rf"(?:over|within)\s+{COUNT}\s+{_UNITS}", _rolling),
    rule(rf"(?:in|for)\s+{COUNT}\s+{_UNITS}(?!\s+(?:ago|from|hence|time)|'|-)", _in_so_many),
    rule(rf"(?<=cagr ){COUNT}\s+{_UNITS}", _rolling),
    rule(r"(?:the\s+)?past\s+(?P<n>)(?P<unit>day|week|fortnight|month|quarter|year|decade)\b", _rolling),
    rule(r"the\s+last\s+(?P<n>)(?P<unit>week|month|year|decade)\b", _rolling),
    rule(
        rf"(?P<n>\d{{1,4}}|{_SPELLED})[\s-](?P<unit>day|week|month|quarter|year)(?=[\s-](?:{_FIGURES}))", _unit_change
    ),
    rule(rf"(?P<n>){UNIT}(?:ly)?(?=\s(?:change|performance|return|gain|loss|move|range)\b)", _unit_change),
    rule(r"(?P<n>)(?P<unit>week|month|quarter|year)ly(?=\s(?:high|low|peak)\b)", _unit_change),
    rule(rf"(?:(?<=have )|(?<=had )|(?<=having ))(?P<which>)a {_GOOD} {UNIT}\b", _calendar),
    rule(rf"(?<=what )(?P<which>)(?:kind|sort) of (?:a )?{UNIT}(?= (?:did|is|has|was)\b)", _calendar),
    rule(rf"(?P<which>{_WHICH})\s+(?:(?:whole|entire|trading)\s+)?{UNIT}\b(?: so far)?{_ENDS}", _calendar),
    rule(rf"(?:a\s+)?{COUNT}\s+weeks?\s+ago,?\s+(?:on\s+|last\s+)?{WEEKDAY}", _weeks_ago_on),
    rule(rf"(?:a\s+)?{COUNT}\s+{_WEEKDAY_NAMES}s\s+ago\b", _weekdays_ago),
    rule(rf"(?:a\s+)?{COUNT}\s+{_UNITS}\s+ago\b(?:\s+today\b)?", _ago),
    rule(rf"(?P<n>\d{{1,3}})\s?(?P<unit>d|wk?|mo|yr?)s?\b(?=\W*$|\s(?:{_FIGURES}))", _short),
    rule(rf"(?P<n>\d{{1,2}})(?P<unit>m)\b(?=\s(?:{_FIGURES}))", _short),
    rule(rf"(?:in\s+)?(?:a\s+)?{COUNT}\s+{_UNITS}\s+(?:from\s+(?:now|today)|hence)\b", _ahead),
)  # fmt: skip


def read_relative(text: str, at: int, today: date) -> Anchor | None:
    return read(_RULES, text, at, today)
