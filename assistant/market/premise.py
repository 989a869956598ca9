"""What a question takes for granted of prices, held against the stored ones. Pure."""

import re
from collections.abc import Sequence

from assistant.levels import Level
from assistant.market import series
from assistant.market.view import MarketView, Point, bar_point
from assistant.types import Field, Figure, Period, Statement

_UP = re.compile(
    r"\b(?:up|higher|ris(?:e|es|en|ing)|rose|gain\w*|rall(?:y|ied|ies|ying)|soar\w*|surg\w*|jump\w*|climb\w*|advanc\w*"
    r"|rebound\w*|recover\w*|spik\w*|doubl\w*|tripl\w*|boom\w*|skyrocket\w*|lift\w*|strength)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:down|lower|fall(?:s|en|ing)?|fell|drop\w*|los(?:e|es|t|ing|s|ses)|crash\w*|plung\w*|plummet\w*|slump\w*"
    r"|slid\w*|sank|sink\w*|sunk|tumbl\w*|declin\w*|dip\w*|tank\w*|collaps\w*|halv\w*|sell-?off|sold off|shed|slip\w*"
    r"|weak\w*|tumble)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"n't\b|\bnot\b|\bno\b|\bfail\w*|\bdespite\b|\binstead\b", re.IGNORECASE)
_CLOSED_AT = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|end(?:ed)?|finish(?:ed)?) at (?:US)?[$€£]?\s?(\d[\d,]*(?:\.\d+)?)"
    r"(?![\d.,]*\d|:|\s?[ap]\.?m)",
    re.IGNORECASE,
)
_AT_LEAST = ((re.compile(r"\bdoubl", re.IGNORECASE), 80.0), (re.compile(r"\btripl", re.IGNORECASE), 150.0))
_HALVED = re.compile(r"\bhalv", re.IGNORECASE)
_AGAINST = re.compile(
    r"\b(?:out|under)perform\w*|\bbeat\w*|\blag\w*|\btrail\w*|\b(?:better|worse) than\b", re.IGNORECASE
)
_BEHIND = re.compile(r"\bunderperform\w*|\blag\w*|\btrail\w*|\bworse\b", re.IGNORECASE)


def takes_sides(text: str) -> bool:
    """Whether `text` speaks of a rise or a fall."""
    return bool(_UP.search(text) or _DOWN.search(text))


def side_of(text: str) -> int:
    """1: `text` speaks of a rise, -1: of a fall, 0: of neither or of both."""
    return bool(_UP.search(text)) - bool(_DOWN.search(text))


def denied(text: str, moves: Sequence[Figure]) -> bool:
    """Whether the percent `moves` of the asked symbols, in order, contradict what `text` takes for granted."""
    if not moves or _NOT.search(text):
        return False
    if (match := _CLOSED_AT.search(text)) and (derivation := moves[0].derived_from):
        grain = 0.5 * 10.0 ** -len(match[1].partition(".")[2])
        return abs(float(match[1].replace(",", "")) - derivation.inputs[-1].value) > grain
    if len(moves) == 2 and _AGAINST.search(text):
        ahead = moves[0].value - moves[1].value
        return ahead > 0 if _BEHIND.search(text) else ahead < 0
    return all(_denied(text, round(m.value, 2)) for m in moves)


def _denied(text: str, percent: float) -> bool:
    up, down = _UP.search(text), _DOWN.search(text)
    if bool(up) == bool(down):
        return False
    if any(word.search(text) and percent < least for word, least in _AT_LEAST):
        return True
    return percent <= 0 if up else percent >= 0 or (bool(_HALVED.search(text)) and percent > -40)


def crossed(view: MarketView, level: Level, period: Period, n: int) -> tuple[Statement, tuple[Point, ...], bool]:
    """Whether and when `view` was at `level` in `period`, of which it holds at least one session."""
    bars = view.inside(period)
    above = level.above if level.above is not None else level.value > bars[0].close
    field: Field = "close" if level.closing else "high" if above else "low"
    points = [bar_point(b, field) for b in bars]
    there = [p for p in points if (p.value > level.value if above else p.value < level.value)]
    how, far = "close" if level.closing else "trade", "high" if above else "low"
    if not there:
        end = (max if above else min)(points, key=lambda p: p.value)
        figure, word = view.figure(end, n), "highest" if above else "lowest"
        what = "close" if level.closing else "price of a session"
        text = (
            f"{view.name} did not {how} that {far} {period.label}: its {word} {what} from {view.when(points[0])} to "
            f"{view.when(points[-1])} was {figure.text} {figure.unit}, on {view.when(end)} [{n}]."
        )
        return Statement(text, (figure,), (n,)), (end,), False
    first, last = there[0], there[-1]
    one, other = view.figure(first, n), view.figure(last, n)
    if first is last:
        text = f"{view.name} {how}d that {far} {period.label} once, on {view.when(first)}, at {one.text} {one.unit}"
        return Statement(f"{text} [{n}].", (one,), (n,)), (first,), True
    formula = f"count({field} {'>' if above else '<'} {level.value:g})"
    days = series.count(view, bars, len(there), f"sessions that {far}", formula, n)
    total = series.count(view, bars, len(bars), "sessions", "count(close)", n)
    text = (
        f"{view.name} {how}d that {far} {period.label} on {days.text} of {total.text} sessions, first on "
        f"{view.when(first)}, at {one.text} {one.unit}, and last on {view.when(last)}, at {other.text} {other.unit} "
        f"[{n}]."
    )
    return Statement(text, (one, other, days, total), (n,)), (first, last), True
