"""What is queued under which names and when, decided from the sources' states and the clock. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest import schedule
from ingest.types import SourceKind, SourceState, digest

QUEUES = ("news", "quotes", "index", "briefings")  # what a worker may be told to serve
UPKEEP = "upkeep"  # what each worker serves beside them
PLACES: dict[SourceKind, int] = {"news": 2, "quotes": 1}  # polls of one host at a time; yfinance is not made for more
_LATE = timedelta(hours=3)  # a briefing that nobody could give for so long is left out
_SATURDAY = 5


def place(source: SourceState) -> str:
    """The lock of a poll: one of the places at its host. Of a source it is always the same, so that nobody polls it
    while another does."""
    number = int(digest(source.url), 16) % PLACES[source.kind]
    return f"{schedule.host(source.address)}#{number}"


def due(followed: Iterable[SourceState], now: datetime) -> list[SourceState]:
    """The sources that are to be polled by `now`, those that have waited longest first."""
    waiting = [s for s in followed if s.enabled and schedule.is_due(s, now)]
    return sorted(waiting, key=lambda s: s.next_poll or datetime.min.replace(tzinfo=UTC))


def briefings(times: Iterable[str], now: datetime) -> Iterator[tuple[str, datetime]]:
    """Those of `times` (`06:45 Europe/London`: on weekdays there) that have come in the last hours, and when."""
    for entry in times:
        at, zone = entry.split()
        local = now.astimezone(ZoneInfo(zone))
        moment = datetime.combine(local.date(), time.fromisoformat(at), ZoneInfo(zone))
        if local.weekday() < _SATURDAY and moment <= now < moment + _LATE:
            yield entry, moment.astimezone(UTC)
