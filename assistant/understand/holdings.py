"""Positions: how many shares of which symbol a clause speaks of, and whether it asks what they are worth or gained."""

import re
from collections.abc import Sequence

from assistant.understand.spelled import Found

VALUE, GAIN = "position value", "position gain"

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "fifty": 50, "a dozen": 12, "a hundred": 100, "one hundred": 100,
    "a thousand": 1000,
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d*\.?\d+|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_AFTER = r"\s*(?:$|[.,;:?!)#\d]|(?:and|plus|worth|shares?|stock|now|today|have|been|be|would|if)\b)"
_HELD = re.compile(
    rf"(?<![\w.,$€£%-]){_COUNT} (?:more )?(?P<unit>(?:shares?|stocks?|units?|coins?|ounces?|oz|lots?) )?(?:(?:of|in) )?"
    rf"(?:the )?(?P<symbol>@+)(?(unit)|(?={_AFTER}))"  # not "the 3 @ stores"
)
_BEHIND = re.compile(rf"(?P<symbol>@+)[,:]? \(?{_COUNT} (?:shares?|units?|coins?)\b")
_SHARES = re.compile(r"\b(?:shares?|units?|coins?)\b")
_WORTH = re.compile(
    r"\b(?:worth|values?|valued|position|holdings?|portfolio|stake|costs?|total)\b"
    r"|\bhow much (?:is|are|was|were|would|for|do|did)\b"
)
_BOUGHT = re.compile(r"\b(?:bought|purchased|buying|acquired)\b|\bsince (?:i|we) (?:own|hold|had)\b")
_GAINED = re.compile(
    r"\b(?:gain(?:s|ed)?|profits?|made|make|los[ts]|lose|loss(?:es)?|returns?|returned|earn(?:ed)?|p&l|up|down|ahead"
    r"|grown|worth|value)\b"
)
_MADE = re.compile(r"\b(?:gain(?:s|ed)?|profits?|made|lost|loss(?:es)?|p&l|earned)\b")
# What others did with their shares is told by stories.
_OF_OTHERS = re.compile(
    r"^(?:and |so |but )?(?:who|which|why|did|has|had|when|where)\b"
    r"|\b(?:ceo|cfo|chief|director|executive|insider|fund|founder|chair\w*|investors?|company|they|he|she)\b"
)
_AT_A_PRICE = re.compile(r"\b(?:for|at) [$€£]?\d")


def position_of(masked: str) -> str | None:
    """Which of the two a masked clause asks for, if any."""
    counts = [_number(m["count"]) for m in _matches(masked)]
    if (
        not counts
        or _OF_OTHERS.search(masked)
        or not (_SHARES.search(masked) or _WORTH.search(masked) or _BOUGHT.search(masked))
    ):
        return None
    if (_BOUGHT.search(masked) and _GAINED.search(masked)) or ("#" in masked and _MADE.search(masked)):
        return None if _AT_A_PRICE.search(masked) else GAIN
    return VALUE if _WORTH.search(masked) and set(counts) != {1.0} else None  # of one share it is its price


def holdings(masked: str, found: Sequence[Found]) -> dict[str, float]:
    """symbol -> shares, of the symbols `found` in a masked clause, in order; a run of `@` is one of them."""
    runs = [m.start() for m in re.finditer(r"@+", masked)]
    if len(runs) != len(found):
        return {}
    taken = dict(zip(runs, found, strict=True))
    return {symbol: _number(m["count"]) for m in _matches(masked) for symbol in taken[m.start("symbol")].taken[:1]}


def _matches(masked: str) -> list[re.Match[str]]:
    return list(_HELD.finditer(masked)) or list(_BEHIND.finditer(masked))


def _number(said: str) -> float:
    return float(_WORDS.get(said) or said.replace(",", ""))
