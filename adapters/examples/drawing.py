"""Events drawn from story families, and the articles that tell them: wording, order, length and figure style vary."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from assistant.numbers import find_numbers, same
from examples.families import Fact, Range, StoryFamily, slots_of, updated_slot
from examples.names import Pool, Subject

Value = str | Decimal

_MONTHS = """January February March April May June July August September October November December""".split()
_WITH_TICKER = 0.6  # of the articles
_LEAD_INS = (
    "{who} returned to the matter on {day}.",
    "There was fresh word from {who} on {day}.",
    "{who} gave new details on {day}.",
    "A statement on {day} brought news from {who}.",
    "On {day} {who} went over the matter once more.",
    "{who} issued a further notice on {day}.",
    "The story has moved on since the first report, {who} made clear on {day}.",
    "More became known from {who} on {day}.",
)


@dataclass(frozen=True, slots=True)
class Event:
    """A family with its slots drawn: what happened, before anyone writes about it."""

    family: StoryFamily
    subject: Subject
    values: Mapping[str, Value]
    published: datetime  # of its first report; {day} is that day

    def changed(self, slot: str, value: Value) -> "Event":
        return replace(self, values={**self.values, slot: value})

    def same(self, other: "Event") -> bool:
        """Whether both are one event, whatever was corrected since."""
        return (self.subject.short, self.family.name) == (other.subject.short, other.family.name)


@dataclass(frozen=True, slots=True)
class Style:
    """How one article writes its figures."""

    money: str  # "${n} {scale}"
    percent: str
    price: str

    def print(self, value: Value, kind: Range | tuple[str, ...] | None) -> str:
        if isinstance(value, str) or not isinstance(kind, Range):
            return str(value)
        digits = f"{value.normalize():,f}"
        patterns = {"money": self.money, "percent": self.percent, "price": self.price, "points": "{n} basis points"}
        if kind.kind in {"price", "year"}:
            digits = f"{value:,.2f}" if kind.kind == "price" else str(value)
        return patterns.get(kind.kind, "{n}").format(n=digits, scale=kind.scale)


@dataclass(frozen=True, slots=True)
class Story:
    """One event as one publisher tells it."""

    event: Event
    title: str
    sentences: tuple[str, ...]
    source: str
    published: datetime
    style: Style
    told: frozenset[str]  # keys of the facts
    templates: tuple[str, ...]  # of the title and the sentences

    @property
    def shown(self) -> frozenset[str]:
        """The slots a reader learns."""
        return slots_of(*self.templates)

    @property
    def corrects(self) -> bool:
        """Whether it gives a new value for one of an earlier story; not every such story repeats the old one."""
        return "old" in self.event.values

    @property
    def text(self) -> str:
        return " ".join(self.sentences)

    @property
    def words(self) -> str:
        """All a reader sees."""
        return f"{self.title}. {self.text}"

    def render(self, template: str) -> str:
        """`template` with this story's slots, its figures as the story prints them."""
        return render(template, self.event, self.style)

    def must(self, fact: Fact) -> tuple[str, ...]:
        return tuple(fill(m, self.event, self.style) for m in fact.must)

    def with_sentence(self, sentence: str, at: int) -> "Story":
        return replace(self, sentences=(*self.sentences[:at], sentence, *self.sentences[at:]))


# Drawing ---------------------------------------------------------------------------------------------------------


def draw_event(family: StoryFamily, subject: Subject, pool: Pool, rng: random.Random, published: datetime) -> Event:
    """All slots of `family` drawn; no two figures are equal, so that none gives away another."""
    month = (published.month - 1 + rng.randint(1, 11)) % 12
    values: dict[str, Value] = {
        **subject.slots,
        **dict(zip(("person", "person2"), _two(rng, pool.person), strict=True)),
        **dict(zip(("place", "place2"), _two(rng, pool.town), strict=True)),
        "role": rng.choice(pool.roles),
        "other": _two(rng, lambda r: pool.company(r).short, subject.short)[1],
        "day": f"{published:%A}",
        "month": _MONTHS[month],
        "quarter": f"{rng.choice(('first', 'second', 'third', 'fourth'))} quarter",
    }
    for name, slot in family.slots.items():
        choices = [v for v in _choices(slot) if v not in values.values()]
        values[name] = rng.choice(choices)
    return Event(family, subject, values, published)


def draw_update(event: Event, fact: Fact, rng: random.Random) -> Event:
    """`event` with another plausible value of the figure in `fact`: within its range, a few steps to two thirds off."""
    slot = updated_slot(fact)
    old = Decimal(event.values[slot])
    free = [v for v in map(Decimal, _choices(event.family.slots[slot])) if v not in event.values.values()]
    near = [v for v in free if old * 3 / 5 <= v <= old * 5 / 3]
    return event.changed(slot, rng.choice(near or free))


def draw_style(family: StoryFamily, rng: random.Random) -> Style:
    money = ["${n} {scale}", "USD {n} {scale}"]
    if not any(re.search(rf"\ban? \{{{slot}\}}", t) for t in family.templates() for slot in family.slots):
        money.append("{n} {scale} dollars")  # "a 20 million dollars plant" is not English
    return Style(
        rng.choice(money), rng.choice(("{n}%", "{n} percent", "{n} per cent")), rng.choice(("${n}", "{n} USD"))
    )


def _choices(slot: Range | tuple[str, ...]) -> Sequence[Value]:
    return slot.values() if isinstance(slot, Range) else slot


def _two(rng: random.Random, draw: Callable[[random.Random], str], first: str = "") -> tuple[str, str]:
    first = first or draw(rng)
    while (second := draw(rng)) == first:
        pass
    return first, second


