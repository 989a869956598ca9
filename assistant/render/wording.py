"""The words that the briefing's forms share: dates, units, publishers, ages."""

from assistant.briefing.document import Briefing, Row, Told
from assistant.render.text import clock_text, instant_text, shown, undated_text
from assistant.types import Citation, Figure

SAMPLE = "Sample data: invented companies and prices"


def period_text(briefing: Briefing) -> str:
    return f"News since {instant_text(briefing.since, briefing.zone)}"


def percent_text(figure: Figure | None) -> str:
    return shown(figure, "%")


def unit_text(row: Row) -> str:
    """The currency of a price; an index counts points."""
    return "" if row.kind == "index" else row.price.unit


def session_text(row: Row) -> str:
    """`30 Oct`, or the time of a price whose session is still open, where that is fresh."""
    return row.when.partition(" on ")[0] if row.live and not row.stale else f"{row.day.day} {row.day:%b}"


def outlets_text(briefing: Briefing, told: Told) -> str:
    """`3 outlets, first 08:31 EDT`, of a story that several ran."""
    first = briefing.cited(told.citation).published
    since = f", first {clock_text(first, briefing.as_of, briefing.zone)}" if first else ""
    return f"{told.outlets.text} outlets{since}"


def is_news(briefing: Briefing, told: Told) -> bool:
    """Whether to mark a story as new: in a first briefing all are, so none is marked."""
    return told.new and briefing.changes.since is not None


def published_text(briefing: Briefing, citation: Citation) -> str:
    """`Publisher · 08:31 EDT · 9 h old`."""
    if citation.published is None:
        return f"{citation.source} · {undated_text(citation.fetched, briefing.zone)}"
    when = clock_text(citation.published, briefing.as_of, briefing.zone)
    return f"{citation.source} · {when} · {citation.age} old"


def priced_text(briefing: Briefing, row: Row) -> str:
    """`Exchange · Fri 30 Oct 2026, 16:00 EDT · 1 h old`, for the list of price sources."""
    cited = briefing.cited(row.citation)
    parts = [row.symbol, cited.source, instant_text(cited.published, briefing.zone), f"{cited.age} old"]
    return " · ".join([*parts, *(["stale"] if cited.stale else []), *(["backfilled"] if row.backfilled else [])])
