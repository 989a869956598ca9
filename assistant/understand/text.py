"""A question's text made plain, and its words with their places. Everything later works on spans of the plain text."""

import re
import unicodedata
from dataclasses import dataclass

LIMIT = 1000  # characters that are read; what comes after is not part of the question

_PLAIN = str.maketrans({"‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "İ": "I"})
_DASHES = re.compile(r"\s*[—―]\s*|\s+[–‒]\s+")
_WORD = re.compile(r"&|(?:(?<!\w)(?:[^\W\d_]\.)+)?[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """One word at `text[start:end]`. `folded` is how names are compared: lower case, no accents, no possessive."""

    text: str
    start: int
    end: int
    folded: str


def tidy(question: str) -> str:
    """`question` in plain characters: straight quotes, no control or invisible characters, single spaces."""
    text = unicodedata.normalize("NFKC", question[: 4 * LIMIT].translate(_PLAIN)).translate(_PLAIN)
    text = _DASHES.sub(" - ", text).replace("–", "-").replace("‒", "-").replace("‑", "-").replace("−", "-")
    shown = (c if unicodedata.category(c)[0] != "C" else " " if c.isspace() else "" for c in text)
    return " ".join("".join(shown).split())[:LIMIT]


def words(text: str) -> list[Word]:
    """The words of `text`; `&` counts as the word "and", dots after single letters are dropped ("J.B." is "jb")."""
    return [Word(m.group(), m.start(), m.end(), fold(m.group())) for m in _WORD.finditer(text)]


def fold(word: str) -> str:
    if word == "&":
        return "and"
    lower = word.casefold().removesuffix("'s").replace("'", "").replace(".", "")
    return "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))


def lowered(text: str) -> str:
    """`text` in lower case with every character in its place."""
    return "".join(low if len(low := c.lower()) == 1 else c for c in text)


def either(*patterns: str) -> re.Pattern[str]:
    """One pattern that finds any of `patterns`."""
    return re.compile("|".join(patterns))


def any_word(listed: str) -> str:
    """A pattern for any of the words in `listed`, whole."""
    return rf"\b(?:{'|'.join(listed.split())})\b"
