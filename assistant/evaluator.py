"""Checks what a model wrote against the evidence. A sentence passes bound and cited, is repaired, or is withheld.

Pure: text and evidence in, statements and notes out. No figure passes on the model's word: `binding` says what an item
must hold of the sentence that cites it, and a newer item that corrects a figure takes its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from difflib import SequenceMatcher

from assistant.binding import correction, lines, unsupported
from assistant.exchanged import exchanged
from assistant.nearness import nearness
from assistant.numbers import Number, find_numbers, same
from assistant.sentences import complete, content_words, sentences
from assistant.types import Evidence, Figure, Statement
from assistant.unfit import unfit

WITHHELD = "headline withheld"  # it holds a link, gives advice or orders
SLIPPED = 0.75  # of the words of a sentence and of a line, in order: the one was copied from the other
MARK = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")
_BIG = frozenset("hundred hundreds thousand thousands million millions billion billions trillion dozen".split())


@dataclass(frozen=True, slots=True)
class Checked:
    statements: tuple[Statement, ...]
    notes: tuple[str, ...]  # what was repaired or withheld, and why


def check_sentence(sentence: str, evidence: Sequence[Evidence], question: str) -> tuple[Statement | None, str]:
    """One sentence bound to its evidence, and a note where it was repaired (or withheld: then no statement)."""
    bare = MARK.sub("", sentence).strip()
    if reason := unfit(bare):
        return None, f"withheld ({reason}): {bare}"
    cited = [e for e in evidence if e.n in _marks(sentence)]
    reasons = []
    for item in _in_turn(bare, cited, evidence, question):
        missing = unsupported(bare, item, question, evidence, item in cited)
        if not missing:
            if newer := correction(bare, item, evidence):
                return bind(*newer), f"repaired ([{newer[1].n}] corrects it): {bare}"
            note = "" if item in cited else f"repaired (cited [{item.n}], which supports it): {bare}"
            return bind(bare, item), note
        reasons.append(missing)
    if meant := _meant(bare, cited or evidence, evidence):
        return bind(*meant), f"repaired (as it stands in [{meant[1].n}]; {reasons[0]}): {bare}"
    return None, f"withheld ({reasons[0] if reasons else 'no evidence'}): {bare}"


def check_closed_book(text: str, references: Sequence[Evidence]) -> Checked:
    """The sentences of an answer from the weights: a figure passes only if a reference record states it."""
    statements: list[Statement] = []
    notes: list[str] = []
    for sentence in complete(text):
        bare = MARK.sub("", sentence).strip()
        statement = _from_weights(bare, references)
        reason = unfit(bare) or ("" if statement else "a figure without a reference record")
        if statement and not reason and bare not in {s.text for s in statements}:
            statements.append(statement)
        elif reason:
            notes.append(f"withheld ({reason}): {bare}")
    return Checked(tuple(statements), tuple(notes))


def quote_best(
    question: str, evidence: Sequence[Evidence], zone: tzinfo = UTC, limit: int = 3
) -> tuple[Statement, ...]:
    """What the evidence itself says: its sentences nearest to the question, quoted with publisher and day in `zone`;
    what a newer item corrects is replaced by the correction."""
    best = ((best_sentence(question, item), item) for item in evidence)
    told = dict.fromkeys(correction(line, item, evidence) or (line, item) for line, item in best if line)
    return tuple(quote_line(line, item, zone) for line, item in list(told)[:limit])


def quote_line(line: str, item: Evidence, zone: tzinfo = UTC) -> Statement:
    """A line of `item`, quoted with publisher and day in `zone`."""
    return Statement(f"{item.source}, {_day(item, zone)}: “{line}” [{item.n}]", _figures(line, item), (item.n,))


def quote_title(item: Evidence, zone: tzinfo = UTC) -> Statement:
    """The headline of `item` as a line of its own, with publisher and day in `zone`."""
    also = f"; also at {', '.join(item.also_at)}" if item.also_at else ""
    told = f"“{item.title}”" if item.title else WITHHELD
    return Statement(
        f"{told} ({item.source}, {_day(item, zone)}{also}) [{item.n}].", _figures(item.title, item), (item.n,)
    )


def _day(item: Evidence, zone: tzinfo) -> str:
    return f"{item.published.astimezone(zone):%d %b %Y}" if item.published else "undated"


def best_sentence(question: str, item: Evidence) -> str:
    """The quotable sentence of `item` nearest to the question; its title where no sentence is nearer."""
    candidates = [s for s in (item.title, *sentences(item.text)) if not unfit(s)]
    return max(candidates, key=lambda s: nearness(question, s), default="")


def _marks(sentence: str) -> set[int]:
    return {int(n) for group in MARK.findall(sentence) for n in group.split(",")}


def _meant(bare: str, items: Sequence[Evidence], evidence: Sequence[Evidence]) -> tuple[str, Evidence] | None:
    """The line that a slipped copy was taken from, with its item: a small model drops a letter of a name or a digit, or
    gives two figures to each other's words. Where a newer item corrects that line, the correction."""
    words = bare.lower().split()

    def likeness(line: str) -> float:
        if exchanged(bare, line):
            return 1.0
        return SequenceMatcher(None, words, line.lower().rstrip(".!?").split(), autojunk=False).ratio()

    found = [(likeness(line), line, e) for e in items for line in lines(e) if not unfit(line)]
    alike, line, item = max(found, key=lambda told: told[0], default=(0.0, "", None))
    if item is None or alike < SLIPPED:
        return None
    return correction(line, item, evidence) or (line, item)


