"""Lines of stories that say in so many words what a company did: "Kestrel raises its full-year outlook". Pure.

A small model often refuses such a headline as an answer to "what did Kestrel raise?". It is one, in its publisher's
words: so it is quoted. Only a line counts that has the company for its subject and holds all that the question names.
"""

import re
from collections.abc import Collection, Sequence

from assistant.answer_type import fits
from assistant.binding import DOWN, UP, correction, lines
from assistant.numbers import digit_tokens
from assistant.reasons import UNSURE
from assistant.sentences import content_words, stem
from assistant.types import Evidence
from assistant.unfit import unfit

_ASKED = re.compile(
    r"(?:and |so )?(?:what|who|whom|which(?: [\w-]+){1,3}|how (?:many|much)(?: [\w-]+){0,3}) "
    r"(?:did|does|do|has|have|had|(?P<ahead>will|is|are)) (?=\w)",
    re.IGNORECASE,
)
_NOT = re.compile(r"n't\b|\b(?:not|never|except|besides|other|else|instead)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][\w'’&-]*")
_SUBJECT = 5  # words within which the verb has come
_NO_OBJECT = frozenset("of by over for after in on at amid from as with to into against".split())
_PASSIVE = frozenset("is are was were be been being gets got".split())


def deeds(question: str, evidence: Sequence[Evidence], names: Collection[str]) -> list[tuple[str, Evidence]]:
    """The line of each item that answers what, whom or how many of a company's deed, with its item; what a newer item
    corrects is replaced by it. `names` are the words, in lower case, of what the company is called."""
    asked = question.partition(" (")[0]
    opening = _ASKED.match(asked)
    wanted = content_words(asked) - {stem(n) for n in names} - {"many", "much"}
    verb = next((w for w in map(stem, _WORD.findall(asked[opening.end() :])) if w in wanted), "") if opening else ""
    if not opening or not verb or _NOT.search(asked):
        return []

    def answers(line: str) -> bool:
        held = wanted <= content_words(line) and set(digit_tokens(asked)) <= set(digit_tokens(line))
        certain = held and fits(asked, line) and not (UNSURE.search(line) or unfit(line))
        return certain and _does(line, verb, names, asked, bool(opening["ahead"]))

    found = ((next(filter(answers, lines(e)), ""), e) for e in evidence)
    return [correction(line, item, evidence) or (line, item) for line, item in found if line]


def _does(line: str, verb: str, names: Collection[str], asked: str, ahead: bool) -> bool:
    """Whether the company is the subject of `verb` in `line`, and an object follows."""
    said = [w.lower() for w in _WORD.findall(line)]
    at = next((i for i, w in enumerate(said[:_SUBJECT]) if stem(w) == verb), 0)
    if at == 0 or said[0].removesuffix("'s").removesuffix("’s") not in names:
        return False
    before, after = said[at - 1], next(iter(said[at + 1 :]), "")
    passive = before in _PASSIVE and not said[at].endswith("ing")
    planned = before == "to" and not ahead
    adrift = after in _NO_OBJECT and after not in _WORD.findall(asked.lower())
    noun = UP.fullmatch(after) or DOWN.fullmatch(after)  # "Kestrel orders rise"
    return bool(after) and not (passive or planned or adrift or noun)
