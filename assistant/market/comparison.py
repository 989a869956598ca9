"""Which of several moves was the larger, the better or the worse, ranked in the sense that the question asks; and which
of them rose or fell, and which of several prices is the highest."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.market.premise import side_of
from assistant.types import Derivation, Figure, Statement

SHOWN = 5  # moves that a ranking names
_FALL = re.compile(
    r"\b(?:f[ae]ll(?:en|s|ing)?|lost|los(?:e|es|s|ing|ers?)|drop\w*|declin\w*|wors[et]|weak\w*|laggards?|underperform\w*)\b"
)
_MOVE = re.compile(r"\b(?:mov(?:e[ds]?|ing|ers?)|swing\w*|swung|chang\w*|volatile)\b")
_MEASURED = re.compile(r"\b(?:more|most|bigger|biggest|larger|largest|greater|greatest|less|least|smaller|smallest)\b")
_LEAST = re.compile(r"\b(?:less|least|smaller|smallest)\b")
_RANKED = r"(?:more|most|less|least|better|worse|faster|slower|(?:be|wor|bigge|large|smalle|stronge|weake|faste)st)"
_THOSE = re.compile(rf"^(?:and )?(?:how many|which|what)\b(?!.*\b{_RANKED}\b)", re.IGNORECASE)

_DEAR = re.compile(
    r"\b(?:dearer|dearest|pricier|priciest|expensive|costly|higher|highest|costs? the most)\b", re.IGNORECASE
)
_CHEAP = re.compile(r"\b(?:cheaper|cheapest|lower|lowest|less expensive|least|costs? the least)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sense:
    """How moves are ranked, and the words for the first of two and of many."""

    key: Callable[[Figure], float]
    of_two: str
    of_many: str
    by_size: bool = False


def sense(text: str) -> Sense:
    """What a comparison asks: the size of the moves, who did worse, or (by default) who did better."""
    asked = text.lower()
    least = bool(_LEAST.search(asked))
    if _FALL.search(asked):
        better = Sense(lambda m: -m.value, "did better", "did best")
        return better if least else Sense(lambda m: m.value, "did worse", "did worst")
    if _MOVE.search(asked) and _MEASURED.search(asked):
        if least:
            return Sense(lambda m: abs(m.value), "moved less", "moved least", by_size=True)
        return Sense(lambda m: -abs(m.value), "moved more", "moved most", by_size=True)
    if least:
        return Sense(lambda m: m.value, "did worse", "did worst")
    return Sense(lambda m: -m.value, "did better", "did best")


def verdict(text: str, moves: Sequence[Figure], when: str = "") -> Statement:
    """The sentence that ranks `moves` (percent changes, two or more), bound to them and to their difference; or that
    says which of them rose or fell, where that is asked. `when` names their period ("this week")."""
    if (side := side_of(text)) and _THOSE.search(text):
        return _of_those(sorted(moves, key=lambda m: -side * m.value), side, when)
    wanted = sense(text)
    ranked = sorted(moves, key=wanted.key)
    return _of_two(ranked[0], ranked[1], wanted) if len(ranked) == 2 else _of_many(ranked, wanted, when)


def dearest(text: str, prices: Sequence[Figure]) -> Statement | None:
    """The sentence that ranks `prices` of one unit by what a share costs, where that is asked."""
    cheap, dear = _CHEAP.search(text), _DEAR.search(text)
    if not (cheap or dear) or len({p.unit for p in prices}) > 1:
        return None
    ranked = sorted(prices, key=lambda p: p.value if cheap else -p.value)[:SHOWN]
    listed = ", ".join(f"{p.symbol} {p.text} {p.unit} [{p.citation}]" for p in ranked)
    word = "lowest" if cheap else "highest"
    text = f"{ranked[0].symbol} has the {word} price a share, which does not tell what a company is worth: {listed}."
    return Statement(text, tuple(ranked), _cited(*ranked))


def _of_two(first: Figure, second: Figure, wanted: Sense) -> Statement:
    cited = _cited(first, second)
    figures = f"{first.text} % against {second.text} %"
    if round(wanted.key(first), 2) == round(wanted.key(second), 2):
        return Statement(
            f"{first.symbol} and {second.symbol} moved alike: {figures} {_marks(cited)}.", (first, second), cited
        )
    gap = abs(wanted.key(first) - wanted.key(second))
    formula = "||first| - |second||" if wanted.by_size else "|first - second|"
    spread = Figure(
        f"{gap:.2f}", round(gap, 6), "percentage points", None, "spread", first.as_of, first.citation,
        Derivation(formula, (first, second)),
    )  # fmt: skip
    difference = "a difference in size of" if wanted.by_size else "a difference of"
    text = (
        f"{first.symbol} {wanted.of_two} than {second.symbol}: {figures}, "
        f"{difference} {spread.text} percentage points {_marks(cited)}."
    )
    return Statement(text, (first, second, spread), cited)


def _of_many(ranked: Sequence[Figure], wanted: Sense, when: str) -> Statement:
    shown = ranked[:SHOWN]
    return Statement(
        f"{' '.join(filter(None, (shown[0].symbol, wanted.of_many, when)))}: {_listed(shown)}.", tuple(shown),
        _cited(*shown),
    )  # fmt: skip


def _of_those(ranked: Sequence[Figure], side: int, when: str) -> Statement:
    """How many went to one `side` (1: up, -1: down), and the foremost of those, or of all where none did."""
    went = [m for m in ranked if round(m.value, 2) * side > 0]
    shown = (went or ranked)[:SHOWN]
    number = Figure(
        str(len(went)), float(len(went)), "", None, "count", shown[0].as_of, shown[0].citation,
        Derivation(f"count(change {'>' if side > 0 else '<'} 0)", tuple(ranked)),
    )  # fmt: skip
    total = replace(
        number, text=str(len(ranked)), value=float(len(ranked)), derived_from=Derivation("count", tuple(ranked))
    )
    did = " ".join(filter(None, ("rose" if side > 0 else "fell", when)))
    foremost = "first among them " if len(went) > SHOWN else ""
    text = f"{number.text} of {total.text} {did}: {foremost}{_listed(shown)}."
    return Statement(text, (number, total, *shown), _cited(*shown))


def _listed(moves: Sequence[Figure]) -> str:
    return ", ".join(f"{m.symbol} {m.text} % [{m.citation}]" for m in moves)


def _marks(cited: Sequence[int]) -> str:
    return "".join(f"[{n}]" for n in cited)


def _cited(*figures: Figure) -> tuple[int, ...]:
    return tuple(f.citation for f in figures if f.citation is not None)
