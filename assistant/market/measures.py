"""Calculations over the closes of a period that people ask for by name, each shown with its formula and inputs."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

from assistant.market import pairs, positions, runs, series
from assistant.market.change import changes, move_ends
from assistant.market.facts import finished
from assistant.market.finding import Finding
from assistant.market.missing import coverage, known_only_from, lagging, no_session, unknown_period
from assistant.market.view import MarketView, Point, bar_point, day_text
from assistant.numbers import price_text, signed_text
from assistant.types import Derivation, Figure, Part, Period, Statement
from ingest.types import Bar

TRADING_DAYS = 252  # the usual convention for annualising
DAYS_A_YEAR = 365.25
A_YEAR = 360  # days between closes: a year that begins or ends on a weekend is one
FEWEST = 3  # closes of which most measures say anything
_BEGINNING = date(1900, 1, 1)  # a period from there on is all that is stored
_STRETCHES: dict[str, Callable[[date], object]] = {
    "day": lambda day: day, "week": lambda day: day.isocalendar()[:2], "month": lambda day: (day.year, day.month)
}  # fmt: skip
_Measure = Callable[[MarketView, Sequence[Bar], Period, int], Finding]


def measure(part: Part, views: Sequence[MarketView], first_citation: int) -> list[Finding]:
    """The measure that `part.term` names, of each view or of all together; nothing where it names none.

    A measure of closes is taken over the part's period, or the past year where it has none.
    """
    if part.term in {pairs.RATIO, pairs.SPREAD}:
        return pairs.pair(part, views, first_citation)
    if part.term in positions.TERMS:
        return positions.positions(part, views, first_citation)
    if (tell := _counted(part)) is not None:
        return [finished(_known(part, view, tell, n), n) for n, view in enumerate(views, first_citation)]
    compute = next((f for name, f in _MEASURES.items() if part.term and name in part.term.lower()), None)
    if compute is None:
        return []
    return [finished(_over(part, view, compute, n), n) for n, view in enumerate(views, first_citation)]


def _counted(part: Part) -> Callable[[MarketView, Part, int], Finding] | None:
    """What tells of so many closes, not of those of a period."""
    if part.term == series.CLOSES and series.counted(part.text):
        return series.last_closes
    return series.moving_average if part.term == series.MOVING_AVERAGE else None


def _known(part: Part, view: MarketView, tell: Callable[[MarketView, Part, int], Finding], n: int) -> Finding:
    gap = unknown_period(view, part.period) if part.period else ""
    if gap or not view.bars:
        return Finding(view, gap=gap or coverage(view, None))
    finding = tell(view, part, n)
    late = lagging(view, part.period, finding.points[-1]) if finding.points else ()
    return replace(finding, warnings=(*finding.warnings, *late))


def _over(part: Part, view: MarketView, compute: _Measure, n: int) -> Finding:
    period = part.period or Period(view.today - timedelta(days=364), view.today, "in the past year")
    if gap := unknown_period(view, period):
        return Finding(view, gap=gap)
    bars = view.inside(period)
    if len(bars) < _FEWER.get(compute, FEWEST):
        closes = "one close" if len(bars) == 1 else f"{len(bars) or 'no'} closes"
        return Finding(view, gap=f"{view.name} has {closes} {period.label}: too few for that.")
    finding = compute(view, bars, period, n)
    partly = known_only_from(view, period) if period.start > _BEGINNING else ()
    last = bar_point(bars[-1]) if bars else finding.points[-1] if finding.points else None
    late = lagging(view, period, last) if last else ()
    return replace(finding, warnings=(*finding.warnings, *late, *partly))


def _drawdown(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    peak, worst, trough = bars[0], (bars[0], bars[0]), 0.0
    for bar in bars:
        peak = bar if bar.close > peak.close else peak
        if bar.close / peak.close - 1 < trough:
            worst, trough = (peak, bar), bar.close / peak.close - 1
    top, bottom = bar_point(worst[0]), bar_point(worst[1])
    high, low = view.figure(top, n), view.figure(bottom, n)
    value = _percent(view, "drawdown", trough * 100, bottom, Derivation("(trough / peak - 1) * 100", (high, low)), n)
    text = (
        f"The largest drawdown of {view.name} {period.label}, between {view.closes}, was {value.text} %: "
        f"from {high.text} {high.unit} on {view.when(top)} to {low.text} {low.unit} on {view.when(bottom)} [{n}]."
    )
    return Finding(view, (Statement(text, (value, high, low), (n,)),), (top, bottom))


def _volatility(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    returns = [math.log(b.close / a.close) for a, b in pairwise(bars)]
    annual = statistics.stdev(returns) * math.sqrt(TRADING_DAYS) * 100
    last = bar_point(bars[-1])
    derivation = Derivation("stdev(ln(close / previous close)) * sqrt(252) * 100", series.ends(view, bars, n))
    value = _percent(view, "volatility", annual, last, derivation, n, signed=False)
    value = replace(value, checksum=series.checksum(bars))
    text = (
        f"The volatility of {view.name} {period.label} was {value.text} % a year, from the daily "
        f"{view.closes} of {day_text(bars[0].day)} to {day_text(bars[-1].day)} [{n}]."
    )
    return Finding(view, (Statement(text, (value,), (n,)),), (bar_point(bars[0]), last))


def _average(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    mean = statistics.fmean(b.close for b in bars)
    last = bar_point(bars[-1])
    derivation = Derivation("mean(close)", series.ends(view, bars, n))
    text = price_text(mean, view.instrument.kind)
    value = Figure(
        text, round(mean, 6), view.unit, view.instrument.symbol, "average close", last.as_of, n, derivation,
        last.day, checksum=series.checksum(bars),
    )  # fmt: skip
    sentence = (
        f"The average close of {view.name} {period.label} was {value.text} {value.unit}, over the {view.closes} of "
        f"{day_text(bars[0].day)} to {day_text(bars[-1].day)} [{n}]."
    )
    return Finding(view, (Statement(sentence, (value,), (n,)),), (bar_point(bars[0]), last))


def _growth(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    ends = move_ends(view, period)
    if ends is None and period.start <= _BEGINNING:
        ends = bar_point(bars[0]), bar_point(bars[-1])
    if ends is None:
        known = f"{view.name} is known here only from {day_text(bars[0].day)} on"
        return Finding(view, gap=f"{known}: its growth {period.label} cannot be measured.")
    base, last = ends
    days = (last.day - base.day).days
    if days < A_YEAR:
        spans = f"the closes of {view.name} {period.label} span less than a year"
        return Finding(view, gap=f"No rate a year is told: {spans}, from {day_text(base.day)} to {day_text(last.day)}.")
    old, new = view.figure(base, n), view.figure(last, n)
    rate = ((last.value / base.value) ** (DAYS_A_YEAR / days) - 1) * 100
    derivation = Derivation(f"((last / first) ** (365.25 / {days}) - 1) * 100", (old, new))
    value = _percent(view, "CAGR", rate, last, derivation, n)
    text = (
        f"The CAGR of {view.name} {period.label} was {value.text} % a year: from {old.text} {old.unit} on "
        f"{view.when(base)} to {new.text} {new.unit} {'at' if last.live else 'on'} {view.when(last)}, at "
        f"{view.closes}, dividends not counted [{n}]."
    )
    return Finding(view, (Statement(text, (value, old, new), (n,)),), ends, span=ends)


def _extreme_stretch(view: MarketView, bars: Sequence[Bar], period: Period, n: int, word: str, unit: str) -> Finding:
    """The day, week or month of `period` whose last close lies farthest above (`best`) or below the one before it."""
    first, of = view.before(bars[0].day), _STRETCHES[unit]
    closing = {of(b.day): b for b in ([first, *bars] if first else bars)}
    stretches = [*pairwise(closing.values())]
    if not stretches:
        return Finding(view, gap=f"{view.name} has the closes of one {unit} {period.label}: no change to compare.")
    pick = max if word == "best" else min
    base, last = (bar_point(b) for b in pick(stretches, key=lambda pair: pair[1].close / pair[0].close))
    percent, amount = changes(view, base, last, n)
    old, new = view.figure(base, n), view.figure(last, n)
    text = (
        f"The {word} {unit} of {view.name} {period.label}, by {view.closes}, was "
        f"{'' if unit == 'day' else 'that to '}{view.when(last)}: {percent.text} % "
        f"({amount.text} {amount.unit}), from {old.text} {old.unit} on {view.when(base)} to {new.text} {new.unit} "
        f"[{n}]."
    )
    return Finding(view, (Statement(text, (percent, amount, old, new), (n,)),), (base, last), span=(base, last))


def _from_high(view: MarketView, _bars: Sequence[Bar], period: Period, n: int) -> Finding:
    highs = view.points(period, "high")
    return _distance(view, max(highs, key=lambda p: p.value), period, n) if highs else _no_extreme(view, period)


def _from_low(view: MarketView, _bars: Sequence[Bar], period: Period, n: int) -> Finding:
    lows = view.points(period, "low")
    return _distance(view, min(lows, key=lambda p: p.value), period, n) if lows else _no_extreme(view, period)


def _no_extreme(view: MarketView, period: Period) -> Finding:
    return Finding(view, gap=f"{view.name} has no high or low {period.label}: {no_session(view, period)}")


def _distance(view: MarketView, extreme: Point, period: Period, n: int) -> Finding:
    """How far the latest price lies from the high or low of `period`, whenever that ended."""
    last = view.live or bar_point(view.bars[-1])
    old, new = view.figure(extreme, n), view.figure(last, n)
    value = (last.value / extreme.value - 1) * 100
    derivation = Derivation(f"(last / {extreme.field} - 1) * 100", (new, old))
    away = _percent(view, f"distance from the {extreme.field}", value, last, derivation, n)
    word = {"high": "highest", "low": "lowest"}[extreme.field]
    there = f"its {word} price {period.label}, the {old.text} {old.unit} of {view.until(extreme)}"
    if period.single_day:
        there = f"the {extreme.field} of {view.until(extreme)}, {old.text} {old.unit}"
    stood, at = ("was last at", "at") if last.live else ("closed at", "on")
    text = f"{view.name} {stood} {new.text} {new.unit} {at} {view.when(last)}: {away.text} % from {there} [{n}]."
    return Finding(view, (Statement(text, (away, new, old), (n,)),), (extreme, last))


def _percent(
    view: MarketView, field: str, value: float, point: Point, derivation: Derivation, n: int, signed: bool = True
) -> Figure:
    text = signed_text(value) if signed else f"{value:.2f}"
    return Figure(
        text, round(value, 6), "percent", view.instrument.symbol, field, point.as_of, n, derivation, point.day
    )


_MEASURES: dict[str, _Measure] = {
    **{
        f"{word} {unit}": partial(_extreme_stretch, word=word, unit=unit)
        for word in ("best", "worst")
        for unit in _STRETCHES
    },
    series.CLOSES: series.closes,
    "mean volume": series.mean_volume,
    "days up": runs.days_up,
    "days down": runs.days_down,
    "run up": (_run_up := partial(runs.run, way=1)),
    "run down": (_run_down := partial(runs.run, way=-1)),
    "run of closes": runs.run,
    "drawdown": _drawdown,
    "distance from the high": _from_high,
    "distance from the low": _from_low,
    "volatility": _volatility,
    "average close": _average,
    "cagr": _growth,
}
# Closes that are enough of some; a high or a low may be of a session that is still open.
_FEWER: dict[_Measure, int] = {
    **dict.fromkeys((series.closes, series.mean_volume, runs.days_up, runs.days_down, runs.run, _run_up, _run_down), 1),
    **dict.fromkeys((_from_high, _from_low), 0),
}
