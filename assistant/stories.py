"""Near-duplicate news: which texts tell one story, and articles grouped into stories. Word shingles, no model."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.types import Article

THRESHOLD = 0.5  # Jaccard similarity of word triples from which two texts are one
WINDOW = timedelta(days=3)  # the same words later than this are a new story
_SHINGLE = 3
_TEXT = 1000  # characters of a text that are compared: copies agree from the start
_ENOUGH = 2  # shingles below which a text ("Press release") says too little to be told apart by
_WORD = re.compile(r"\w+(?:[.,]\d+)*")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")

Shingle = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One story: the earliest article leads, the others follow in the order they came."""

    lead: Article
    also_at: tuple[Article, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        return (self.lead, *self.also_at)

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s for a in self.articles for s in a.symbols))

    @property
    def publishers(self) -> tuple[str, ...]:
        """Each publisher once, the earliest first."""
        names: dict[str, str] = {}
        for article in self.articles:
            names.setdefault(article.source.casefold(), article.source)
        return tuple(names.values())


def similar(text_a: str, text_b: str) -> bool:
    """Whether two texts are near-duplicates: one with a few words changed, not one about the same event."""
    return _alike(shingles(text_a), shingles(text_b))


def shingles(text: str) -> frozenset[Shingle]:
    """The runs of three words of `text`; a shorter text is one run."""
    words = _WORD.findall(text.casefold())
    last = max(len(words) - _SHINGLE, 0)
    return frozenset(tuple(words[i : i + _SHINGLE]) for i in range(last + 1)) if words else frozenset()


def _alike(a: frozenset[Shingle], b: frozenset[Shingle]) -> bool:
    if not a or not b or min(len(a), len(b)) < THRESHOLD * max(len(a), len(b)):
        return False
    common = len(a & b)
    return common >= THRESHOLD * (len(a) + len(b) - common)


def cluster(articles: Iterable[Article]) -> list[Story]:
    """`articles` as stories, the oldest first; the result does not depend on the order given.

    Each article joins the first story whose lead has the same title or nearly the same words, within three days.
    """
    members: list[list[_Told]] = []
    holding: dict[Shingle, list[int]] = defaultdict(list)  # which stories' leads may hold a shingle: the candidates
    for told in sorted((_Told.of(a) for a in articles), key=lambda t: (t.when, t.article.id)):
        candidates = sorted({i for shingle in told.body for i in holding[shingle]})
        home = next((i for i in candidates if told.same_story(members[i][0])), None)
        if home is not None:
            members[home].append(told)
            continue
        for shingle in told.body:
            holding[shingle].append(len(members))
        members.append([told])
    return [Story(group[0].article, tuple(t.article for t in group[1:])) for group in members]


@dataclass(frozen=True, slots=True)
class _Told:
    """An article with what it is compared by."""

    article: Article
    when: datetime
    title: frozenset[Shingle]
    body: frozenset[Shingle]  # of title and text
    figures: frozenset[str]  # of the title

    @classmethod
    def of(cls, article: Article) -> "_Told":
        title = _bare_title(article)
        head, body = shingles(title), shingles(title) | shingles(article.text[:_TEXT])
        when = article.published or article.first_seen
        return cls(article, when, _enough(head), _enough(body), frozenset(_FIGURE.findall(title)))

    def same_story(self, lead: "_Told") -> bool:
        if self.when - lead.when > WINDOW or self._about_others(lead):
            return False
        if not (self.figures <= lead.figures or lead.figures <= self.figures):
            return False  # one template with other figures is another fact
        return _alike(self.title, lead.title) or _alike(self.body, lead.body)

    def _about_others(self, lead: "_Told") -> bool:
        mine, theirs = set(self.article.symbols), set(lead.article.symbols)
        return bool(mine and theirs) and not mine & theirs


def _enough(told: frozenset[Shingle]) -> frozenset[Shingle]:
    return told if len(told) >= _ENOUGH else frozenset()


def _bare_title(article: Article) -> str:
    """The title in lower case, without the publisher's name that aggregators append to it."""
    title = article.title.casefold().strip()
    head, dash, tail = re.sub(r"\s[-–—|]\s", " - ", title).rpartition(" - ")
    return head if dash and tail.strip() == article.source.casefold().strip() else title
