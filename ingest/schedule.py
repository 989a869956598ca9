"""When a source is polled next, and when it is left alone: its state after a poll, decided from the outcome. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ingest.errors import BellError, RateLimited, Refused
from ingest.types import SourceKind, SourceState

EVERY: dict[SourceKind, timedelta] = {"news": timedelta(minutes=30), "quotes": timedelta(minutes=15)}
LONGEST = timedelta(hours=24)
_GONE, _NOT_FOUND = 410, 404


def host(url: str) -> str:
    """What shares one server's patience: a feed's host, or `yahoo` for every symbol."""
    parts = urlsplit(url)
    return parts.hostname or parts.scheme


def is_due(state: SourceState, now: datetime) -> bool:
    return state.next_poll is None or state.next_poll <= now


def holds(states: Iterable[SourceState], now: datetime) -> dict[str, datetime]:
    """host -> until when it must not be asked, by all that is remembered of its sources."""
    found: dict[str, datetime] = {}
    for state in states:
        if state.held_until and state.held_until > now:
            found[host(state.url)] = max(state.held_until, found.get(host(state.url), now))
    return found


def succeeded(state: SourceState, now: datetime) -> SourceState:
    return replace(state, last_ok=now, last_error=None, failures=0, held_until=None, next_poll=now + EVERY[state.kind])


def failed(state: SourceState, error: BellError, now: datetime) -> SourceState:
    """Doubles the wait with each failure in a row, up to `LONGEST`; a host that limits us is held; an address that is
    gone for good (410) is asked no more, one that is missing (404) once a day."""
    failures = state.failures + 1
    status = error.status if isinstance(error, Refused) else 0
    enabled = state.enabled and status != _GONE
    wait = LONGEST if status == _NOT_FOUND else _back_off(state.kind, failures)
    held = (error.retry_after or now + wait) if isinstance(error, RateLimited) else None
    return replace(
        state,
        enabled=enabled,
        last_error=str(error),
        failures=failures,
        next_poll=max(held or now, now + wait) if enabled else None,
        held_until=held,
    )


def held(state: SourceState, until: datetime) -> SourceState:
    """Not asked, because its host is held."""
    return replace(state, held_until=until, next_poll=max(until, state.next_poll or until))


def _back_off(kind: SourceKind, failures: int) -> timedelta:
    return min(EVERY[kind] * (1 << min(failures, 10)), LONGEST)
