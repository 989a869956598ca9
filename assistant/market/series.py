"""Several sessions of one symbol told together: each close, their moving average, their mean volume, and on how many
days, or days in a row, it rose or fell."""

import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from assistant.market.change import changes
from assistant.market.finding import Finding
from assistant.market.missing import coverage
from assistant.market.view import MarketView, bar_point, day_text
from assistant.numbers import price_text
from assistant.types import Derivation, Figure, Part, Period, Statement
from ingest.types import Bar, digest

CLOSES, MOVING_AVERAGE = "daily closes", "SMA"
SHOWN = 10  # closes that are listed
_COUNT = re.compile(
    r"\b(\d{1,3})[ -]?(?:(?:daily |trading |business )?(?:days?|sessions?|clos(?:es|ing prices))|dma)\b", re.IGNORECASE
)
_Measure = Callable[[MarketView, Sequence[Bar], Period, int], Finding]


def counted(text: str) -> int:
    """How many sessions `text` speaks of: 50 in "its 50-day average"; 0 where it gives no number."""
    match = _COUNT.search(text)
    return int(match[1]) if match else 0


def closes(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    """Each close of `bars`, of more than `SHOWN` the last."""
    points = [bar_point(b) for b in bars[-SHOWN:]]
    figures = tuple(view.figure(p, n) for p in points)
    listed = ", ".join(f"{f.text} {f.unit} on {view.when(p)}" for f, p in zip(figures, points, strict=True))
    which = f"last {len(points)} closes" if len(bars) > SHOWN else "closes"
    text = f"The {which} of {view.name} {period.label}: {listed} [{n}]."
    return Finding(view, (Statement(text, figures, (n,)),), tuple(points))


def last_closes(view: MarketView, part: Part, n: int) -> Finding:
    """As many closes as the question asks for, the last ones."""
    known = _up_to(view, part)[-counted(part.text) :]
    if not known:
        return Finding(view, gap=coverage(view, part.period))
    return closes(view, known, Period(known[0].day, known[-1].day, f"up to {day_text(known[-1].day)}"), n)


def moving_average(view: MarketView, part: Part, n: int) -> Finding:
    """The mean of as many closes as the question says, up to the end of its period or the last that is known."""
    count = counted(part.text)
    known = _up_to(view, part)
    if not count:
        return Finding(view, gap=f"Over how many days the closes of {view.name} are to be averaged is not said.")
    if len(known) < count:
        return Finding(view, gap=f"Of {view.name} {len(known)} closes are known up to then: too few for {count} days.")
    bars, last = known[-count:], bar_point(known[-1])
    mean, close = statistics.fmean(b.close for b in bars), view.figure(last, n)
    value = Figure(
        price_text(mean, view.instrument.kind), round(mean, 6), view.unit, view.instrument.symbol, "moving average",
        last.as_of, n, Derivation("mean(close)", ends(view, bars, n)), last.day, checksum=checksum(bars),
    )  # fmt: skip
    text = (
        f"The {count}-day moving average of {view.name} on {view.when(last)} was {value.text} {value.unit}, over the "
        f"{view.closes} from {day_text(bars[0].day)} on; its close that day was {close.text} {close.unit} [{n}]."
    )
    return Finding(view, (Statement(text, (value, close), (n,)),), (bar_point(bars[0]), last))


def _up_to(view: MarketView, part: Part) -> list[Bar]:
    return [b for b in view.bars if part.period is None or b.day <= part.period.end]


def mean_volume(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    """How many shares changed hands in a session of `bars`, on average."""
    traded = [b for b in bars if b.volume]
    if not traded:
        return Finding(view, gap=f"No volume of {view.name} {period.label} is stored.")
    mean = statistics.fmean(b.volume or 0 for b in traded)
    first, last = bar_point(traded[0], "volume"), bar_point(traded[-1], "volume")
    value = Figure(
        f"{mean:,.0f}", round(mean, 6), "shares", view.instrument.symbol, "mean volume", last.as_of, n,
        Derivation("mean(volume)", (view.figure(first, n), view.figure(last, n))), last.day, checksum=checksum(traded),
    )  # fmt: skip
    text = (
        f"The mean volume of {view.name} {period.label} was {value.text} shares a session, from {view.when(first)} to "
        f"{view.when(last)} [{n}]."
    )
    return Finding(view, (Statement(text, (value,), (n,)),), (first, last))


def days_up(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    """On how many days the close was above the one before."""
    return _days(view, bars, period, n, "higher", lambda before, after: after.close > before.close)


def days_down(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    """On how many days the close was below the one before."""
    return _days(view, bars, period, n, "lower", lambda before, after: after.close < before.close)


def _days(
    view: MarketView, bars: Sequence[Bar], period: Period, n: int, way: str, went: Callable[[Bar, Bar], bool]
) -> Finding:
    first = view.before(bars[0].day)
    days = [*pairwise([first, *bars] if first else bars)]
    if not days:
        return Finding(view, gap=f"No close of {view.name} before {day_text(bars[0].day)} is stored to compare with.")
    last, formula = bar_point(bars[-1]), f"count(close {'>' if way == 'higher' else '<'} previous close)"
    went_so = count(view, bars, sum(went(a, b) for a, b in days), f"days {way}", formula, n)
    total = count(view, bars, len(days), "days", "count(close)", n)
    text = (
        f"{view.name} closed {way} than the session before on {went_so.text} of {total.text} days {period.label}, by "
        f"the {view.closes} of {day_text(days[0][1].day)} to {day_text(last.day)} [{n}]."
    )
    return Finding(view, (Statement(text, (went_so, total), (n,)),), (bar_point(bars[0]), last))


def run(view: MarketView, bars: Sequence[Bar], period: Period, n: int, way: int = 0) -> Finding:
    """How many sessions in a row up to the last of `bars` closed above the one before (`way` 1), below it (-1), or as
    the last one did (0); and the longest such run among `bars`."""
    first = view.before(bars[0].day)
    runs = _runs([first, *bars] if first else bars)
    if not runs:
        return Finding(view, gap=f"No close of {view.name} before {day_text(bars[0].day)} is stored to compare with.")
    way = way or runs[-1].way
    now = runs[-1] if runs[-1].way == way else None
    alike = [r for r in runs if r.way == way]
    longest = max(alike, key=lambda r: (r.length, r.last.day)) if alike else None
    told = [_running(view, bars, now, n) if now and way else _not_running(view, runs[-1], way, n)]
    if longest and way and longest is not now:
        length = _length(view, bars, longest, n)
        text = (
            f"The longest run of {longest.word} closes {period.label} was {length.text} session"
            f"{'s' * (longest.length > 1)}, up to {day_text(longest.last.day)} [{n}]."
        )
        told.append(Statement(text, (length,), (n,)))
    return Finding(view, tuple(told), (bar_point(runs[-1].base), bar_point(runs[-1].last)))


@dataclass(frozen=True, slots=True)
class _Run:
    """Sessions in a row that closed above (`way` 1), below (-1) or at (0) the one before, of the first `base`."""

    way: int
    length: int
    base: Bar
    last: Bar

    @property
    def word(self) -> str:
        return "higher" if self.way > 0 else "lower"


def _runs(bars: Sequence[Bar]) -> list[_Run]:
    ways = [(b.close > a.close) - (b.close < a.close) for a, b in pairwise(bars)]
    runs, at = [], 0
    for way, same in groupby(ways):
        length = len([*same])
        runs.append(_Run(way, length, bars[at], bars[at + length]))
        at += length
    return runs


def _running(view: MarketView, bars: Sequence[Bar], now: _Run, n: int) -> Statement:
    length = _length(view, bars, now, n)
    base, last = bar_point(now.base), bar_point(now.last)
    percent, amount = changes(view, base, last, n)
    text = (
        f"{view.name} closed {now.word} than the session before on {length.text} session{'s' * (now.length > 1)} in a "
        f"row up to {view.when(last)}: {percent.text} % ({amount.text} {amount.unit}) since the close of "
        f"{view.when(base)} [{n}]."
    )
    return Statement(text, (length, percent, amount), (n,))


def _not_running(view: MarketView, now: _Run, way: int, n: int) -> Statement:
    """That the last session of all closed otherwise than a run goes."""
    before = view.before(now.last.day)
    base, last = bar_point(before or now.base), bar_point(now.last)
    percent, amount = changes(view, base, last, n)
    word = "lower" if way < 0 else "higher" if way > 0 else "higher or lower"
    text = (
        f"{view.name} did not close {word} on {view.when(last)} than on {view.when(base)}: {percent.text} % "
        f"({amount.text} {amount.unit}) [{n}]."
    )
    return Statement(text, (percent, amount), (n,))


def _length(view: MarketView, bars: Sequence[Bar], run: _Run, n: int) -> Figure:
    sign = ">" if run.way > 0 else "<"
    formula = f"sessions in a row with close {sign} previous close"
    return count(view, bars, run.length, f"run of {run.word} closes", formula, n)


def count(view: MarketView, bars: Sequence[Bar], value: int, field: str, formula: str, n: int) -> Figure:
    """A number of sessions among `bars`, bound to all of them."""
    last = bar_point(bars[-1])
    return Figure(
        str(value), float(value), "", view.instrument.symbol, field, last.as_of, n,
        Derivation(formula, ends(view, bars, n)), last.day, checksum=checksum(bars),
    )  # fmt: skip


def checksum(bars: Sequence[Bar]) -> str:
    """Of all rows that a figure was computed from: its derivation shows the first and the last of them."""
    return digest(*(b.checksum for b in bars))


def ends(view: MarketView, bars: Sequence[Bar], n: int) -> tuple[Figure, ...]:
    """The first and the last close of `bars`."""
    return view.figure(bar_point(bars[0]), n), view.figure(bar_point(bars[-1]), n)
