"""Lines of stories that give a reason for a move, found by code: "Kestrel shares fall 8 % after a warning". Pure.

A small model often refuses such a headline as an answer to a why. It is one, in its publisher's words: so it is quoted.
"""

import re
from collections.abc import Sequence

from assistant.binding import lines
from assistant.market.finding import Finding
from assistant.market.premise import side_of
from assistant.types import Evidence
from assistant.unfit import unfit

_CAUSE = re.compile(
    r"\b(?:after|amid|following|because of|because(?! of)|due to|owing to|thanks to|on the back of|in the wake of|as|on"
    r"|over)\s+"
    r"(?!(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sun)(?:day)?\b|(?:the )?(?:day|week|month|year|quarter|back)\b"
    r"|(?:average|heavy|thin|light|high|low|strong|weak) volume|(?:much|well|of|it|they)\b|\d)",
    re.IGNORECASE,
)
_SHARES = re.compile(r"\b(?:shares?|stock|it)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:profits?|sales|revenues?|orders|income|earnings|margins?|output|costs?|dividend|jobs|declined to)\b",
    re.IGNORECASE,
)  # what may rise and fall beside the price
UNSURE = re.compile(
    r"\b(?:may|might|could|would|will|if|not|despite|opinions?|unclear|unknown|no (?:clear )?reason)\b|n't\b|\?",
    re.IGNORECASE,
)


def reasons(question: str, evidence: Sequence[Evidence], move: Finding) -> list[tuple[str, Evidence]]:
    """The line of each item that says why the price moved as it did and as `question` has it, with its item, published
    since the close that the move starts from."""
    if not (move.change and move.span):
        return []
    side = side_of(question) or (1 if move.change.value > 0 else -1)
    symbol, name, start = move.view.instrument.symbol, move.view.name.split()[0].lower(), move.span[0].as_of
    bearing = (e for e in evidence if symbol in e.symbols and e.published and e.published >= start)
    found = ((next((s for s in lines(e) if _gives(s, side, name, len(e.symbols) == 1)), ""), e) for e in bearing)
    return [(line, item) for line, item in found if line]


def _gives(line: str, side: int, name: str, alone: bool) -> bool:
    """Whether the line tells of a move to that side of the company's shares, and goes on with a cause. Where the story
    is of others too (not `alone`), the line has to begin with the company."""
    cause = next((m for m in _CAUSE.finditer(line) if side_of(line[: m.start()]) == side), None)
    if cause is None or UNSURE.search(line) or unfit(line):
        return False
    told = line[: cause.start()].lower()
    of_it = told.startswith(name) or (alone and (name in told or bool(_SHARES.match(told))))
    return of_it and not _OTHERS.search(told)
