"""A market of drawn stories for a real store, with questions about them and the articles that are right to cite."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from examples import Family as Kind
from examples.asking import question_of, with_attack
from examples.drawing import Event, Story, draw_event, draw_update, holds, later, write_story, write_update
from examples.families import Fact, StoryFamily
from examples.names import POOLS, Split, Subject
from examples.showing import story_url
from ingest.types import Article, digest

_FEED = "https://stories.example/feed.xml"
_ROLES: tuple[Kind, ...] = ("news", "conflict", "unanswerable", "injected")
_DELAY = timedelta(minutes=10)  # from publication to the poll that brought it
_UPDATE = timedelta(days=12)  # at most from a story to its update


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question to a store that holds the stories. `must` and `right` (article ids) are empty where saying that the
    evidence does not answer is right."""

    kind: Kind
    group: str  # the story family
    question: str
    must: tuple[str, ...]
    right: frozenset[str]
    as_of: datetime
    symbols: tuple[str, ...]


def market_of_stories(
    families: Sequence[StoryFamily],
    split: Split,
    rng: random.Random,
    subjects: Sequence[Subject],
    per_subject: int,
    start: datetime,
    end: datetime,
    attacks: Sequence[str] = (),
) -> tuple[list[Story], list[StoredQuestion]]:
    """`per_subject` events for each of `subjects` between `start` and `end` (at least 13 days apart), each with a
    story that tells all its facts, and about as many questions of each kind; all are asked at `end`."""
    stories: list[Story] = []
    questions: list[StoredQuestion] = []
    roles = cycle(_ROLES)
    for subject in subjects:
        able = [f for f in families if f.about == subject.about]
        chosen = rng.sample(able, min(per_subject, len(able)))
        desk = _Desk(split, rng, end - _DELAY, attacks)
        for family in chosen:
            at = later(rng, start, timedelta(0), end - start - _UPDATE - _DELAY)
            desk.cover(draw_event(family, subject, POOLS[split], rng, at), next(roles))
        stories += desk.stories
        questions += desk.questions()
    return stories, questions


def to_article(story: Story) -> Article:
    """`story` as its feed would have brought it."""
    url = story_url(story)
    seen = story.published + _DELAY
    return Article(
        id=digest(url),
        feed=_FEED,
        url=url,
        title=story.title,
        text=story.text,
        source=story.source,
        published=story.published,
        first_seen=seen,
        fetched=seen,
        symbols=story.event.subject.symbols,
    )


class _Desk:
    """Covers one subject: its stories, and what may be asked of them once all are written."""

    def __init__(self, split: Split, rng: random.Random, end: datetime, attacks: Sequence[str]) -> None:
        self.stories: list[Story] = []
        self._split, self._rng, self._end, self._attacks = split, rng, end, attacks
        self._asked: list[tuple[StoredQuestion, tuple[str, ...]]] = []  # with what no story of the subject may hold

    def cover(self, event: Event, role: Kind) -> None:
        facts = [f for f in event.family.facts if f.updates] if role == "conflict" else event.family.facts
        fact = self._rng.choice(facts)
        story = self._full(event, frozenset({fact.key} if role == "unanswerable" else ()))
        if role == "injected":
            story = with_attack(story, self._split, self._rng, self._attacks)
        self.stories.append(story)
        if role == "conflict":
            story = self._update(event, fact, story)
            self.stories.append(story)
        self._ask(role, fact, story)
        if role == "news":
            ask = self._rng.choice(self._rng.choice(event.family.premises))
            self._add("false_premise", story, story.render(ask), (), ())

    def questions(self) -> Iterator[StoredQuestion]:
        """What was asked, without the unanswerable that another story happens to answer."""
        for asked, absent in self._asked:
            if not any(holds(s.words, m) for s in self.stories for m in absent):
                yield asked

    def _full(self, event: Event, omit: frozenset[str]) -> Story:
        tell = frozenset(f.key for f in event.family.facts) - omit
        length = 1 + len(tell) + self._rng.randint(0, 3)
        source = POOLS[self._split].publisher(self._rng)
        return write_story(event, self._rng, source, event.published, tell=tell, omit=omit, length=length)

    def _update(self, old: Event, fact: Fact, first: Story) -> Story:
        new = draw_update(old, fact, self._rng)
        at = min(self._end, later(self._rng, first.published, timedelta(hours=6), _UPDATE))
        return write_update(new, old, fact, self._rng, POOLS[self._split].publisher(self._rng), at)

    def _ask(self, kind: Kind, fact: Fact, story: Story) -> None:
        question = question_of(fact, story, self._rng)
        if question:
            absent = story.must(fact) if kind == "unanswerable" else ()
            self._add(kind, story, question, () if absent else story.must(fact), absent)

    def _add(self, kind: Kind, story: Story, question: str, must: tuple[str, ...], absent: tuple[str, ...]) -> None:
        right = frozenset({to_article(story).id} if must else ())
        group, symbols = story.event.family.name, story.event.subject.symbols
        asked = StoredQuestion(kind, group, question, must, right, self._end + _DELAY, symbols)
        self._asked.append((asked, absent))
