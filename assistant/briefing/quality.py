"""The data-quality footer: sources that fail, prices that are stale or missing, and what was left out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from assistant.briefing.document import FailedSource, Quality, Row, counted, numbered
from assistant.render.text import instant_text
from assistant.types import Figure, Statement
from ingest.types import SourceState

_NAMED = 4  # sources that fail for one reason are named up to here, then counted


def failed_sources(states: Iterable[SourceState], as_of: datetime) -> tuple[FailedSource, ...]:
    """The enabled sources whose last poll failed. One that was read after `as_of` says nothing about then."""
    return tuple(
        FailedSource(
            _name(s), s.kind, s.last_error or "failed", counted(s.failures, "failures"), s.last_ok, s.next_poll
        )
        for s in states
        if s.enabled and s.failures and not (s.last_ok and s.last_ok > as_of)
    )


def _name(state: SourceState) -> str:
    """A symbol, or a feed's title; of a bare address only host and path, for a query may hold a key."""
    if state.kind == "quotes":
        return state.url.removeprefix("yahoo:")
    parts = urlsplit(state.url)
    return state.title or f"{parts.hostname or ''}{parts.path.rstrip('/')}"


def assess(
    rows: Sequence[Row],
    states: Sequence[SourceState],
    without_data: tuple[str, ...],
    left_out: tuple[int, int, int],
    notes: Iterable[str],
    as_of: datetime,
    zone: str,
) -> Quality:
    """`left_out`: near-duplicate articles, stories beyond a section's cap, stories about symbols not followed."""
    failed = failed_sources(states, as_of)
    duplicates, beyond, other = (
        counted(n, what) for n, what in zip(left_out, ("near-duplicates", "stories", "stories"), strict=True)
    )
    statements = [
        *_of_sources(failed, counted(sum(s.enabled for s in states), "sources"), zone),
        *_of_prices(rows, without_data),
        _left_out(duplicates, beyond, other),
        *(Statement(note) for note in notes),
    ]
    stale = tuple(r.symbol for r in rows if r.stale)
    return Quality(failed, stale, without_data, duplicates, beyond, other, tuple(statements))


def _of_sources(failed: Sequence[FailedSource], polled: Figure, zone: str) -> list[Statement]:
    if not polled.value:
        return [Statement("No source has been read yet.")]
    if not failed:
        return [Statement(f"None of the {numbered(polled, 'source')} failed when last read.", (polled,))]
    broken = counted(len(failed), "failed sources")
    alike: dict[tuple[str, str, datetime | None], list[FailedSource]] = defaultdict(list)
    for source in failed:
        alike[source.kind, source.error, source.next_poll].append(source)
    lead = Statement(f"Failing: {broken.text} of {numbered(polled, 'source')}.", (broken, polled))
    return [lead, *(_failure(group, zone) for group in alike.values())]


def _failure(group: Sequence[FailedSource], zone: str) -> Statement:
    names, first = ", ".join(s.name for s in group[:_NAMED]), group[0]
    figures: tuple[Figure, ...] = ()
    if len(group) > _NAMED:
        more = counted(len(group) - _NAMED, "further sources")
        names, figures = f"{names} and {more.text} more", (more,)
    elif len(group) == 1 and first.failures.value > 1:
        names, figures = f"{names} ({first.failures.text} times in a row)", (first.failures,)
    names = f"Prices of {names}" if first.kind == "quotes" else names
    again = f" Next try {instant_text(first.next_poll, zone)}." if first.next_poll else ""
    return Statement(f"{names}: {first.error.rstrip('.')}.{again}", figures)


def _of_prices(rows: Sequence[Row], without_data: Sequence[str]) -> Iterable[Statement]:
    stale = [r for r in rows if r.stale]
    if rows and not stale:
        yield Statement("Every price shown is of the newest session of its exchange.")
    for row in stale:
        if row.live or not row.missing_sessions:
            yield Statement(f"{row.stale}.")
            continue
        missing = counted(row.missing_sessions, "sessions")
        closed = f"{numbered(missing, 'session')} {'has' if missing.value == 1 else 'have'} closed"
        yield Statement(f"{row.symbol} is stale: {closed} since {row.when}, the newest in the store.", (missing,))
    if without_data:
        yield Statement(f"Followed, with no price known: {', '.join(without_data)}.")
    late = [r.symbol for r in rows if r.backfilled]
    if late:
        yield Statement(f"Fetched long after the close (backfilled): {', '.join(late)}.")


def _left_out(duplicates: Figure, beyond: Figure, other: Figure) -> Statement:
    parts = [
        (duplicates, numbered(duplicates, "near-duplicate article")),
        (beyond, numbered(beyond, "further story", "further stories")),
        (other, numbered(other, "story about other symbols", "stories about other symbols")),
    ]
    some = [(figure, words) for figure, words in parts if figure.value]
    if not some:
        return Statement("No news was left out.")
    return Statement(f"Not shown: {', '.join(w for _, w in some)}.", tuple(f for f, _ in some))
