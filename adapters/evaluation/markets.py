"""The product's own question sets, which ship with it: the invented market, drawn stories and the glossary."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from evaluation.prices import histories, price_questions, sample_prices, sessions
from evaluation.questions import DataSet, Question
from evaluation.terms import load_glossary
from examples.drawing import Story
from examples.families import load_families
from examples.names import POOLS, Subject
from examples.stored import StoredQuestion, market_of_stories, to_article
from ingest.resources import resource
from ingest.types import Article

PER_FAMILY = 64  # questions of each family of the product's own sets
# After everything that training draws from; the last session of the invented market ends it.
_START, _END = datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 10, 30, 21, 30, tzinfo=UTC)
_COMPANIES, _ECONOMIES, _EVENTS = 36, 8, 8


def own_sets(seed: int = 7) -> list[DataSet]:
    """Prices, stories and terms, each a set of its own; equal for equal seeds."""
    prices = sample_prices()
    questions = price_questions(prices, random.Random(seed), PER_FAMILY, date(2026, 1, 2))
    glossary = load_glossary(resource("adapters/knowledge"))
    return [
        DataSet("sample", tuple(questions), histories=histories(prices), sessions=sessions(prices)),
        story_set("stories", random.Random(seed + 1)),
        DataSet("terms", glossary.questions(seed=seed + 2)),
    ]


def story_set(name: str, rng: random.Random, most: int = PER_FAMILY) -> DataSet:
    """Stories of the test families as the store would hold them, and up to `most` questions of each family."""
    families = load_families(resource("adapters/stories/test"))
    pool = POOLS["test"]
    subjects = [*pool.companies(rng, _COMPANIES), *pool.economies(rng, _ECONOMIES)]
    stories, stored = market_of_stories(families, "test", rng, subjects, _EVENTS, _START, _END)
    articles = articles_of(stories)
    urls = {a.id: a.url for a in articles}
    questions = [_question(s, urls) for s in stored]
    return DataSet(name, tuple(evenly(questions, most, rng)), articles, names=names_of(subjects))


def articles_of(stories: Sequence[Story]) -> tuple[Article, ...]:
    return tuple({a.id: a for a in map(to_article, stories)}.values())


def names_of(subjects: Sequence[Subject]) -> tuple[tuple[str, str], ...]:
    """What a directory of companies would know: short and full names with their symbols."""
    return tuple((name, s.symbol) for s in subjects if s.symbol for name in (s.short, s.name))


def evenly(questions: Sequence[Question], most: int, rng: random.Random) -> list[Question]:
    """Up to `most` questions of each family, drawn at random, in their own order."""
    chosen: set[str] = set()
    for group in sorted({(q.family, bool(q.given)) for q in questions}):
        ids = sorted({q.id for q in questions if (q.family, bool(q.given)) == group})
        chosen.update(rng.sample(ids, min(most, len(ids))))
    return list({q.id: q for q in questions if q.id in chosen}.values())


def _question(stored: StoredQuestion, urls: dict[str, str]) -> Question:
    right = frozenset(urls[i] for i in stored.right)
    as_of = stored.as_of + timedelta(minutes=1)
    return Question(stored.kind, stored.question, stored.must, right, as_of)
