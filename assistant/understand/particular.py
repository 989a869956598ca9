"""Whether a question that names no symbol is about something particular, which only a document can tell, or about a
concept, which is general knowledge. Patterns over a masked clause; names are read from its capitals."""

import re

from assistant.understand.clause import Clause
from assistant.understand.text import any_word, either
from assistant.understand.words import CONCEPT_NAMES

# One company's books, or what once happened: general only in the mouth of a learner.
_OF_ONE = either(
    r"\b(?:f|fy ?)\d\d\b|\b(?:19|20)\d\d\b",
    any_word("our currently recently upcoming respectively"),
    r"^what .*\blatest\b",
    r"^(?!.*\bif\b)(?:[\w'-]+ ){0,5}?(?:was|were|did|had)\b(?! an?\b)",
    r"\bthe (?:company|group|registrant)(?:'s)?\b(?! accounts\b)",
    r"^(?:what|who|which [\w-]+) (?:led|caused|drove|\w{3,}ed)\b(?! (?:by|with|at|in|to)\b)",
    r"^(?:what|which|who|when|where|how)(?: [\w-]+){0,3} (?:it|they|the [\w-]+) (?:\w{3,}ed|won|bought|sold|said|made"
    r"|got|paid|lost|built|shut|cut|hit|gave|took|told)\W*$",
)
# The same, where no kind of thing is put in its place: "a company's share of the total amount".
_OF_THE = either(
    r"\bits\b|\bthe (?:board|management|agreement|acquisition|table)(?:'s)?\b",
    r"\b(?:these days|still|at the moment|the (?:most )?(?:current|recent)\b(?! (?:ratio|acc|asset|liab|yield|por)))",
    r"\breasons? (?:for|of|behind) (?:the )?(?:[\w-]+ )*?(?:increase|decrease|change|decline|growth)",
    r"\b(?:led|attributed|attributable|(?:is|are|be) (?:classified|recogni[sz]ed)|(?:primarily|mainly) relate)\b",
    r"\bdriven by\b",
    r"\bthe (?:(?:total|aggregate|respective|estimated|carrying) )*"
    r"(?:amounts? of|number of|expenses?|projection|portion)\b",
    any_word("located headquartered disclosed presented amorti[sz]ed unrecogni[sz]ed impacted according"),
    r"\b(?:consists?|comprises?)(?: \w+)? of\b|\b(?:included|excluded) (?:in|from|among|when)\b",
)
_LEARNER = either(any_word("i my me you your we can should may might must could"), r"^(?:if|when) an? ")
_OF_ANY = either(any_word("an? another any each every would"))
_ANY_DAY = re.compile(
    r"\b(?:(?:today|yesterday|year)'s|next year|(?:over|in|within) (?:a|the)|right now|years|quarters|effect|apr)\b"
)
_RULE = re.compile(r"(?!.*\b(?:will|won't|going to|likely|expected)\b)(?:is|are|do|does|who|why|how reliable)\b")
_DAY = re.compile(r"\b(?:19|20)\d\d\b")
_NAME = re.compile(r"(?<=[\w,)'\"] )[\"'(]?([A-Z][a-z]+(?:[A-Z][a-z]+)*|[A-Z][a-z]{3,}[A-Z]+)\b")


def particular(clause: Clause) -> bool:
    """Whether the clause speaks of one company, report, person, place or past event."""
    if _DAY.search(clause.text) or _names(clause):
        return True
    if _LEARNER.search(clause.masked):
        return False
    if _OF_ONE.search(clause.masked) or (clause.dated and not _ANY_DAY.search(clause.text.lower())):
        return True
    return bool(_OF_THE.search(clause.masked)) and not _OF_ANY.search(clause.masked)


def general(clause: Clause) -> bool:
    """Whether it puts a case for all of its kind: "what will a sum be worth?"."""
    said = _LEARNER.search(clause.masked) or _OF_ANY.search(clause.masked) or _RULE.match(clause.masked)
    return clause.plain and bool(said) and not particular(clause)


def in_general(text: str) -> bool:
    """Whether a question of which no more than its words are known is about a concept, and not about one document."""
    return general(Clause(text, text.lower()))


def _names(clause: Clause) -> bool:
    shown = "".join(c if m not in "@#" else "x" for c, m in zip(clause.text, clause.masked, strict=True))
    return any(name.lower() not in CONCEPT_NAMES for name in _NAME.findall(shown))
