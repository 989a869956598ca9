"""On how many sessions a symbol rose or fell, in all and in a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from assistant.market import series
from assistant.market.change import changes
from assistant.market.finding import Finding
from assistant.market.view import MarketView, bar_point, day_text
from assistant.types import Figure, Period, Statement
from ingest.types import Bar


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
    went_so = series.count(view, bars, sum(went(a, b) for a, b in days), f"days {way}", formula, n)
    total = series.count(view, bars, len(days), "days", "count(close)", n)
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
    return series.count(view, bars, run.length, f"run of {run.word} closes", formula, n)
