"""Further questions to stories that are shown for another one: what each tells, leaves out, or is asked falsely."""

import random
from collections.abc import Iterator, Sequence

from assistant.prompts import NOT_SAID
from examples import Example, Family
from examples.asking import answer_of, question_of
from examples.drawing import Story, holds
from examples.families import Fact
from examples.showing import Shown

_MOST = 6
_LED = 0.12  # of the stories are asked about by a false premise


def further(asked: str, shown: Shown, rng: random.Random) -> Iterator[Example]:
    """Up to six questions besides `asked`, one of them without an answer, in any order."""
    answered: list[Example] = []
    silent: list[Example] = []
    for story in _alone(shown.stories):
        others = [s for s in shown.stories if s is not story]
        for fact in story.event.family.facts:
            question, must = question_of(fact, story, rng), story.must(fact)
            if not question or question == asked or any(holds(s.words, m) for s in others for m in must):
                continue
            if fact.key in story.told:
                answered += _answered(fact, story, question, shown, rng)
            elif not any(holds(story.words, m) for m in must):
                silent.append(_silent("unanswerable", question, story, shown))
        if rng.random() < _LED:
            premise = rng.choice(rng.choice(story.event.family.premises))
            silent.append(_silent("false_premise", story.render(premise), story, shown))
    most = rng.randint(3, _MOST)
    refusals = rng.sample(silent, min(len(silent), 1))
    kept = rng.sample(answered, min(len(answered), most - len(refusals)))
    yield from rng.sample([*kept, *refusals], len(kept) + len(refusals))


def _alone(stories: Sequence[Story]) -> Iterator[Story]:
    """The stories that no other one tells too, corrects or is corrected by."""
    told = [(s.event.subject.short, s.event.family.name) for s in stories]
    return (s for s, of in zip(stories, told, strict=True) if told.count(of) == 1 and "old" not in s.shown)


def _answered(fact: Fact, story: Story, question: str, shown: Shown, rng: random.Random) -> list[Example]:
    answer = answer_of(fact, story, rng)
    if not answer:
        return []
    n = shown.number(story)
    return [
        Example(
            "news", story.event.family.name, question, answer.replace("{mark}", f"[{n}]"), story.must(fact),
            shown.evidence, shown.as_of, frozenset({n}),
        )
    ]  # fmt: skip


def _silent(kind: Family, question: str, story: Story, shown: Shown) -> Example:
    return Example(kind, story.event.family.name, question, NOT_SAID, (), shown.evidence, shown.as_of)
