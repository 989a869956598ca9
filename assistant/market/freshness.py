"""How fresh a price is by its exchange's calendar: whether it is stale, and what the exchange does meanwhile. Pure."""

from collections import Counter
from datetime import date, timedelta

from assistant.age import CLOSE_TTL, CLOSE_TTL_SESSIONS, QUOTE_TTL
from assistant.market.view import MarketView, Point, clock_text, day_text

_REAL_TIME = frozenset({"XNYS", "24/7", "24/5"})  # calendars of what Yahoo shows at once; the rest is 10 to 20 min late
_UNTRADED = 2 * QUOTE_TTL  # a price that was this old when it was fetched: longer than any source is delayed
_SHORTER = timedelta(minutes=30)  # than usual: a half day


def is_delayed(view: MarketView) -> bool:
    """Whether the source shows prices of this exchange later than they were traded."""
    late = view.quote is not None and view.quote.source == "cboe"
    return late or view.instrument.calendar not in _REAL_TIME


def is_early_close(view: MarketView, day: date) -> bool:
    """Whether the session of `day` ended earlier than those around it."""
    lengths = {s.day: s.closes_at - s.opens_at for s in view.sessions}
    usual = Counter(lengths.values()).most_common(1)
    return bool(usual) and day in lengths and lengths[day] <= usual[0][0] - _SHORTER


def is_fresh(view: MarketView, point: Point) -> bool:
    """Whether `point` is a price of the session that is open at `as_of`, young enough to speak of today."""
    session = view.open_session
    return bool(point.live and session and point.day == session.day and view.as_of - point.as_of <= QUOTE_TTL)


def staleness(view: MarketView) -> str:
    """Why the newest price of the view is stale at its `as_of`, in one line; "" where it is not."""
    reason = _of_live(view, view.live) if view.live else _of_close(view)
    return f"{view.instrument.symbol} is stale: {reason}" if reason else ""


def _of_live(view: MarketView, live: Point) -> str:
    if not view.open_session:
        return f"the session of {day_text(live.day)} has closed since {view.clock(live)}, and its close is not stored"
    if live.fetched - live.as_of > _UNTRADED:
        last = f"its source had no trade after {view.clock(live)} yet at {clock_text(live.fetched, view.zone)}"
        return f"{last}, with the session open: it may be halted"
    if view.as_of - live.as_of > QUOTE_TTL:
        return f"its newest price is of {view.when(live)}, and the session is still open"
    return ""


def _of_close(view: MarketView) -> str:
    if not view.bars:
        return ""
    newest, missing, running = day_text(view.bars[-1].day), view.missing_sessions, view.open_session
    if missing >= CLOSE_TTL_SESSIONS:
        sessions = "a session has" if missing == 1 else f"{missing} sessions have"
        return f"{sessions} closed since {newest}, the newest in the store"
    if running and view.instrument.kind != "fund":  # funds are priced once a day
        return f"the session of {day_text(running.day)} is open, and no price of it is stored"
    if view.is_session(view.today) is None and view.as_of - view.bars[-1].closed_at > CLOSE_TTL:
        return f"its newest close is of {newest}, and the sessions of its exchange since are not known"
    return ""


def exchange_state(view: MarketView) -> str:
    """What the exchange does on the day of `as_of`, for whom the newest price is of an earlier day: a sentence, or ""
    where the calendar does not tell."""
    day, exchange = day_text(view.today), view.instrument.exchange
    session = next((s for s in view.sessions if s.day == view.today), None)
    if session is None:
        closed = view.is_session(view.today) is False
        why = "weekend" if view.today.weekday() > 4 else "holiday"
        return f"{exchange} has no session on {day} ({why})." if closed else ""
    if view.as_of < session.opens_at:
        return f"The session of {day} has not begun: it opens at {clock_text(session.opens_at, view.zone)}."
    if view.as_of < session.closes_at:
        return f"The session of {day} is open, and no price of it is stored."
    return f"The session of {day} has closed, and its close is not stored."
