"""Time expressions built of named and relative days: since, the end of, the first half of.

Each form reads at one offset of the text and gives the days it means, or None where it does not apply.
"""

import re
from collections.abc import Callable
from datetime import date

from assistant.understand.compact import read_compact
from assistant.understand.dates import (
    DAY,
    Anchor,
    months_before,
    read_named,
    single,
    spell,
)
from assistant.understand.holidays import read_holiday
from assistant.understand.relative import COUNT, UNIT, back, count, first_of, read_relative
from assistant.understand.seasons import read_season


def base(text: str, at: int, today: date, limit: date) -> Anchor | None:
    """One named or relative stretch of days at `at`; names without a year are the latest not after `limit`."""
    return (
        read_compact(text, at, limit)
        or read_relative(text, at, today)
        or read_holiday(text, at, limit)
        or read_season(text, at, today)
        or read_named(text, at, limit)
    )


def _after(pattern: re.Pattern[str], text: str, at: int, today: date) -> tuple[re.Match[str], Anchor] | None:
    """The stretch that follows `pattern` at `at`."""
    match = pattern.match(text, at)
    anchor = base(text, match.end(), today, today) if match else None
    return (match, anchor) if match and anchor else None


_SINCE = re.compile(
    r"(?:ever\s+)?since\s+(?:the\s+(?:(?P<end>end|close)|(?P<start>start|beginning|open))\s+(?:of|on)\s+)?",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_CLOSE = re.compile(r"'s\s+clos(?:e|ing)\b", re.IGNORECASE)


def _since(text: str, at: int, today: date) -> Anchor | None:
    """From the first day of the stretch to today; "since the end of" and "since Friday's close" from the day after.
    A move since a date of the calendar starts from that day's close, as "from 3 Feb to now" does."""
    if not (hit := _after(_SINCE, text, at, today)):
        return None
    match, base = hit
    close = _CLOSE.match(text, base.end)
    if not (match["end"] or close):
        dated = not match["start"] and bool(_DIGIT.search(text, match.end(), base.end)) and base.year != "relative"
        from_start = dated and base.first == base.last < today
        label = f"since {spell(base.first)}"
        return Anchor(base.first, max(base.first, today), label, base.end, from_start=from_start)
    last = base.last - 7 * DAY if base.year == "open" and base.last == today else base.last
    return Anchor(
        last + DAY, max(last + DAY, today), f"since the close of {spell(last)}", close.end() if close else base.end
    )


_ENDING = re.compile(rf"(?:the\s+)?{UNIT}\s+(?:ending|ended|to|through|up to|until)\s+(?:on\s+)?", re.IGNORECASE)


def _ending(text: str, at: int, today: date) -> Anchor | None:
    """As in "the week to 20 February": the unit whose last day that is."""
    if not (hit := _after(_ENDING, text, at, today)) or hit[1].first != hit[1].last:
        return None
    match, day = hit
    unit = match["unit"].lower()
    return Anchor(back(day.last, 1, unit) + DAY, day.last, f"in the {unit} to {spell(day.last)}", day.end)


_WEEK_OF = re.compile(r"(?:the\s+)?week\s+(?:of|beginning|starting|commencing)\s+(?:on\s+)?", re.IGNORECASE)


def _week_of(text: str, at: int, today: date) -> Anchor | None:
    if not (hit := _after(_WEEK_OF, text, at, today)) or hit[1].first != hit[1].last:
        return None
    monday = first_of("week", hit[1].first)
    return Anchor(monday, monday + 6 * DAY, f"in the week of {spell(monday)}", hit[1].end)


_EDGE = re.compile(
    r"(?:the\s+)?(?:very\s+)?(?P<edge>end|close|start|beginning)\s+of\s+|year[- ]end\s+(?:of\s+)?(?=\d)", re.IGNORECASE
)


def edge(text: str, at: int, today: date) -> Anchor | None:
    """As in "the end of January": its last day; a reader of prices takes the last session on or before it."""
    if not (hit := _after(_EDGE, text, at, today)) or _of_each_day(hit[0]):
        return None
    match, base = hit
    if base.first == base.last:
        return base
    edge = "end" if (match["edge"] or "end").lower() in {"end", "close"} else "start"
    day = base.last if edge == "end" else base.first
    return Anchor(day, day, f"at the {edge} of {_bare(base)}", base.end)


_AT_THE_END = re.compile(r"\b(?:at|by|from|to|until|till)\s+$", re.IGNORECASE)


def _of_each_day(match: re.Match[str]) -> bool:
    """Whether "close of" is that of a day, not the end of a stretch: "the highest close of January"."""
    if (match["edge"] or "").lower() != "close" or match.group().lower().startswith("the"):
        return False
    return not _AT_THE_END.search(match.string, 0, match.start())


_UNIT_END = re.compile(r"(?:the\s+|last\s+)?(?P<unit>month|quarter|year)[- ]?end\b", re.IGNORECASE)
_PRICED_AT = re.compile(r"\b(?:at|by|since|from|until|to|close|price)\s+$", re.IGNORECASE)


def _unit_end(text: str, at: int, today: date) -> Anchor | None:
    """As in "at year end": the last day of the latest month, quarter or year that is over."""
    match = _UNIT_END.match(text, at)
    if not match or not _PRICED_AT.search(text, 0, at):
        return None
    unit = match["unit"].lower()
    ended = first_of(unit, today + DAY) - DAY
    return Anchor(ended, ended, f"at the end of the {unit}, on {spell(ended)}", match.end())


_THIRD = re.compile(r"(?P<part>early|mid|late)[\s-]+(?:in\s+)?", re.IGNORECASE)
_HALF = re.compile(r"(?:the\s+)?(?P<part>first|second|last)\s+half\s+of\s+", re.IGNORECASE)
_PARTS = {"early": 0, "mid": 1, "late": 2, "first": 0, "second": 1, "last": 1}


def _portion(text: str, at: int, today: date) -> Anchor | None:
    """As in "early March" (ten days; of a year four months), "the first half of 2025"."""
    for pattern, parts in ((_THIRD, 3), (_HALF, 2)):
        hit = _after(pattern, text, at, today)
        if hit and hit[1].first != hit[1].last:
            match, base = hit
            cuts = _cuts(base.first, base.last, parts)
            part = _PARTS[match["part"].lower()]
            label = f"{match['part'].lower()}" if parts == 3 else f"the {match['part'].lower()} half of"
            return Anchor(cuts[part], cuts[part + 1] - DAY, f"in {label} {_bare(base)}", base.end)
    return None


def _cuts(first: date, last: date, parts: int) -> list[date]:
    """Where `parts` equal parts begin, and the day after the last: in whole months where that is possible."""
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    inner = range(1, parts)
    if months > 1 and months % parts == 0:
        return [first, *(months_before(first, -months // parts * n) for n in inner), last + DAY]
    days = (last - first).days + 1
    return [first, *(first + DAY * (days // parts * n) for n in inner), last + DAY]


_SLICE = re.compile(
    rf"(?:the\s+)?(?:very\s+)?(?P<part>first|last|final)\s+(?:{COUNT}\s+)?(?P<trading>trading\s+)?"
    r"(?P<unit>day|session|close|week|month|quarter)s?\s+(?:of|in)\s+",
    re.IGNORECASE,
)


def _slice(text: str, at: int, today: date) -> Anchor | None:
    """As in "the last 3 months of 2025", "the first week of February", "the last trading day of January"."""
    if not (hit := _after(_SLICE, text, at, today)) or hit[1].first == hit[1].last:
        return None
    match, base = hit
    number, unit = count(match["n"] or "one"), match["unit"].lower()
    if match["trading"] or unit in {"session", "close"}:
        if number == 1:
            return single(_session(match["part"], base, today), base.end, "relative")
        unit = "day"
    if match["part"].lower() == "first":
        first, last = base.first, back(base.first, -number, unit) - DAY
    else:
        first, last = back(base.last, number, unit) + DAY, base.last
    label = f"in {match.group().strip().lower()} {_bare(base)}"
    return single(first, base.end, "relative") if first == last else Anchor(first, last, label, base.end)


def _session(part: str, base: Anchor, today: date) -> date:
    """The first weekday of `base` after 1 January, on which every exchange rests, or its last day that has come: a
    reader of prices takes the last session on or before it. Other holidays are not known here."""
    if part.lower() != "first":
        return min(base.last, today) if base.first <= today else base.last
    day = base.first
    while day.weekday() > 4 or (day.month, day.day) == (1, 1):
        day += DAY
    return day


def _bare(anchor: Anchor) -> str:
    return anchor.label.removeprefix("in ")


Form = Callable[[str, int, date], Anchor | None]
BEFORE_RANGES: tuple[Form, ...] = (_since, _ending, _week_of, _portion, _slice)
AFTER_RANGES: tuple[Form, ...] = (edge, _unit_end, lambda text, at, today: base(text, at, today, today))
