"""Story families: one kind of event each, read from TOML templates and held to their rules."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

_SLOT = re.compile(r"\{(\w+)\}")
_UNIT = re.compile(
    r"[$€£]\{(\w+)\}|\{(\w+)\} (?:thousand|million|billion|trillion|dollars?|euros?|USD|EUR|percent|shares?)\b"
)
_BOTH = frozenset("person person2 role day month quarter".split())
_ALWAYS = {
    "company": _BOTH | frozenset("company short symbol place place2 other".split()),
    "economy": _BOTH | frozenset("agency country".split()),
}
_NAMING = {"company": ("{short}", "{symbol}", "{company}"), "economy": ("{agency}", "{country}")}
_ASKED = frozenset("who what why how_much when where".split())
_KINDS = ("count", "money", "price", "percent", "points", "year")


@dataclass(frozen=True, slots=True)
class Range:
    """A figure to be drawn: `low`, `low + step`, ... up to `high`; money in units of `scale`."""

    kind: Literal["count", "money", "price", "percent", "points", "year"]
    low: Decimal
    high: Decimal
    step: Decimal
    scale: str

    def values(self) -> list[Decimal]:
        return [self.low + i * self.step for i in range(int((self.high - self.low) / self.step) + 1)]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing an article tells: how it is said and asked. `must` are templates of what an answer holds."""

    key: str
    ask: str
    said: tuple[str, ...]
    asks: tuple[str, ...]
    must: tuple[str, ...]
    updates: tuple[str, ...] = ()
    update_titles: tuple[str, ...] = ()

    @property
    def secrets(self) -> frozenset[str]:
        """The slots that only this fact may show."""
        return slots_of(*self.must)


@dataclass(frozen=True, slots=True)
class StoryFamily:
    """One kind of event with all its templates; `name` is its file's."""

    name: str
    about: Literal["company", "economy"]
    titles: tuple[str, ...]
    openings: tuple[str, ...]
    fillers: tuple[str, ...]
    slots: dict[str, Range | tuple[str, ...]]
    facts: tuple[Fact, ...]
    premises: tuple[tuple[str, ...], ...]

    @property
    def bank(self) -> bool:
        """Whether a central bank speaks in an economy family, not a statistics office."""
        return self.about == "economy" and re.search(r"bank|policy|monetary|reserves", self.name) is not None

    def fact(self, key: str) -> Fact:
        return next(f for f in self.facts if f.key == key)

    def templates(self) -> Iterator[str]:
        """Every template an article, a question or an answer may be made of."""
        yield from (*self.titles, *self.openings, *self.fillers)
        for fact in self.facts:
            yield from (*fact.said, *fact.asks, *fact.must, *fact.updates, *fact.update_titles)
        for asks in self.premises:
            yield from asks


def load_families(folder: Path) -> list[StoryFamily]:
    """Every family of `folder` by name. Raises ValueError naming file and fault where one breaks the rules."""
    return [load_family(path) for path in sorted(folder.glob("*.toml"))]


def load_family(path: Path) -> StoryFamily:
    try:
        family = _read(path.stem, tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal))
        fault = next(_faults(family), None)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    if fault:
        raise ValueError(f"{path.name}: {fault}")
    return family


def slots_of(*templates: str) -> frozenset[str]:
    return frozenset(name for t in templates for name in _SLOT.findall(t))


# Reading ---------------------------------------------------------------------------------------------------------


def _read(name: str, table: dict[str, Any]) -> StoryFamily:
    return StoryFamily(
        name=name,
        about=table["about"],
        titles=tuple(table["titles"]),
        openings=tuple(table["openings"]),
        fillers=tuple(table["fillers"]),
        slots={key: _slot(value) for key, value in table.get("slots", {}).items()},
        facts=tuple(_fact(f) for f in table["fact"]),
        premises=tuple(tuple(p["asks"]) for p in table["premise"]),
    )


def _fact(table: dict[str, Any]) -> Fact:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return Fact(**fields)


def _slot(value: Any) -> Range | tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value)
    ((kind, numbers),) = value.items()
    if kind not in _KINDS:
        raise KeyError(f"no slot kind {kind}")
    scale = numbers.pop() if kind == "money" else ""
    low, high, step = (Decimal(n) for n in (*numbers, 1)[:3])
    return Range(kind, low, high, step, scale)


