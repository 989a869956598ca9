"""The change of one symbol between two prices: from which close to which price it goes, and its figures. Pure."""

from assistant.market.view import MarketView, Point, bar_point
from assistant.numbers import signed_text
from assistant.types import Derivation, Figure, Period


def move_ends(view: MarketView, period: Period | None) -> tuple[Point, Point] | None:
    """The close a move starts from and the price it ends at."""
    live = view.live
    if period is None:
        last = live or (bar_point(view.bars[-1]) if view.bars else None)
    else:
        inside = view.inside(period)
        last = bar_point(inside[-1]) if inside else None
        if live and period.start <= live.day <= period.end:
            last = live
    if last is None:
        return None
    base = view.before(period.first_moving_day if period else last.day)
    return (bar_point(base), last) if base else None


def changes(view: MarketView, base: Point, last: Point, n: int) -> tuple[Figure, Figure]:
    """The percent and the absolute change from `base` to `last`, each with its formula and inputs."""
    inputs = (view.figure(base, n), view.figure(last, n))
    percent, amount = (last.value / base.value - 1) * 100, last.value - base.value
    symbol, unit, formula = view.instrument.symbol, view.unit, "last - first"
    decimals = len(inputs[1].text.partition(".")[2])
    if unit == "percent":
        amount, unit, formula, decimals = amount * 100, "basis points", "(last - first) * 100", 1
    return (
        Figure(
            signed_text(percent), round(percent, 6), "percent", symbol, "change", last.as_of, n,
            Derivation("(last / first - 1) * 100", inputs), last.day,
        ),
        Figure(
            signed_text(amount, decimals), round(amount, 6), unit, symbol, "change", last.as_of, n,
            Derivation(formula, inputs), last.day,
        ),
    )  # fmt: skip
