"""Questions over drawn news stories: what the evidence says, newer against older, unanswerable, led, commanded."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from assistant.pointing import trim
from examples import Example
from examples import Family as Kind
from examples.asking import answers_by_chance, joined, question_of, with_attack
from examples.drawing import Event, Story, draw_event, draw_update, holds, later, retell, write_story, write_update
from examples.families import Fact, StoryFamily
from examples.further import further
from examples.names import POOLS, Split, Subject
from examples.showing import Shown, show, to_evidence

MIX: Mapping[Kind, float] = {
    "news": 0.3,
    "conflict": 0.26,
    "unanswerable": 0.2,
    "false_premise": 0.14,
    "injected": 0.1,
}
_FIRST, _LAST = datetime(2023, 1, 2, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)
_TWO_FACTS = 0.12
_OLDER_IS_RIGHT = 0.25  # of the conflicts: only another company's update is there
_ABSENT = 0.4  # of the unanswerable: the company's article is not there at all
_TEMPTING = 0.5  # of those: the like event at somebody else's is there
_TWIN = 0.25  # another publisher tells the story asked about
_ALIKE = 0.45  # of the distractors
_ITEMS = (3, 3, 4, 4, 5, 6, 8)  # most are few: twice the questions in the time
_OWN = 0.6  # of the cases are about one subject throughout, as what is retrieved for a name is
_OWN_ITEMS = (3, 4, 5, 5, 5)
_CORRECTED = 0.35  # of the other events in those: a correction that answers another question
_ALONE = 0.5  # of the cases are one story by itself, as what was pointed at is read again
_RIGHT_ALONE = 0.7  # of those: the one that answers
_TRIES = 400


@dataclass(frozen=True, slots=True)
class Case:
    """A question with all that is known about it: the stories in no order, and which of them bear the answer out."""

    kind: Kind
    question: str
    must: tuple[str, ...]  # of an unanswerable question: what was left out
    stories: tuple[Story, ...]
    right: tuple[Story, ...] = ()

    @property
    def own(self) -> bool:
        """Whether all stories are about one subject."""
        return len({s.event.subject.short for s in self.stories}) == 1

    def alone(self, rng: random.Random) -> Story:
        """One of the stories: one that bears the answer out, or of another event; without an answer mostly the one it
        was left out of."""
        if rng.random() < _RIGHT_ALONE:
            return self.right[0] if self.right else self.stories[0]
        others = [s for s in self.stories if not any(s.event.same(r.event) for r in self.right)]
        return rng.choice(others or self.right)


def story_examples(
    families: Sequence[StoryFamily],
    split: Split,
    rng: random.Random,
    n: int,
    mix: Mapping[Kind, float] = MIX,
    attacks: Sequence[str] = (),
) -> Iterator[Example]:
    """`n` examples of the kinds in `mix`, each followed by further questions to the same stories, or to one of them;
    `attacks` are further commanding sentences, taken as they stand."""
    kinds, weights = list(mix), list(mix.values())
    newsroom = Newsroom(families, split, rng, attacks)
    for kind in rng.choices(kinds, weights, k=n):
        case = newsroom.case(kind)
        told = (case.alone(rng),) if rng.random() < _ALONE else case.stories
        shown = show(told, rng, case.question if case.own else "")
        yield to_example(case, shown)
        yield from further(case.question, shown, [s for s in case.stories if s not in told], rng)


def to_example(case: Case, shown: Shown) -> Example:
    """`case` asked over what is `shown` of it: unanswerable where none of that bears the answer out."""
    right = [n for n, story in enumerate(shown.stories, 1) if any(story is gold for gold in case.right)]
    return Example(
        family=case.kind if right or not case.right else "unanswerable",
        group=case.stories[0].event.family.name,
        question=case.question,
        must=case.must if right else (),
        evidence=shown.evidence,
        as_of=shown.as_of,
        cites=frozenset(right),
    )


# Cases -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Draws cases. A draw that breaks a promise (what is asked does not survive the trimming of the prompt, a
    distractor happens to state the answer) is drawn again; ValueError where the families allow none."""

    families: Sequence[StoryFamily]
    split: Split
    rng: random.Random
    attacks: Sequence[str] = ()
    _makers: "Mapping[Kind, Callable[[], Case | None]]" = field(init=False)

    def __post_init__(self) -> None:
        makers = {"news": self._news, "conflict": self._conflict, "unanswerable": self._unanswerable}
        object.__setattr__(self, "_makers", {**makers, "false_premise": self._premise, "injected": self._injected})

    def case(self, kind: Kind) -> Case:
        for _ in range(_TRIES):
            drawn = self._makers[kind]()
            if drawn and sound(drawn):
                return drawn
        raise ValueError(f"no {kind} question can be drawn from {len(self.families)} story families")

    def _news(self) -> Case | None:
        event, at = self._event()
        count = 2 if self.rng.random() < _TWO_FACTS else 1
        facts = self.rng.sample(event.family.facts, count)
        tell = frozenset(f.key for f in facts)
        gold = self._write(event, at, tell=tell)
        twins = [self._write(event, self._after(at, 30), tell=tell)] if self.rng.random() < _TWIN else []
        return self._answered("news", facts, gold, twins, [])

    def _conflict(self) -> Case | None:
        old, at = self._event(needs_update=True)
        fact = self.rng.choice([f for f in old.family.facts if f.updates])
        first = self._write(old, at, tell=frozenset({fact.key}))
        if self.rng.random() < _OLDER_IS_RIGHT:
            other = self._alike(old)
            wrong = self._update(other, fact, at)
            return self._answered("conflict", [fact], first, [], [wrong])
        update = self._update(old, fact, at)
        twins = [self._write(old, self._after(at, 30))] if self.rng.random() < _TWIN else []
        return self._answered("conflict", [fact], update, [], [first, *twins])

    def _unanswerable(self) -> Case | None:
        event, at = self._event()
        fact = self.rng.choice(event.family.facts)
        if self.rng.random() < _ABSENT:
            asked = self._write(event, at, tell=frozenset({fact.key}))
            other = self._alike(event)
            tempting = self._write(other, other.published, tell=frozenset({fact.key}))
            stories = [tempting] if self.rng.random() < _TEMPTING else []
        else:
            asked = self._write(event, at, omit=frozenset({fact.key}))
            stories = [asked]
            if self.rng.random() < _TWIN:
                stories.append(self._write(event, self._after(at, 30), omit=frozenset({fact.key})))
        question = question_of(fact, asked, self.rng)
        return self._silent("unanswerable", question, asked.must(fact), asked, stories) if question else None

    def _premise(self) -> Case | None:
        event, at = self._event()
        story = self._write(event, at)
        question = story.render(self.rng.choice(self.rng.choice(event.family.premises)))
        return self._silent("false_premise", question, (), story, [story])

    def _injected(self) -> Case | None:
        case = self._news() if self.rng.random() < 0.7 else self._conflict()
        if not case:
            return None
        target = case.right[0] if self.rng.random() < 0.5 else self.rng.choice(case.stories)
        hit = with_attack(target, self.split, self.rng, self.attacks)
        (attack,) = set(hit.sentences) - set(target.sentences)
        if attack not in seen(case.question, hit) or any(holds(attack, m) for m in case.must):
            return None  # the model would not see it, or it tells the truth by chance
        swap = {id(target): hit}
        stories, right = (tuple(swap.get(id(s), s) for s in group) for group in (case.stories, case.right))
        return replace(case, kind="injected", stories=stories, right=right)

    # Questions

    def _answered(
        self, kind: Kind, facts: Sequence[Fact], gold: Story, twins: list[Story], others: list[Story]
    ) -> Case | None:
        asks = [question_of(f, gold, self.rng, whole=len(facts) > 1) for f in facts]
        if not all(asks):
            return None
        must = tuple(m for f in facts for m in gold.must(f))
        question = joined([a for a in asks if a])
        stories = [gold, *twins, *others]
        stories += self._apart(gold, question, must, len(stories))
        return Case(kind, question, must, tuple(stories), (gold, *twins))

    def _silent(self, kind: Kind, question: str, must: tuple[str, ...], asked: Story, stories: list[Story]) -> Case:
        return Case(kind, question, must, (*stories, *self._apart(asked, question, must, len(stories))))

    # Stories

    def _event(self, needs_update: bool = False) -> tuple[Event, datetime]:
        able = [f for f in self.families if not needs_update or any(fact.updates for fact in f.facts)]
        family = self.rng.choice(able)
        at = later(self.rng, _FIRST, timedelta(0), _LAST - _FIRST)
        return draw_event(family, self._subject(family), POOLS[self.split], self.rng, at), at

    def _subject(self, family: StoryFamily) -> Subject:
        pool = POOLS[self.split]
        return pool.company(self.rng) if family.about == "company" else pool.economy(self.rng, family.bank)

    def _alike(self, event: Event) -> Event:
        """The same kind of event at somebody else's."""
        at = self._around(event.published)
        subject = event.subject
        while subject.short == event.subject.short:
            subject = self._subject(event.family)
        return draw_event(event.family, subject, POOLS[self.split], self.rng, at)

    def _write(
        self, event: Event, at: datetime, *, tell: frozenset[str] = frozenset(), omit: frozenset[str] = frozenset()
    ) -> Story:
        return write_story(event, self.rng, POOLS[self.split].publisher(self.rng), at, tell=tell, omit=omit)

    def _update(self, old: Event, fact: Fact, at: datetime) -> Story:
        new = draw_update(old, fact, self.rng)
        at = later(self.rng, at, timedelta(hours=6), timedelta(days=12))
        return write_update(new, old, fact, self.rng, POOLS[self.split].publisher(self.rng), at)

    def _apart(self, asked: Story, question: str, must: tuple[str, ...], present: int) -> list[Story]:
        """Distractors that fill the evidence up and do not tell what is asked."""
        own = self.rng.random() < _OWN
        room = self.rng.choice(_OWN_ITEMS if own else _ITEMS) - present
        drawn = self._others_of(asked) if own else (self._distractor(asked) for _ in range(_TRIES))
        found: list[Story] = []
        while len(found) < room and (story := next(drawn, None)):
            silent = not any(holds(story.words, m) for m in must)
            if silent and not answers_by_chance(question, story, asked):
                found.append(story)
        return found

    def _others_of(self, asked: Story) -> Iterator[Story]:
        """Other events of the same subject, each told, corrected, or both."""
        event = asked.event
        families = [f for f in self.families if f.name != event.family.name and f.about == event.family.about]
        for family in self.rng.sample(families, len(families)):
            at = self._around(event.published)
            other = draw_event(family, event.subject, POOLS[self.split], self.rng, at)
            corrected = [f for f in family.facts if f.updates]
            if corrected and self.rng.random() < _CORRECTED:
                yield self._update(other, self.rng.choice(corrected), at)
                if self.rng.random() < 0.5:
                    continue
            yield self._write(other, at)

    def _distractor(self, asked: Story) -> Story:
        """The same event at somebody else's (half of them in the same words), another event of the same subject, or
        news of an economy."""
        event = asked.event
        own = self.rng.random() < 0.5
        wanted = event.subject.about if own else "economy"
        families = [f for f in self.families if f.name != event.family.name and f.about == wanted]
        if self.rng.random() < _ALIKE or not families:
            other = self._alike(event)
            if self.rng.random() < 0.5 and not asked.corrects:
                return retell(asked, other, self.rng, POOLS[self.split].publisher(self.rng))
            return self._write(other, other.published)
        family = self.rng.choice(families)
        subject = event.subject if own else self._subject(family)
        at = self._around(event.published)
        return self._write(draw_event(family, subject, POOLS[self.split], self.rng, at), at)

    def _around(self, at: datetime) -> datetime:
        return later(self.rng, at - timedelta(days=14), timedelta(0), timedelta(days=24))

    def _after(self, at: datetime, hours: int) -> datetime:
        return later(self.rng, at, timedelta(minutes=20), timedelta(hours=hours))


def seen(question: str, story: Story) -> str:
    """What of `story` stands in the prompt of `question`."""
    return trim(question, to_evidence(story, 1, story.published))


def sound(case: Case) -> bool:
    """What is right survives the trimming of the prompt, and what is not right does not state it by chance."""
    if not 3 <= len(case.stories) <= 8 or any(
        not holds(seen(case.question, s), m) for s in case.right[:1] for m in case.must
    ):
        return False
    wrong = [s for s in case.stories if not any(s is r for r in case.right)]
    return not any(holds(s.words, m) for s in wrong for m in case.must)