# Rules -----------------------------------------------------------------------------------------------------------


def _faults(family: StoryFamily) -> Iterator[str]:
    known = _ALWAYS[family.about] | set(family.slots)
    for template in family.templates():
        extra = {"new"} if any(template in f.updates + f.update_titles for f in family.facts) else set()
        for slot in slots_of(template) - known - extra:
            yield f"no slot {{{slot}}}: {template!r}"
    yield from _short_lists(family)
    yield from _unnamed(family)
    if not any(fact.updates for fact in family.facts):
        yield "no fact has updates"
    for fact in family.facts:
        yield from _fact_faults(family, fact)
    yield from _leaks(family)


def _short_lists(family: StoryFamily) -> Iterator[str]:
    lists: list[tuple[str, Iterable[str], int]] = [
        ("titles", family.titles, 4),
        ("openings", family.openings, 4),
        ("fillers", family.fillers, 6),
        ("facts", (f.key for f in family.facts), 4),
        ("premises", (p[0] for p in family.premises), 2),
        *((f"slot {k}", v, 6) for k, v in family.slots.items() if isinstance(v, tuple)),
        *((f"premise {p[0]!r}", p, 3) for p in family.premises),
    ]
    for fact in family.facts:
        lists += [(f"{fact.key}.said", fact.said, 4), (f"{fact.key}.asks", fact.asks, 4)]
        lists += [(f"{fact.key}.must", fact.must, 1)]
        if fact.updates:
            lists += [(f"{fact.key}.updates", fact.updates, 3), (f"{fact.key}.update_titles", fact.update_titles, 2)]
    for name, items, least in lists:
        distinct = set(items)
        if len(distinct) < least:
            yield f"{name}: {len(distinct)} different ones, {least} are needed"


def _unnamed(family: StoryFamily) -> Iterator[str]:
    asks = [a for f in family.facts for a in f.asks] + [a for p in family.premises for a in p]
    titles = [*family.titles, *(t for f in family.facts for t in f.update_titles)]
    for template in asks + titles:
        if not any(name in template for name in _NAMING[family.about]):
            yield f"does not name whom it is about: {template!r}"


def _fact_faults(family: StoryFamily, fact: Fact) -> Iterator[str]:
    if fact.ask not in _ASKED:
        yield f"{fact.key}: no kind of question {fact.ask!r}"
    for template in fact.said:
        if not all(must.lower() in template.lower() for must in fact.must):
            yield f"{fact.key}: {template!r} misses {', '.join(fact.must)}"
    yield from _unit_faults(family, fact)
    if fact.updates and not isinstance(family.slots.get(updated_slot(fact)), Range):
        yield f"{fact.key}: updates need one figure slot"
    for template in fact.updates:
        if "{new}" not in template:
            yield f"{fact.key}: no {{new}} in {template!r}"


def _unit_faults(family: StoryFamily, fact: Fact) -> Iterator[str]:
    """A figure is compared with its unit and scale, so `must` has to say what stands beside the slot."""
    for template in fact.said:
        for unit in _UNIT.finditer(template):
            slot = unit[1] or unit[2]
            if slot in fact.secrets and isinstance(family.slots.get(slot), Range) and unit[0] not in fact.must:
                yield f"{fact.key}: must lacks the unit of {unit[0]!r}"


def updated_slot(fact: Fact) -> str:
    """The one slot an update gives a new value; "" where `must` has none or several."""
    return next(iter(fact.secrets)) if len(fact.secrets) == 1 else ""


def _leaks(family: StoryFamily) -> Iterator[str]:
    for fact in family.facts:
        others = [t for f in family.facts if f is not fact for t in f.said + f.updates + f.update_titles]
        elsewhere = [*family.titles, *family.openings, *family.fillers, *others, *fact.asks, *fact.update_titles]
        for template in elsewhere:
            told = fact.secrets & slots_of(template)
            told |= {s for s in fact.secrets for p in _phrases(family, s) if p.lower() in template.lower()}
            if told or any(must.lower() in template.lower() for must in fact.must):
                yield f"{fact.key}: what only it may tell stands in {template!r}"


def _phrases(family: StoryFamily, slot: str) -> tuple[str, ...]:
    drawn = family.slots.get(slot, ())
    return drawn if isinstance(drawn, tuple) else ()
