"""Two symbols at one close: the ratio of their prices and the difference between them."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.market.facts import finished
from assistant.market.finding import Finding
from assistant.market.missing import lagging, unknown_period
from assistant.market.money import in_major, major
from assistant.market.view import MarketView, Point, bar_point, day_text
from assistant.numbers import price_text, signed_text
from assistant.types import Derivation, Figure, Part, Period, Statement

RATIO, SPREAD = "price ratio", "price spread"


def pair(part: Part, views: Sequence[MarketView], first_citation: int) -> list[Finding]:
    """The ratio or the spread of two symbols, told with the first of them. Never across currencies: no rate is
    applied that the question does not ask for."""
    if len(views) != 2:
        return [Finding(v, gap=f"A {part.term} is of two symbols.") for v in views[:1]]
    first, second = views
    for view in views:
        if part.period and (gap := unknown_period(view, part.period)):
            return [Finding(view, gap=gap)]
    units = [major(v.unit) for v in views]
    if units[0] != units[1]:
        return [Finding(first, gap=other_currencies(views, f"their {part.term} is not computed"))]
    ends = _same_close(views, part.period)
    if ends is None:
        when = f" {part.period.label}" if part.period else ""
        return [Finding(first, gap=f"No day on which both {first.name} and {second.name} closed is stored{when}.")]
    statement = (_ratio if part.term == RATIO else _spread)(views, ends, first_citation)
    told = [
        finished(Finding(view, points=(end,), warnings=lagging(view, part.period, end)), n)
        for n, (view, end) in enumerate(zip(views, ends, strict=True), first_citation)
    ]
    return [replace(told[0], statements=(statement,)), told[1]]


def other_currencies(views: Sequence[MarketView], so: str) -> str:
    """Why amounts in several currencies are not put together."""
    listed = " and ".join(f"{v.instrument.symbol} is quoted in {v.unit}" for v in views)
    return f"{listed}, and no exchange rate is applied here: {so}."


def _same_close(views: Sequence[MarketView], period: Period | None) -> tuple[Point, Point] | None:
    """The closes of the last day on which both traded, in `period` or on the last day before it."""
    days = [{b.day: b for b in v.bars if period is None or b.day <= period.end} for v in views]
    both = days[0].keys() & days[1].keys()
    return (bar_point(days[0][max(both)]), bar_point(days[1][max(both)])) if both else None


def _ratio(views: Sequence[MarketView], ends: tuple[Point, Point], n: int) -> Statement:
    prices = _prices(views, ends, n)
    over, under = map(in_major, prices)
    value = over.value / under.value
    ratio = Figure(
        price_text(value), round(value, 6), "", None, "ratio", ends[0].as_of, n,
        Derivation("first / second", (over, under)), ends[0].day,
    )  # fmt: skip
    lead = f"The price of {views[0].name} was {ratio.text} times that of {views[1].name}"
    return _told(lead, views, ends, [ratio, *prices], n)


def _spread(views: Sequence[MarketView], ends: tuple[Point, Point], n: int) -> Statement:
    prices = _prices(views, ends, n)
    left, right = map(in_major, prices)
    value, decimals = left.value - right.value, max(len(f.text.partition(".")[2]) for f in (left, right))
    spread = Figure(
        signed_text(value, decimals), round(value, 6), left.unit, None, "spread", ends[0].as_of, n,
        Derivation("first - second", (left, right)), ends[0].day,
    )  # fmt: skip
    lead = f"The spread of {views[0].name} over {views[1].name} was {spread.text} {spread.unit} a share"
    return _told(lead, views, ends, [spread, *prices], n)


def _prices(views: Sequence[MarketView], ends: tuple[Point, Point], n: int) -> list[Figure]:
    return [views[0].figure(ends[0], n), views[1].figure(ends[1], n + 1)]


def _told(
    lead: str, views: Sequence[MarketView], ends: tuple[Point, Point], figures: Sequence[Figure], n: int
) -> Statement:
    _, left, right = figures
    closes = views[0].closes if views[0].closes == views[1].closes else "closes"
    text = (
        f"{lead} at the {closes} of {day_text(ends[0].day)}: {left.text} {left.unit} [{n}] against "
        f"{right.text} {right.unit} [{n + 1}]."
    )
    return Statement(text, tuple(figures), (n, n + 1))
