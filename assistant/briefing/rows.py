"""One row of the briefing out of one symbol's view: the last price, its changes and the line of its closes."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from assistant.briefing.document import Row, Trend
from assistant.citations import cite
from assistant.market.change import changes
from assistant.market.finding import Finding
from assistant.market.freshness import staleness
from assistant.market.view import MarketView, Point, bar_point
from assistant.types import Citation, Figure

CLOSES = 30  # in the line of a row


def make_row(view: MarketView, n: int) -> tuple[Row, Citation] | None:
    """The row and its citation `n`; None where no price is known."""
    last = _last(view)
    if last is None:
        return None
    finished = [bar_point(b) for b in view.bars if b.day < last.day]
    month = view.before(_month_before(last.day) + timedelta(days=1))
    day, week = finished[-1:], finished[-5:-4]
    percent, amount = changes(view, day[0], last, n) if day else (None, None)
    trend, extremes = _trend(view, n)
    bases = [*day, *week, *([bar_point(month)] if month else [])]
    stale = staleness(view)
    row = Row(
        symbol=view.instrument.symbol,
        name=view.instrument.name,
        kind=view.instrument.kind,
        exchange=view.instrument.exchange,
        day=last.day,
        when=view.when(last),
        live=last.live,
        price=view.figure(last, n),
        percent=percent,
        amount=amount,
        five_sessions=_percent(view, week, last, n),
        one_month=_percent(view, bases[len(day) + len(week) :], last, n),
        trend=trend,
        missing_sessions=view.missing_sessions,
        stale=stale,
        backfilled=not last.live and view.bars[-1].backfilled,
        citation=n,
    )
    evidence = Finding(view, points=(*bases, *extremes, last)).evidence(n)
    return row, cite(evidence, (), view.as_of, bool(stale))


def by_size(views: Iterable[MarketView]) -> list[MarketView]:
    """The largest move of the day first, whatever its sign; stale prices after those of the newest session."""
    return sorted(views, key=lambda v: (bool(staleness(v)), -_size(v), v.instrument.symbol))


def _size(view: MarketView) -> float:
    last = _last(view)
    before = view.before(last.day) if last else None
    return abs(last.value / before.close - 1) if last and before else 0.0


def _last(view: MarketView) -> Point | None:
    return view.live or (bar_point(view.bars[-1]) if view.bars else None)


def _percent(view: MarketView, base: list[Point], last: Point, n: int) -> Figure | None:
    return changes(view, base[0], last, n)[0] if base else None


def _trend(view: MarketView, n: int) -> tuple[Trend | None, list[Point]]:
    points = [bar_point(b) for b in view.bars[-CLOSES:]]
    if len(points) < 2:
        return None, []
    low, high = min(points, key=lambda p: p.value), max(points, key=lambda p: p.value)
    closes = tuple(p.value for p in points)
    return Trend(closes, points[0].day, points[-1].day, view.figure(low, n), view.figure(high, n)), [low, high]


def _month_before(day: date) -> date:
    """The same day of the month before, or that month's last day."""
    end = day.replace(day=1) - timedelta(days=1)
    return end.replace(day=min(day.day, monthrange(end.year, end.month)[1]))
