"""Chooses the stories to tell: per symbol in the order of the rows, then those of the market as a whole."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.age import age_text
from assistant.briefing.document import Outlet, Section, Told, counted
from assistant.market.finding import INVENTED
from assistant.stories import Story
from assistant.types import Citation
from ingest.types import Article

PER_SYMBOL, OF_MARKET, PER_PUBLISHER = 3, 6, 2
MARKET = "Market and policy"
_ROUND_UP = 2  # a story about more symbols than this explains none of them


@dataclass(frozen=True, slots=True)
class Chosen:
    """The stories by section, best first, and how many were left out for which reason."""

    sections: tuple[tuple[str | None, tuple[Story, ...]], ...]
    beyond_cap: int
    other_symbols: int


def choose(stories: Sequence[Story], symbols: Sequence[str]) -> Chosen:
    """Each story under the first of `symbols` it is about, or under None (the market) where it names no symbol."""
    grouped: dict[str | None, list[Story]] = {s: [] for s in (*symbols, None)}
    other = 0
    for story in stories:
        home = next((s for s in symbols if s in story.symbols), None)
        if home is None and story.symbols:
            other += 1
        else:
            grouped[home].append(story)
    sections = [(s, _best(found, PER_SYMBOL if s else OF_MARKET)) for s, found in grouped.items() if found]
    told = sum(len(best) for _, best in sections)
    return Chosen(tuple(sections), len(stories) - other - told, other)


def _best(stories: Sequence[Story], cap: int) -> tuple[Story, ...]:
    """Most outlets first, then the newest, undated ones and round-ups last; at most two of one publisher while others
    have any."""
    ranked = sorted(stories, key=_rank)
    seen: Counter[str] = Counter()
    chosen: list[Story] = []
    held: list[Story] = []
    for story in ranked:
        seen[story.lead.source] += 1
        (chosen if seen[story.lead.source] <= PER_PUBLISHER else held).append(story)
    return (*chosen, *held)[:cap]


def _rank(story: Story) -> tuple[bool, int, float, str]:
    published = story.lead.published.timestamp() if story.lead.published else 0.0
    return (len(story.symbols) > _ROUND_UP, -len(story.publishers), -published, story.lead.id)


def tell(
    chosen: Chosen, names: dict[str, str], first_citation: int, as_of: datetime, known_since: datetime | None
) -> tuple[tuple[Section, ...], tuple[Citation, ...]]:
    """The sections with their citations, numbered from `first_citation`. `names` are the symbols' printed titles; a
    story is new where its first article was not known at `known_since`."""
    sections: list[Section] = []
    citations: list[Citation] = []
    for symbol, stories in chosen.sections:
        told = []
        for story in stories:
            n = first_citation + len(citations)
            told.append(_told(story, n, known_since))
            citations.append(_cited(story, n, as_of))
        sections.append(Section(symbol, names.get(symbol, symbol) if symbol else MARKET, tuple(told)))
    return tuple(sections), tuple(citations)


def _told(story: Story, n: int, known_since: datetime | None) -> Told:
    return Told(
        citation=n,
        symbols=story.symbols,
        outlets=counted(len(story.publishers), "outlets", n),
        also_at=_elsewhere(story),
        new=known_since is None or story.lead.known_from > known_since,
        articles=tuple(a.id for a in story.articles),
    )


def _elsewhere(story: Story) -> tuple[Outlet, ...]:
    """The other publishers in the order they came, each with its first article."""
    first = {a.source.casefold(): a for a in reversed(story.articles)}
    articles = (first[name.casefold()] for name in story.publishers[1:])
    return tuple(Outlet(a.source, _link(a), a.published) for a in articles)


def _cited(story: Story, n: int, as_of: datetime) -> Citation:
    lead = story.lead
    return Citation(
        n=n,
        kind="news",
        title=lead.title,
        url=_link(lead),
        source=lead.source,
        published=lead.published,
        fetched=lead.fetched,
        age=age_text(lead.published, as_of),
        stale=False,  # it was published inside the briefing's own window
        quote=lead.title,
        also_at=story.publishers[1:],
    )


def _link(article: Article) -> str:
    return "" if article.source.endswith(INVENTED) else article.url
