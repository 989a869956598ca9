"""What the store lacks of one symbol: why nothing can be said of a period, and warnings beside what is said. Pure."""

from datetime import timedelta

from assistant.market.finding import Finding
from assistant.market.freshness import exchange_state, staleness
from assistant.market.view import MarketView, Point, day_text
from assistant.types import Period


def unknown_period(view: MarketView, period: Period) -> str:
    """Why nothing can be said of `period`, or "" where something can."""
    if not view.bars and not view.live:
        return f"No price of {view.name} was known at that time."
    if period.start > view.today:
        return f"{_named(period)} lies after the time of this answer, {day_text(view.today)}."
    if view.bars and period.end < view.bars[0].day:
        return coverage(view, period)
    return ""


def coverage(view: MarketView, period: Period | None) -> str:
    """From when to when the view reaches, for whom nothing is told of `period`."""
    if not view.bars:
        return f"No price of {view.name} was known at that time."
    asked = f"{_named(period)} is not covered: " if period else ""
    return f"{asked}{view.name} is known here from {day_text(view.bars[0].day)} to {day_text(view.bars[-1].day)}."


def no_session(view: MarketView, period: Period) -> str:
    """Why no session of `period` is stored: a sentence."""
    if period.single_day and view.is_session(period.start) is False:
        return f"{view.instrument.exchange} had no session on {day_text(period.start)}."
    if period.single_day and view.live and view.live.day == period.start:
        return f"Of the session of {day_text(period.start)} only its prices so far are stored."
    if period.single_day and period.start == view.today and (state := exchange_state(view)):
        return state
    if period.end >= view.today:
        return f"No session {period.label} has closed in the store yet."
    return f"No close of {view.instrument.symbol} {period.label} is stored."


def _named(period: Period) -> str:
    return day_text(period.start) if period.single_day else f"The period {period.label!r}"


def known_only_from(view: MarketView, period: Period) -> tuple[str, ...]:
    """A warning where the store does not reach back to the beginning of `period`."""
    if not view.bars or view.bars[0].day <= period.start + timedelta(days=5):
        return ()
    return (f"{view.instrument.symbol} is known here only from {day_text(view.bars[0].day)} on",)


def lagging(view: MarketView, period: Period | None, last: Point, base: Point | None = None) -> tuple[str, ...]:
    """Warnings where the store lacks sessions up to `last`, or that in which a measure from `base` should start."""
    if period is None:
        return stale(view)
    return (*(_base_missing(view, period, base) if base else ()), *end_missing(view, period, last))


def _base_missing(view: MarketView, period: Period, base: Point) -> tuple[str, ...]:
    """A warning where the session that a move should start from has no close in the store."""
    wanted = view.last_session(before=period.first_moving_day)
    if wanted is None or wanted <= base.day:
        return ()
    return (f"{view.instrument.symbol}: no close of {day_text(wanted)} is stored; measured from {day_text(base.day)}",)


def end_missing(view: MarketView, period: Period, last: Point) -> tuple[str, ...]:
    """A warning where sessions of `period` have closed that the store does not hold."""
    if period.end >= view.today and (reason := staleness(view)):
        return (reason,)
    wanted = view.last_session(before=period.end + timedelta(days=1))
    if last.live or wanted is None or wanted <= last.day:
        return ()
    if wanted > view.bars[-1].day:
        return stale(view)
    return (f"{view.instrument.symbol}: no close of {day_text(wanted)} is stored",)


def backfilled(finding: Finding) -> tuple[str, ...]:
    """A warning where prices of the asked time were fetched only later."""
    late = [p.fetched for p in finding.points if p.fetched > finding.view.as_of]
    if not late:
        return ()
    return (f"{finding.view.instrument.symbol}: backfilled, fetched only on {day_text(max(late).date())}",)


def stale(view: MarketView) -> tuple[str, ...]:
    """A warning where the newest price of the view is past its time."""
    reason = staleness(view)
    return (reason,) if reason else ()
