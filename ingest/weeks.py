"""ISO weeks of trading, each named by its Monday: which are finished, and which of them must be written anew. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from ingest.types import Session

WEEK = timedelta(days=7)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def finished(week: date, sessions: Sequence[Session], now: datetime) -> bool:
    """Whether the last of `sessions` in `week` has closed; where none is known there, whether the week is over."""
    closes = [s.closes_at for s in sessions if week <= s.day < week + WEEK]
    return now >= (max(closes) if closes else datetime.combine(week + WEEK, time(), UTC))


def to_write(days: Iterable[date], sessions: Sequence[Session], now: datetime) -> set[date]:
    """Finished weeks whose text depends on a bar of `days`: its own, and the next, which is compared with it."""
    weeks = {monday(day) for day in days}
    return {w for w in weeks | {w + WEEK for w in weeks} if finished(w, sessions, now)}
