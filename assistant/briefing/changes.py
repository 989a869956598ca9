"""What changed since the previous briefing (whose JSON document the ledger kept), or an honest nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from assistant.briefing.document import Changes, Row, Section, counted, numbered
from assistant.render.text import instant_text
from assistant.types import Figure, Statement

MOVER = Figure("2", 2.0, "percent", None, "threshold", None, None)  # a day's change from which it is worth a mention


def given_at(previous: dict[str, Any] | None) -> datetime | None:
    """The instant of the previous briefing."""
    return datetime.fromisoformat(previous["as_of"]) if previous else None


def compare(previous: dict[str, Any] | None, rows: Sequence[Row], sections: Iterable[Section], zone: str) -> Changes:
    """New prices are those the previous briefing did not show; movers are those of them with a change worth a
    mention; new stories are those that were not known then."""
    known = _prices(previous)
    new = [r for r in rows if known.get(r.symbol) != _price(r)]
    movers = [r for r in new if r.percent and abs(r.percent.value) >= MOVER.value]
    stories = counted(sum(t.new for s in sections for t in s.stories), "new stories")
    since = given_at(previous)
    return Changes(
        since=since,
        material=bool(movers or stories.value),
        new_prices=tuple(r.symbol for r in new),
        movers=tuple(r.symbol for r in movers),
        new_stories=stories,
        statements=_told(since, new, movers, stories, zone),
    )


def _told(
    since: datetime | None, new: Sequence[Row], movers: Sequence[Row], stories: Figure, zone: str
) -> tuple[Statement, ...]:
    if since is None:
        return (Statement("This is the first briefing kept here: there is none to compare with."),)
    prices = counted(len(new), "new prices")
    verdict = "" if movers or stories.value else " nothing material:"
    counts = f"{numbered(prices, 'new price')}, {numbered(stories, 'new story', 'new stories')}"
    summary = Statement(f"Since the briefing of {instant_text(since, zone)}:{verdict} {counts}.", (prices, stories))
    if not new:
        return (summary,)
    if not movers:
        return (summary, Statement(f"No new price is {MOVER.text} % or more away from the close before it.", (MOVER,)))
    moves = ", ".join(f"{r.symbol} {r.percent.text} % [{r.citation}]" for r in movers if r.percent)
    figures = (MOVER, *(r.percent for r in movers if r.percent))
    return (
        summary,
        Statement(f"Moved by {MOVER.text} % or more: {moves}.", figures, tuple(r.citation for r in movers)),
    )


def _prices(previous: dict[str, Any] | None) -> dict[str, tuple[str, float]]:
    rows = (previous or {}).get("indices", []) + (previous or {}).get("watchlist", [])
    return {r["symbol"]: (r["price"]["as_of"], r["price"]["value"]) for r in rows}


def _price(row: Row) -> tuple[str, float]:
    return (row.price.as_of.isoformat() if row.price.as_of else "", row.price.value)
