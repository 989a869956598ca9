"""Which exchange's days `today` and `this week` mean."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from ingest.types import Instrument


def market_zone(instruments: Iterable[Instrument], timezone: str | None) -> ZoneInfo:
    """The zone in which most of what is followed trades; the user's own before anything is known."""
    zones = Counter(i.zone for i in instruments if i.zone)
    if zones:
        return ZoneInfo(zones.most_common(1)[0][0])
    return ZoneInfo(timezone) if timezone else ZoneInfo(_system_zone())


def _system_zone() -> str:
    """The IANA name behind TZ or /etc/localtime; UTC where neither tells."""
    name = os.environ.get("TZ", "").lstrip(":") or str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"
