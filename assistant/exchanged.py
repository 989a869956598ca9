"""Whether two figures of one unit stand in each other's place: "sales 3, costs 5" for "sales 5, costs 3". Pure.

A word goes with the figure that is nearest to it. Two were exchanged where words of each went over to the other:
one way alone may be an ellipsis, "80 robots in Asia and 120 in Europe" for "120 robots in Europe and 80 in Asia".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from assistant.numbers import find_numbers
from assistant.sentences import content_words

_TOKEN = re.compile(r"[A-Za-z][A-Za-z'’&-]*|\d(?:[\w.,]*\w)?|[,;:]")
_APART = re.compile(r"[,;:]|and|but|while|whereas|with|against|after|on", re.IGNORECASE)
_BREAK = 3  # words by which a figure beyond a comma or an "and" is farther away

_Figure = tuple[float, str]  # size and unit


@dataclass(frozen=True, slots=True)
class _Token:
    at: int  # in words, a break counting as several
    said: str  # "" for a word of grammar
    figure: _Figure | None = None


def exchanged(sentence: str, line: str) -> bool:
    """Whether `sentence` says two of its figures of each other's words, by `line`, which holds all of them."""
    ours, theirs = list(_tokens(sentence)), list(_tokens(line))
    figures = dict.fromkeys(t.figure for t in ours if t.figure)
    pairs = [(one, other) for one, other in combinations(figures, 2) if one[1] == other[1]]
    words = {unit: (_owners(ours, unit), _owners(theirs, unit)) for unit in {one[1] for one, _ in pairs}}
    return any(_crossed(*words[one[1]], one, other) for one, other in pairs)


def _crossed(said: Mapping[str, _Figure], told: Mapping[str, _Figure], one: _Figure, other: _Figure) -> bool:
    moves = {(told[word], said[word]) for word in said.keys() & told.keys()}
    stayed = {(one, one), (other, other)} <= moves
    return {(one, other), (other, one)} <= moves and not stayed


def _owners(tokens: list[_Token], unit: str) -> dict[str, _Figure]:
    """Each word, and each figure of another unit, with the nearest figure of `unit`: of two that are as near the later
    one, "rose to 5" is of the 5. A word that goes with several tells nothing of any."""
    anchors = [t for t in tokens if t.figure and t.figure[1] == unit]
    found: dict[str, set[_Figure]] = {}
    for token in tokens:
        if token.said and anchors and token not in anchors:
            nearest = min(anchors, key=lambda a: (abs(a.at - token.at), -a.at))
            found.setdefault(token.said, set()).update({nearest.figure} if nearest.figure else ())
    return {word: figures.pop() for word, figures in found.items() if len(figures) == 1}


def _tokens(text: str) -> Iterator[_Token]:
    numbers = find_numbers(text)
    figures = {n.start: (abs(n.value), n.unit) for n in numbers}
    words = [m for m in _TOKEN.finditer(text) if not any(n.start <= m.start() < n.end for n in numbers)]
    at = 0
    for start, said in sorted([*((m.start(), m[0]) for m in words), *((n.start, n.text) for n in numbers)]):
        at += 1 + _BREAK * bool(_APART.fullmatch(said))
        figure = figures.get(start)
        yield _Token(at, f"{figure[0]:g} {figure[1]}" if figure else _stem(said), figure)


def _stem(said: str) -> str:
    lower = said.lower()
    return lower if lower in {"from", "to"} or lower[0].isdigit() else "".join(content_words(said))