def _in_turn(bare: str, cited: Sequence[Evidence], evidence: Sequence[Evidence], question: str) -> Sequence[Evidence]:
    """The items to try: the cited ones, then the others. One that says it word for word comes first where no cited one
    says all of it: like stories of two companies differ in a word or two."""
    others = _by_overlap(bare, [e for e in evidence if e not in cited])
    literal = [e for e in others if bare.rstrip(".!?") in f"{e.title}\n{e.text}"]
    if literal and any(not unsupported(bare, e, question, evidence, cited=False) for e in cited):
        literal = []
    return (*literal, *cited, *(e for e in others if e not in literal))


def _by_overlap(bare: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    words = content_words(bare)
    return sorted(evidence, key=lambda e: -len(words & content_words(f"{e.title} {e.text}")))


def bind(bare: str, item: Evidence) -> Statement:
    """A sentence that `item` holds, with its mark and its figures."""
    end = bare[-1] if bare[-1] in ".!?" else "."
    return Statement(f"{bare.rstrip('.!?')} [{item.n}]{end}", _figures(bare, item), (item.n,))


def _figures(text: str, item: Evidence) -> tuple[Figure, ...]:
    symbol = item.symbols[0] if len(item.symbols) == 1 else None
    return tuple(
        Figure(n.text, n.value, n.unit, symbol, "quoted", item.published, item.n, source=item.source)
        for n in find_numbers(text)
    )


def _from_weights(bare: str, references: Sequence[Evidence]) -> Statement | None:
    figures: list[Figure] = []
    for number in find_numbers(bare):
        record = next((r for r in references if _states(r, number)), None)
        if record is None:
            return None
        figures.append(
            Figure(number.text, number.value, number.unit, None, "reference", None, record.n, source=record.source)
        )
    if _BIG & set(bare.lower().split()) and not figures:
        return None
    cited = tuple(dict.fromkeys(f.citation for f in figures if f.citation is not None))
    marks = "".join(f"[{n}]" for n in cited)
    return Statement(f"{bare.rstrip('.')} {marks}." if marks else bare, tuple(figures), cited)


def _states(record: Evidence, number: Number) -> bool:
    return any(same(number, told) for told in find_numbers(record.text))
