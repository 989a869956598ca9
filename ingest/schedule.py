"""When a source is polled next, and when it is left alone: its state after a poll, decided from the outcome. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ingest.errors import BellError, RateLimited, Refused
from ingest.types import SourceKind, SourceState, digest

EVERY: dict[SourceKind, timedelta] = {"news": timedelta(minutes=30), "quotes": timedelta(minutes=15)}
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=24)
LONGEST_HOLD: dict[SourceKind, timedelta] = {"news": LONGEST, "quotes": timedelta(hours=1)}  # where no time was named
JITTER = 0.1  # of a wait: what was polled together is not polled together for ever
SPREAD = 0.5  # of the first wait: nor are many sources that were added together
_GONE, _NOT_FOUND = 410, 404
_PORTS = {"http": 80, "https": 443}


def host(url: str) -> str:
    """What shares connections: a feed's host, or `yahoo` for every symbol."""
    parts = urlsplit(url)
    return parts.hostname or parts.scheme


def server(url: str) -> str:
    """What shares one server's patience: scheme, host and port of a feed, or `yahoo` for every symbol."""
    parts = urlsplit(url)
    if not parts.hostname:
        return parts.scheme
    try:
        port = parts.port
    except ValueError:  # such an address is never reached
        port = None
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}:{port or _PORTS.get(parts.scheme)}"


def limiter(state: SourceState) -> str:
    """The server whose limit a source's hold is: its own, or the one that it was redirected to."""
    return server(state.moved_to if state.moved_to and not state.moves else state.address)


def is_due(state: SourceState, now: datetime) -> bool:
    return state.next_poll is None or state.next_poll <= now


def holds(states: Iterable[SourceState], now: datetime) -> dict[str, datetime]:
    """server -> until when it must not be asked, by all that is remembered of its sources."""
    found: dict[str, datetime] = {}
    for state in states:
        if state.held_until and state.held_until > now:
            of = limiter(state)
            found[of] = max(state.held_until, found.get(of, now))
    return found


def refusals(states: Iterable[SourceState]) -> dict[str, int]:
    """server -> how often in a row it has limited us, whichever of its sources met that."""
    found: dict[str, int] = {}
    for state in states:
        if state.held_until:
            of = limiter(state)
            found[of] = max(state.failures, found.get(of, 0))
    return found


def succeeded(state: SourceState, now: datetime) -> SourceState:
    """Next after the usual wait or, between `SHORTEST` and `LONGEST`, when the server's answer is no longer fresh."""
    fresh = (state.fresh_until or now) - now
    apart = _lot(state, now) * (JITTER if state.last_ok else SPREAD)
    if fresh > timedelta(0):
        wait = min(max(fresh, SHORTEST) * (1 + apart), LONGEST) if fresh < LONGEST else LONGEST * (1 - apart)
    else:
        wait = EVERY[state.kind] * (1 - apart)  # a little early, or a timer of that rhythm would miss it
    return replace(state, last_ok=now, last_error=None, failures=0, held_until=None, next_poll=now + wait)


def failed(state: SourceState, error: BellError, now: datetime, refused: int = 0) -> SourceState:
    """Doubles the wait with each failure in a row, up to `LONGEST`; a host that limits us is held, for as long as it
    says, else doubling with each of its `refused` limits in a row. An address that is gone for good (410) is asked no
    more, one that is missing (404) once a day; one that a source had moved to is given up for the old one. Where it was
    another server that limits us, behind a redirect, the hold is that one's (`limiter`)."""
    status = error.status if isinstance(error, Refused) else 0
    limited = isinstance(error, RateLimited)
    failures = max(state.failures, refused if limited else 0) + 1
    enabled = state.enabled and (status != _GONE or state.address != state.url)
    wait = LONGEST if status == _NOT_FOUND else _back_off(state.kind, failures)
    late = 1 + JITTER * _lot(state, now)
    until, elsewhere = None, None
    if isinstance(error, RateLimited):
        elsewhere = error.server if error.server not in {"", server(state.url)} else None
        until = error.retry_after or now + min(wait, LONGEST_HOLD[state.kind]) * (late - JITTER)
        wait = min(wait, LONGEST_HOLD[state.kind])
    return replace(
        state,
        enabled=enabled,
        last_error=str(error),
        failures=failures,
        next_poll=max(until or now, now + wait * late) if enabled else None,
        held_until=until,
        moved_to=elsewhere,
        moves=0,
    )


def held(state: SourceState, until: datetime, elsewhere: str = "") -> SourceState:
    """Not asked, because its server is held; or, where it leads `elsewhere`, because that one is."""
    after = replace(state, moved_to=elsewhere, moves=0) if elsewhere else state
    return replace(after, held_until=until, next_poll=max(until, state.next_poll or until))


def _back_off(kind: SourceKind, failures: int) -> timedelta:
    return min(EVERY[kind] * (1 << min(failures, 10)), LONGEST)


def _lot(state: SourceState, now: datetime) -> float:
    """From 0 to 1, another for each source and poll, and yet the same whenever it is asked for again."""
    return int(digest(state.url, now), 16) / 16**16
