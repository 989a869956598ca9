"""Whether a retrieved text is about what was asked. Pure: words, names and the cosine decide; no model."""

import re
from collections.abc import Iterable, Set

from assistant.abbreviations import in_words
from assistant.nearness import DAYS
from assistant.sentences import content_words, names, sentences, stem

NEAR = 0.45  # cosine of all-MiniLM-L6-v2 from which a text is about the question whatever its words
RELATED = 0.30  # cosine below which shared words alone must carry it
# Set on two small stores: 10 of 11 related questions kept a related text, 13 of 13 unrelated ones kept none.

_HEADLINE = re.compile(r"(?:[^a-z\s]\S*|\S{1,3})(?:\s+(?:[^a-z\s]\S*|\S{1,3}))*")
_ASKING = content_words(
    """happen happened happening announce announced decide decided decision say said tell know news latest new newest
    story stories headline headlines anything something update updates today yesterday week month recent recently win
    won go going gone come came get got make made take took bring brought show showed see give gave"""
)


def names_nothing(question: str) -> bool:
    """Whether `question` asks for news as such ("any news?", "latest headlines") and not for a subject."""
    return not names(question) and not content_words(question) - _ASKING


def relevant(question: str, text: str, cosine: float | None, known: Set[str] = frozenset()) -> bool:
    """`text` is all that can be matched: title, body and publisher. `cosine` is None where only words found it;
    `known` are words that texts use as names alone (`used_as_names`).

    A text that holds half or fewer of the names the question gives does not pass, or none of those that it gives in
    small letters. A near one does; another if it holds more than half of the question's content words (all of them
    where the cosine sees no relation).
    """
    named, about, said = _subjects(question, known), content_words(text), _words(text)
    small = set() if named else known & set(_words(question))
    held = {n for n in named | small if n in said or stem(n) in about or _spelled_out(n, said)}
    if (named and 2 * len(held) <= len(named)) or (small and not held):
        return False
    if cosine is not None and cosine >= NEAR:
        return True
    asked = content_words(question) - _ASKING
    spelled = {a.lower() for a in _abbreviated(question) if content_words(in_words(a)) & about}
    shared = asked & (about | {stem(n) for n in held | spelled})
    if cosine is not None and cosine >= RELATED:
        return bool(asked) and 2 * len(shared) > len(asked)
    return bool(asked) and shared == asked


def used_as_names(texts: Iterable[str]) -> set[str]:
    """The words, lower case, that `texts` write with a capital inside a sentence and nowhere without one: a question
    may give them in small letters, or first. A headline With Capitals Throughout tells no names."""
    running = [s for text in texts for s in sentences(text) if not _HEADLINE.fullmatch(s)]
    return {n for s in running for n in names(s)} - {w for s in running for w in s.split() if w.islower()}


def _subjects(question: str, known: Set[str]) -> set[str]:
    """The names in `question`, its first word if texts use it as one: no days or months, which the search goes by, and
    no abbreviation of common words."""
    first = set(_words(question)[:1]) & known if question[:1].isupper() else set()
    return (names(question) | first) - DAYS - {a.lower() for a in _abbreviated(question)}


def _abbreviated(question: str) -> list[str]:
    return [w for w in re.findall(r"[\w&/]+", question) if in_words(w)]


_DEFINING = r"(?:is|are|was|were|means?|refers? to|consists? of|comprises?|represents?|includes?|(?:is|are) defined)"


def defines(term: str, text: str) -> bool:
    """Whether a sentence of `text` has `term` as its subject and says what that is: "EBITDA is calculated by..."."""
    said = re.escape(" ".join(term.split()).removesuffix("s"))
    start = re.compile(rf"(?:the |a |an |our )?{said}(?:s|es)?(?: \([^)]*\))? {_DEFINING}\b", re.IGNORECASE)
    return any(start.match(s) for s in sentences(text))


def _words(text: str) -> list[str]:
    return [w.strip(".,;:!?()[]\"'“”‘").lower() for w in text.replace("’", "'").replace("'s", "").split()]


def _spelled_out(name: str, said: list[str]) -> bool:
    """Whether `name` abbreviates a run of words: `gdp` gross domestic product, `ecb` European Central Bank."""
    initials = "".join(w[0] if w else " " for w in said)
    return 2 < len(name) <= 5 and name in initials
