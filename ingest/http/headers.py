"""What a server's headers say about time: when to ask again, and what it is there now. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_HOLD = timedelta(days=31)  # no server may silence itself for longer


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The instant named by `Retry-After` (seconds or a date), at most `MAX_HOLD` after `now`; None where it is absent
    or makes no sense. A date is read against the server's own clock, so that a wrong one here does no harm."""
    value = headers.get("retry-after", "").strip()
    try:
        wait = int(value) if value.isdigit() else (_date(value) - server_time(headers, now)).total_seconds()
        return now + timedelta(seconds=min(max(wait, 0), MAX_HOLD.total_seconds()))
    except (ValueError, OverflowError):
        return None


def fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when the server calls its answer fresh, by `Cache-Control` or else `Expires`, at most `MAX_HOLD` after
    `now`; None where it does not say, says it in no usable way, or wants every use to ask anew."""
    directives = (d.partition("=") for d in headers.get("cache-control", "").split(","))
    told = {k.strip().lower(): v.strip(' "') for k, _, v in directives}
    try:
        if not told.keys().isdisjoint({"no-cache", "no-store"}):
            return None
        if "max-age" in told:
            age = headers.get("age", "")
            wait = float(int(told["max-age"]) - (int(age) if age.isdigit() else 0))
        else:
            wait = (_date(headers["expires"]) - server_time(headers, now)).total_seconds()
        return now + timedelta(seconds=min(wait, MAX_HOLD.total_seconds())) if wait > 0 else None
    except (KeyError, ValueError, OverflowError):
        return None


def _date(value: str) -> datetime:
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """What time it was at the server when it answered; `now` where it does not say."""
    try:
        return _date(headers["date"])
    except (KeyError, ValueError, OverflowError):
        return now
