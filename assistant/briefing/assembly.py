"""Makes the briefing: a pure function of what was known, and the thin gatherer that reads it from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assistant.briefing.changes import compare, given_at
from assistant.briefing.document import Briefing, Row, Section, counted, numbered
from assistant.briefing.quality import assess
from assistant.briefing.rows import by_size, make_row
from assistant.briefing.sections import choose, tell
from assistant.draft import NOTICE
from assistant.market.finding import INVENTED
from assistant.market.load import load_view
from assistant.market.view import MarketView
from assistant.render.text import instant_text, one_line, safe_url
from assistant.stories import cluster
from assistant.types import Citation, Statement
from ingest.ledger import Ledger
from ingest.types import Article, Instrument, SourceState

ARTICLES = 1000  # read of a window: the newest, after those about what is followed
_DAYS = 60  # of prices: reaches beyond thirty closes and a month


@dataclass(frozen=True, slots=True)
class BriefingInputs:
    """All that a briefing is made of. `symbols` are followed, in the user's order; `views` hold those with an
    instrument; `articles` were published since `since` and known at `as_of`."""

    as_of: datetime
    since: datetime
    zone: str
    symbols: tuple[str, ...]
    views: tuple[MarketView, ...] = ()
    articles: tuple[Article, ...] = ()
    sources: tuple[SourceState, ...] = ()
    news_known_from: datetime | None = None
    previous: dict[str, Any] | None = None  # the JSON document of the briefing before


def build_briefing(
    ledger: Ledger, symbols: Sequence[str], as_of: datetime, since: datetime, zone: str, strict: bool = False
) -> Briefing:
    """The briefing of `symbols` as was possible at `as_of`, with the news since `since`; `zone` is the reader's
    (IANA). `strict`: only what had been fetched by then counts."""
    return make_briefing(gather(ledger, symbols, as_of, since, zone, strict))


def gather(
    ledger: Ledger, symbols: Sequence[str], as_of: datetime, since: datetime, zone: str, strict: bool = False
) -> BriefingInputs:
    followed = tuple(dict.fromkeys(symbols))
    views = (load_view(ledger, s, as_of, days=_DAYS, strict=strict) for s in followed)
    ours = ledger.news.latest(as_of, followed, since, ARTICLES, strict) if followed else []
    found = {a.id: a for a in [*ours, *ledger.news.latest(as_of, since=since, limit=ARTICLES, strict=strict)]}
    return BriefingInputs(
        as_of=as_of,
        since=since,
        zone=zone,
        symbols=followed,
        views=tuple(v for v in views if v),
        articles=tuple(found.values()),
        sources=_sources(ledger, as_of),
        news_known_from=ledger.news.first_known(),
        previous=ledger.briefings.last(as_of),
    )


def _sources(ledger: Ledger, as_of: datetime) -> tuple[SourceState, ...]:
    """What is remembered of the sources; of one that was polled since, no failure: it says nothing about then."""
    later = ledger.sources.polled_after(as_of)
    states = ledger.sources.states().values()
    return tuple(replace(s, failures=0, last_error=None, next_poll=None) if s.shown in later else s for s in states)


def make_briefing(inputs: BriefingInputs) -> Briefing:
    """Equal inputs give an equal briefing. Text of feeds and sources is made safe to print on the way in."""
    inputs = _sanitised(inputs)
    as_of, zone = inputs.as_of, inputs.zone
    indices, watchlist, citations = _rows(inputs.views)
    priced = {r.symbol: r for r in (*watchlist, *indices)}
    followed = [*priced, *(s for s in inputs.symbols if s not in priced)]
    stories = cluster(inputs.articles)
    chosen = choose(stories, followed)
    titles = {symbol: row.title for symbol, row in priced.items()}
    sections, news = tell(chosen, titles, len(citations) + 1, as_of, given_at(inputs.previous))
    indices, watchlist = _with_stories(indices, sections), _with_stories(watchlist, sections)
    return Briefing(
        as_of=as_of,
        since=inputs.since,
        zone=zone,
        sample=_invented(inputs),
        conclusion=_conclude(indices, watchlist, sections, news, inputs),
        indices=indices,
        watchlist=watchlist,
        sections=sections,
        changes=compare(inputs.previous, (*indices, *watchlist), sections, zone),
        quality=assess(
            (*indices, *watchlist),
            inputs.sources,
            tuple(s for s in followed if s not in priced),
            (len(inputs.articles) - len(stories), chosen.beyond_cap, chosen.other_symbols),
            _notes(inputs),
            as_of,
            zone,
        ),
        citations=(*citations, *news),
        notice=NOTICE,
    )


def _rows(views: Sequence[MarketView]) -> tuple[tuple[Row, ...], tuple[Row, ...], tuple[Citation, ...]]:
    """Indices in the order followed, the watchlist by size of move, and their citations, numbered in that order."""
    indices = [v for v in views if v.instrument.kind == "index"]
    others = by_size(v for v in views if v.instrument.kind != "index")
    rows: list[Row] = []
    citations: list[Citation] = []
    for view in (*indices, *others):
        if made := make_row(view, len(rows) + 1):
            rows.append(made[0])
            citations.append(made[1])
    return (
        tuple(r for r in rows if r.kind == "index"),
        tuple(r for r in rows if r.kind != "index"),
        tuple(citations),
    )


def _with_stories(rows: Sequence[Row], sections: Sequence[Section]) -> tuple[Row, ...]:
    """Each row with the citation of its leading story: of its own section, or else of the first one naming it."""
    leading: dict[str, int] = {}
    for told in (t for s in sections for t in s.stories):
        for symbol in told.symbols:
            leading.setdefault(symbol, told.citation)
    leading |= {s.symbol: s.stories[0].citation for s in sections if s.symbol}
    return tuple(replace(row, story=leading.get(row.symbol)) for row in rows)


def _sanitised(inputs: BriefingInputs) -> BriefingInputs:
    return replace(
        inputs,
        views=tuple(replace(v, instrument=_plain_instrument(v.instrument)) for v in inputs.views),
        articles=tuple(_plain_article(a) for a in inputs.articles),
        sources=tuple(
            replace(s, title=one_line(s.title), last_error=one_line(s.last_error or "")) for s in inputs.sources
        ),
    )


def _plain_instrument(instrument: Instrument) -> Instrument:
    return replace(instrument, name=one_line(instrument.name), exchange=one_line(instrument.exchange))


def _plain_article(article: Article) -> Article:
    title, source = one_line(article.title) or "(no title)", one_line(article.source)
    return replace(article, title=title, source=source, text=one_line(article.text), url=safe_url(article.url))


def _invented(inputs: BriefingInputs) -> bool:
    names = [v.instrument.exchange for v in inputs.views] + [a.source for a in inputs.articles]
    return any(name.endswith(INVENTED) for name in names)


def _notes(inputs: BriefingInputs) -> list[str]:
    notes, first = [], inputs.news_known_from
    if first is None or first > inputs.as_of:
        notes.append("No news was known by then.")
    elif first > inputs.since:
        notes.append(f"News is known here only from {instant_text(first, inputs.zone)} on.")
    if len(inputs.articles) >= ARTICLES:
        notes.append("There was more news than a briefing reads: the oldest of it was not looked at.")
    return notes


# The conclusion --------------------------------------------------------------------------------------------------


def _conclude(
    indices: Sequence[Row],
    watchlist: Sequence[Row],
    sections: Sequence[Section],
    news: Sequence[Citation],
    inputs: BriefingInputs,
) -> Statement:
    """One sentence: the first index, the balance and the largest move of the watchlist, the amount of news."""
    if not (indices or watchlist or sections):
        when = instant_text(inputs.as_of, inputs.zone)
        return Statement(f"Nothing is known as of {when}: no price and no news of what is followed; run `bell ingest`.")
    parts = [_of_index(indices), _of_watchlist(watchlist), _of_news(news)]
    told = [p for p in parts if p]
    text = "; ".join(p.text for p in told)
    return Statement(
        f"{text[0].upper()}{text[1:]}.",
        tuple(f for p in told for f in p.figures),
        tuple(n for p in told for n in p.citations),
    )


def _of_index(indices: Sequence[Row]) -> Statement | None:
    row = next((r for r in indices if r.percent), None)
    if row is None or row.percent is None:
        return None
    text = f"{row.title} {row.percent.text} % {_on(row)} [{row.citation}]"
    return Statement(text, (row.percent,), (row.citation,))


def _of_watchlist(watchlist: Sequence[Row]) -> Statement | None:
    moved = [r.percent for r in watchlist if r.percent and not r.stale]
    if not moved:
        stale = watchlist and all(r.stale for r in watchlist)
        return Statement("every price of the watchlist is stale") if stale else None
    first = next(r for r in watchlist if r.percent and not r.stale)
    up = counted(sum(p.text.startswith("+") for p in moved), "rose")
    down = counted(sum(p.text.startswith("-") for p in moved), "fell")
    total = counted(len(moved), "with a price of the newest session")
    text = (
        f"of {total.text} symbols with a fresh price, {up.text} rose and {down.text} fell; "
        f"the largest move is {first.title} {moved[0].text} % {_on(first)} [{first.citation}]"
    )
    return Statement(text, (total, up, down, moved[0]), (first.citation,))


def _on(row: Row) -> str:
    stale = " (stale)" if row.stale else ""
    so_far = "at" if row.stale else "so far, at"
    return f"{so_far if row.live else 'on'} {row.when}{stale}"


def _of_news(news: Sequence[Citation]) -> Statement:
    stories = counted(len(news), "stories")
    if not news:
        return Statement("no news")
    publishers = counted(len({c.source for c in news}), "publishers")
    text = f"{numbered(stories, 'story', 'stories')} from {numbered(publishers, 'publisher')}"
    return Statement(text, (stories, publishers))