# Writing ---------------------------------------------------------------------------------------------------------


def write_story(
    event: Event,
    rng: random.Random,
    source: str,
    published: datetime,
    *,
    tell: frozenset[str] = frozenset(),
    omit: frozenset[str] = frozenset(),
    length: int | None = None,
) -> Story:
    """An article of 2 to 9 sentences: an opening, then facts and fillers in any order.

    The facts of `tell` are told and those of `omit` are not; `length` counts sentences.
    """
    family = event.family
    length = length or rng.randint(2, 9)
    facts = [family.fact(key) for key in _chosen(family, rng, tell, omit, length - 1)]
    rest = [rng.choice(f.said) for f in facts]
    rest += rng.sample(family.fillers, max(0, min(length - 1 - len(rest), len(family.fillers))))
    rng.shuffle(rest)
    return _story(event, rng, source, published, rng.choice(family.titles), [rng.choice(family.openings), *rest], facts)


def write_update(event: Event, old: Event, fact: Fact, rng: random.Random, source: str, published: datetime) -> Story:
    """A later article: `event` is what holds now, `old` what was reported first."""
    family = event.family
    slot = updated_slot(fact)
    who = "{company}" if family.about == "company" else "{agency}"
    others = _chosen(family, rng, frozenset(), frozenset({fact.key}), rng.randint(0, 3))
    facts = [family.fact(key) for key in others]
    rest = [rng.choice(f.said) for f in facts] + rng.sample(family.fillers, rng.randint(0, 2))
    rng.shuffle(rest)
    news = rng.choice(fact.updates).replace("{new}", "\0").replace(f"{{{slot}}}", "{old}").replace("\0", f"{{{slot}}}")
    told = replace(
        event,
        family=replace(family, slots={**family.slots, "old": family.slots[slot]}),
        values={**event.values, "old": old.values[slot], "day": f"{published:%A}"},
    )
    body = [rng.choice(_LEAD_INS).replace("{who}", who), news, *rest]
    return _story(told, rng, source, published, rng.choice(fact.update_titles), body, [*facts, fact])


def retell(story: Story, event: Event, rng: random.Random, source: str) -> Story:
    """The same words about another event of the family: only names and values differ."""
    style = draw_style(event.family, rng)
    return _rendered(event, style, source, event.published, story.templates, story.told)


def _chosen(
    family: StoryFamily, rng: random.Random, tell: frozenset[str], omit: frozenset[str], most: int
) -> list[str]:
    """The facts an article of `most` further sentences tells: those of `tell`, and some others."""
    free = [f.key for f in family.facts if f.key not in tell | omit]
    rng.shuffle(free)
    more = rng.randint(min(1, len(free)), len(free)) if most > len(tell) else 0
    return sorted(tell) + free[: min(more, most - len(tell))]


def _story(
    event: Event, rng: random.Random, source: str, published: datetime, title: str, body: list[str], facts: list[Fact]
) -> Story:
    if rng.random() < _WITH_TICKER:
        body = [re.sub(r"\{company\}(?!'s)", "{company} ({symbol})", body[0], count=1), *body[1:]]
    told = frozenset(f.key for f in facts)
    return _rendered(event, draw_style(event.family, rng), source, published, (title, *body), told)


def _rendered(
    event: Event, style: Style, source: str, published: datetime, templates: tuple[str, ...], told: frozenset[str]
) -> Story:
    title, *body = (render(t, event, style) for t in templates)
    return Story(event, title, tuple(body), source, published, style, told, templates)


def later(rng: random.Random, start: datetime, least: timedelta, most: timedelta) -> datetime:
    """An instant between `least` and `most` after `start`, to the minute."""
    minutes = rng.randint(int(least.total_seconds() // 60), int(most.total_seconds() // 60))
    return start + timedelta(minutes=minutes)


# Words -----------------------------------------------------------------------------------------------------------


def render(template: str, event: Event, style: Style) -> str:
    """`template` filled, as a sentence: with a capital."""
    filled = fill(template, event, style)
    return filled[:1].upper() + filled[1:]


def fill(template: str, event: Event, style: Style) -> str:
    """`template` with the slots of `event`; the article "a" follows what is put in."""

    def put(match: re.Match[str]) -> str:
        name, article = match["slot"], match["article"] or ""
        text = style.print(event.values[name], event.family.slots.get(name))
        return f"{article[0]}{'n' * _takes_an(text)} {text}" if article else text

    return re.sub(r"(?:\b(?P<article>[Aa]n?) )?\{(?P<slot>\w+)\}", put, template)


def holds(text: str, phrase: str) -> bool:
    """Whether `text` states `phrase`: an equal figure, or the same words."""
    figures = find_numbers(phrase)
    if len(figures) == 1 and any(same(figures[0], n) for n in find_numbers(text)):
        return True
    first = re.escape(phrase[0]) if figures else f"[{re.escape(phrase[0] + phrase[0].upper())}]"
    words = first + re.escape(phrase[1:])
    unit = r"(?!\s*(?:%|per\s?cent|basis|million|billion|dollars|USD))" if figures else ""
    return re.search(rf"(?<![\w$])(?<!\d[.,]){words}(?!\w|[.,]\d){unit}", text) is not None


def _takes_an(text: str) -> bool:
    word = text.removeprefix("$")
    if word[0].isdigit():
        return re.match(r"8|1[18](?:\D|$)", word) is not None
    return re.match(r"(?!uni|use|eur?o|one|USD)[aeiou]", word, re.IGNORECASE) is not None
