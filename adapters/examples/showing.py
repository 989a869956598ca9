"""Drawn stories as the evidence of a question: shuffled, numbered, seen at an instant."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant.nearness import nearness
from assistant.types import Evidence
from examples.drawing import Story, later
from ingest.types import digest


@dataclass(frozen=True, slots=True)
class Shown:
    """Stories as evidence: the n-th is item n."""

    stories: tuple[Story, ...]
    evidence: tuple[Evidence, ...]
    as_of: datetime

    def number(self, story: Story) -> int:
        return next(n for n, s in enumerate(self.stories, 1) if s is story)


def show(told: Sequence[Story], rng: random.Random, nearest: str = "") -> Shown:
    """The stories shuffled and numbered, those nearest to the question `nearest` first, as a retriever has them; seen
    some hours to days after the newest."""
    stories = sorted(rng.sample(told, len(told)), key=lambda s: -nearness(nearest, s.words))
    evidence = tuple(
        to_evidence(s, n, later(rng, s.published, timedelta(minutes=1), timedelta(minutes=50)))
        for n, s in enumerate(stories, 1)
    )
    as_of = later(rng, max(s.published for s in stories), timedelta(hours=1), timedelta(days=6))
    return Shown(tuple(stories), evidence, as_of)


def to_evidence(story: Story, n: int, fetched: datetime) -> Evidence:
    return Evidence(
        n=n,
        kind="news",
        title=story.title,
        text=story.text,
        url=story_url(story),
        source=story.source,
        published=story.published,
        fetched=fetched,
        symbols=story.event.subject.symbols,
    )


def story_url(story: Story) -> str:
    site = re.sub(r"\W+", "-", story.source.lower())
    return f"https://{site}.example/news/{digest(story.title, story.text, story.published)}"
