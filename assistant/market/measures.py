"""Calculations over the closes of a period that people ask for by name, each shown with its formula and inputs."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from assistant.market.facts import Finding, end_missing, known_only_from, unknown_period
from assistant.market.view import MarketView, Point, bar_point, day_text
from assistant.numbers import price_text, signed_text
from assistant.types import Derivation, Figure, Part, Period, Statement
from ingest.types import Bar

TRADING_DAYS = 252  # the usual convention for annualising
_Measure = Callable[[MarketView, Sequence[Bar], str, int], Finding]


def measure(part: Part, view: MarketView, n: int) -> Finding | None:
    """The measure that `part.term` names, over its period (the past year if none); None where no such measure is."""
    compute = next((f for name, f in _MEASURES.items() if part.term and name in part.term.lower()), None)
    if compute is None:
        return None
    period = part.period or Period(view.today - timedelta(days=364), view.today, "in the past year")
    if gap := unknown_period(view, period):
        return Finding(view, gap=gap)
    bars = view.inside(period)
    if len(bars) < 3:
        return Finding(view, gap=f"{view.name} has {len(bars)} closes {period.label}: too few for that.")
    finding = compute(view, bars, period.label, n)
    end = end_missing(view, period, bar_point(bars[-1]))
    return replace(finding, warnings=(*finding.warnings, *end, *known_only_from(view, period)))


def _drawdown(view: MarketView, bars: Sequence[Bar], label: str, n: int) -> Finding:
    peak, worst, trough = bars[0], (bars[0], bars[0]), 0.0
    for bar in bars:
        peak = bar if bar.close > peak.close else peak
        if bar.close / peak.close - 1 < trough:
            worst, trough = (peak, bar), bar.close / peak.close - 1
    top, bottom = bar_point(worst[0]), bar_point(worst[1])
    high, low = view.figure(top, n), view.figure(bottom, n)
    value = _percent(view, "drawdown", trough * 100, bottom, Derivation("(trough / peak - 1) * 100", (high, low)), n)
    text = (
        f"The largest drawdown of {view.name} {label}, close to close, was {value.text} %: "
        f"from {high.text} {high.unit} on {view.when(top)} to {low.text} {low.unit} on {view.when(bottom)} [{n}]."
    )
    return Finding(view, (Statement(text, (value, high, low), (n,)),), (top, bottom))


def _volatility(view: MarketView, bars: Sequence[Bar], label: str, n: int) -> Finding:
    returns = [math.log(b.close / a.close) for a, b in pairwise(bars)]
    annual = statistics.stdev(returns) * math.sqrt(TRADING_DAYS) * 100
    last = bar_point(bars[-1])
    derivation = Derivation("stdev(ln(close / previous close)) * sqrt(252) * 100", _ends(view, bars, n))
    value = _percent(view, "volatility", annual, last, derivation, n, signed=False)
    text = (
        f"The volatility of {view.name} {label} was {value.text} % a year, from the daily closes of "
        f"{day_text(bars[0].day)} to {day_text(bars[-1].day)} [{n}]."
    )
    return Finding(view, (Statement(text, (value,), (n,)),), (bar_point(bars[0]), last))


def _average(view: MarketView, bars: Sequence[Bar], label: str, n: int) -> Finding:
    mean = statistics.fmean(b.close for b in bars)
    last, currency = bar_point(bars[-1]), view.instrument.currency
    derivation = Derivation("mean(close)", _ends(view, bars, n))
    text = price_text(mean, view.instrument.kind)
    value = Figure(text, round(mean, 6), currency, view.instrument.symbol, "average close", last.as_of, n, derivation)
    sentence = (
        f"The average close of {view.name} {label} was {value.text} {currency}, over the sessions of "
        f"{day_text(bars[0].day)} to {day_text(bars[-1].day)} [{n}]."
    )
    return Finding(view, (Statement(sentence, (value,), (n,)),), (bar_point(bars[0]), last))


def _ends(view: MarketView, bars: Sequence[Bar], n: int) -> tuple[Figure, ...]:
    return view.figure(bar_point(bars[0]), n), view.figure(bar_point(bars[-1]), n)


def _percent(
    view: MarketView, field: str, value: float, point: Point, derivation: Derivation, n: int, signed: bool = True
) -> Figure:
    text = signed_text(value) if signed else f"{value:.2f}"
    return Figure(text, round(value, 6), "percent", view.instrument.symbol, field, point.as_of, n, derivation)


_MEASURES: dict[str, _Measure] = {"drawdown": _drawdown, "volatility": _volatility, "average": _average}
