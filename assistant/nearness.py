"""How near a sentence is to a question: shared words, and whether it holds what such a question asks for. Pure."""

import re
from collections.abc import Callable

from assistant.sentences import content_words, names

_CUE = 0.75  # of 153 drawn answers, trimming to 90 words lost 8 without it and 3 with it
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_FIGURE = re.compile(r"\d")
_TIME = re.compile(rf"\b(?:{MONTHS}|(?:19|20)\d\d)\b", re.IGNORECASE)  # the weekday of a report is no answer
_CAUSE = re.compile(
    r"\b(?:after|because|due to|following|as a result|amid|driven by|on the back of|thanks to|owing to|reason|"
    r"cause[ds]?|blam\w+|credit\w*|explain\w*|so that|in order to)\b",
    re.IGNORECASE,
)
DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split()) | set(MONTHS.split("|"))
_WHY = re.compile(r"\b(?:why|reasons?|causes?d?|behind|drove|drive[sn]?|explains?|blame[sd]?)\b", re.IGNORECASE)
_WHEN = re.compile(r"\b(?:when|date|month|year|day|how soon|deadline)\b", re.IGNORECASE)
_WHO = re.compile(r"\b(?:who|whom|whose|name|named)\b", re.IGNORECASE)
_HOW_MUCH = re.compile(
    r"\bhow (?:much|many|large|big|high|low|far|long|deep|wide|old|fast|strong)\b|\b(?:percent\w*|per cent|price|cost|"
    r"amount|sum|number|figure|rate|share|size|total|value|worth|margin|spread|weight\w*|level|count|stake)\b",
    re.IGNORECASE,
)


def nearness(question: str, sentence: str) -> float:
    """Content words shared, and a part of a word more for each kind of thing that is asked for and there."""
    shared = len(content_words(question) & content_words(sentence))
    return shared + _CUE * sum(bool(asked.search(question)) and there(sentence) for asked, there in _CUES)


_CUES: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_WHY, lambda s: bool(_CAUSE.search(s))),
    (_WHEN, lambda s: bool(_TIME.search(s))),
    (_WHO, lambda s: bool(names(s) - DAYS)),
    (_HOW_MUCH, lambda s: bool(_FIGURE.search(s))),
)
