"""Further questions to stories that are shown for another one: what each tells, leaves out, or is asked falsely; and
what other stories tell."""

import random
from collections.abc import Iterator, Sequence
from itertools import groupby

from examples import Example, Family
from examples.asking import question_of
from examples.drawing import Story, Value, holds
from examples.families import Fact
from examples.showing import Shown

_MOST = 12
_SILENT = 5  # of them, at most, have no answer
_LED = 0.55  # of the events are asked about by a false premise
_APART = 2  # questions, at most, to what only stories tell that are not shown


def further(asked: str, shown: Shown, apart: Sequence[Story], rng: random.Random) -> Iterator[Example]:
    """Up to twelve questions besides `asked`, some of them without an answer, in any order; `apart` are stories of
    other events that are not shown."""
    answered: list[Example] = []
    silent: list[Example] = []
    for stories in _events(shown.stories):
        others = [s for s in shown.stories if s not in stories]
        for fact in stories[0].event.family.facts:
            example = _example(fact, stories, others, shown, rng)
            if example and example.question != asked:
                (answered if example.must else silent).append(example)
        if rng.random() < _LED:
            premise = rng.choice(rng.choice(stories[0].event.family.premises))
            silent.append(_silent("false_premise", stories[0].render(premise), stories[0], shown))
    silent += _of_others(apart, shown, rng)
    refusals = rng.sample(silent, min(len(silent), rng.randint(1, _SILENT)))
    kept = rng.sample(answered, min(len(answered), _MOST - len(refusals)))
    yield from rng.sample([*kept, *refusals], len(kept) + len(refusals))


def _of_others(apart: Sequence[Story], shown: Shown, rng: random.Random) -> Iterator[Example]:
    """What only `apart` tells, asked over what is `shown`."""
    unseen = [s for s in apart if not any(s.event.same(seen.event) for seen in shown.stories)]
    for story in rng.sample(unseen, min(len(unseen), _APART)):
        fact = rng.choice(story.event.family.facts)
        question = question_of(fact, story, rng)
        if question and not any(holds(s.words, m) for s in shown.stories for m in story.must(fact)):
            yield _silent("unanswerable", question, story, shown)


def _events(stories: Sequence[Story]) -> list[list[Story]]:
    """The stories by the event they tell; those that correct another one first."""

    def event(story: Story) -> tuple[str, str]:
        return story.event.subject.short, story.event.family.name

    corrections_first = sorted(stories, key=lambda s: not s.corrects)
    return [list(told) for _, told in groupby(sorted(corrections_first, key=event), event)]


def _example(
    fact: Fact, stories: Sequence[Story], others: Sequence[Story], shown: Shown, rng: random.Random
) -> Example | None:
    """`fact` asked of one event. None where it cannot be asked, or where stories that do not tell it state the same by
    chance."""
    tellers = [s for s in stories if fact.key in s.told]
    asked = tellers[0] if tellers else stories[0]
    right = [s for s in tellers if _values(fact, s) == _values(fact, asked)]
    question, must = question_of(fact, asked, rng), asked.must(fact)
    if not question or any(holds(s.words, m) for s in (*others, *(() if tellers else stories)) for m in must):
        return None
    if not tellers:
        return _silent("unanswerable", question, asked, shown)
    kind: Family = "news" if len(right) == len(tellers) else "conflict"
    cites = frozenset(map(shown.number, right))
    return Example(kind, asked.event.family.name, question, must, shown.evidence, shown.as_of, cites)


def _values(fact: Fact, story: Story) -> list[Value]:
    return [story.event.values[slot] for slot in sorted(fact.secrets)]


def _silent(kind: Family, question: str, story: Story, shown: Shown) -> Example:
    return Example(kind, story.event.family.name, question, (), shown.evidence, shown.as_of)
