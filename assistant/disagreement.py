"""Two sources that tell one thing with different figures: both are shown. Pure.

An aggregator's copy of a story with a digit altered reads like the story. So it is neither dropped as its twin nor left
unsaid where the other one is cited.
"""

import re
from collections.abc import Sequence

from assistant.binding import lines, superseded
from assistant.numbers import digit_tokens, find_numbers, same
from assistant.sentences import content_words
from assistant.stories import WINDOW
from assistant.types import Evidence, Statement

_ALIKE = 0.8  # of the content words of both lines, figures aside
_FEWEST = 3  # content words below which a line says too little to be another's likeness
_SCALES = content_words("thousand million billion trillion")
_QUOTED = re.compile(r"“(.*)”", re.DOTALL)
_MARK = re.compile(r"\s*\[\d+\]")


def otherwise(said: Statement, evidence: Sequence[Evidence]) -> list[tuple[str, Evidence]]:
    """The lines of other publishers of those days that tell with another figure what is `said`, each with its item."""
    quoted = _QUOTED.search(said.text)
    line = quoted[1] if quoted else _MARK.sub("", said.text)
    cited = [e for e in evidence if e.n in said.citations]
    beside = [e for e in evidence if any(_beside(item, e) for item in cited)]
    return [(told, e) for e in beside for told in lines(e) if contradicts(line, told)]


def _beside(item: Evidence, other: Evidence) -> bool:
    if other.source == item.source or not (item.published and other.published):
        return False
    return abs(item.published - other.published) <= WINDOW


def contradicts(line: str, other: str) -> bool:
    """Whether the two differ in a figure and in next to nothing else. One that calls a figure the former one corrects,
    and does not contradict; one of another day or year is another fact."""
    said, told = content_words(line) - _SCALES, content_words(other) - _SCALES
    if len(said) < _FEWEST or len(said & told) < _ALIKE * len(said | told) or digit_tokens(line) != digit_tokens(other):
        return False
    ours, theirs = find_numbers(line), find_numbers(other)
    if [n.unit for n in ours] != [n.unit for n in theirs]:
        return False
    corrected = any(superseded(line, n) for n in ours) or any(superseded(other, n) for n in theirs)
    return not corrected and not all(same(a, b) for a, b in zip(ours, theirs, strict=True))
