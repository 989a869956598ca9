"""How a drawn story is asked about and tampered with."""

import random
import re
from collections.abc import Sequence

from assistant.sentences import content_words
from examples.attacks import draw_attack
from examples.drawing import Story
from examples.families import Fact, slots_of
from examples.names import POOLS, Split

_WHOLE_QUESTION = re.compile(r"(?:At |By |In |For |To |From |On )?(?:who|what|why|how|when|where|which)\b", re.I)


def question_of(fact: Fact, story: Story, rng: random.Random, whole: bool = False) -> str | None:
    """One way of asking for `fact` that readers of `story` understand; `whole` leaves out catchwords."""
    subject = story.event.subject.slots.keys()
    known = story.shown | (subject if "symbol" in story.shown else subject - {"symbol"})
    asks = [a for a in fact.asks if slots_of(a) <= known and (not whole or _WHOLE_QUESTION.match(a))]
    return story.render(rng.choice(asks)) if asks else None


def with_attack(story: Story, split: Split, rng: random.Random, extra: Sequence[str] = ()) -> Story:
    """`story` with a commanding sentence somewhere in its text."""
    other = POOLS[split].company(rng).short
    attack = draw_attack(split, rng, story.event.subject.short, other, extra)
    ended = attack if attack[-1] in ".!?。！？" else f"{attack}."  # or it would be one sentence with the line after it
    return story.with_sentence(ended, rng.randint(0, len(story.sentences)))


def joined(asks: list[str]) -> str:
    """Two questions in one: "How many ..., and who ...?"."""
    if len(asks) == 1:
        return asks[0]
    first, second = asks
    return f"{first.rstrip('?')}, and {second[0].lower()}{second[1:]}"


def answers_by_chance(question: str, story: Story, asked: Story) -> bool:
    """Whether a story about the same subject, another event, comes close to what is asked."""
    if story.event.subject != asked.event.subject:
        return False
    names = content_words(" ".join(asked.event.subject.slots.values()))
    return len((content_words(question) - names) & content_words(story.words)) > 2
