"""Sentences and their content words: what retrieval trims by and the evaluator compares."""

import re

_ABBREVIATION = re.compile(
    r"\b(?:inc|corp|co|ltd|plc|mr|mrs|ms|dr|no|st|vs|approx|est|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[a-z])\.$",
    re.IGNORECASE,
)
_END = re.compile(  # other scripts begin without capitals, and end without a space
    r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(]?[A-Z0-9$€£]|[\[<#{]|[Ѐ-ӿ぀-鿿])|(?<=[。！？])\s*(?=\S)"
)
_WHOLE = re.compile(r"(?:[.!?][\"'”’)\]]*(?:\s*\[\w{1,3}\])*|(?:^|\s)\[?\d{1,2}[a-z]\]?)$")  # a stop, or a line's mark
_WORD = re.compile(r"[A-Za-z][A-Za-z'’&-]*[A-Za-z]|[A-Za-z]")
_STOP = frozenset(
    """a about after again against all also am an and any are as at be because been before being between both but by can
    could did do does doing down during each few for from further had has have having he her here hers him his how i if
    in into is it its itself just me more most my no nor not now of off on once only or other our out over own per s
    same she should so some such t than that the their them then there these they this those through to too under until
    up very was we were what when where which while who whom why will with would you your said says say according
    evidence article articles report reported reports percent per cent pct percentage point points basis usd eur gbp jpy
    dollars euros""".split()
)
_IRREGULAR = {"rose": "rise", "risen": "rise", "fell": "fall", "fallen": "fall", "grew": "grow", "grown": "grow"}
_IRREGULAR |= {
    "sold": "sell",
    "bought": "buy",
    "cuts": "cut",
    "cutting": "cut",
    "beaten": "beat",
    "led": "lead",
    "won": "win",
}


def sentences(text: str) -> list[str]:
    """`text` cut at sentence ends, abbreviations and initials kept whole; line breaks end a sentence too."""
    out: list[str] = []
    for line in text.splitlines():
        start = 0
        for match in _END.finditer(line):
            if not _ABBREVIATION.search(line[start : match.start()]):
                out.append(line[start : match.end()].strip())
                start = match.end()
        out.append(line[start:].strip())
    return [s for s in out if s]


def complete(text: str) -> list[str]:
    """The sentences of generated `text`, without a last one that the token limit cut off."""
    found = sentences(text)
    return found if not found or _WHOLE.search(found[-1]) else found[:-1]


def stem(word: str) -> str:
    """A light stem, so that `rises`, `rising` and `raised` meet their like: suffixes off, four letters kept."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    word = _IRREGULAR.get(word, word)
    for suffix in ("ations", "ation", "ings", "ing", "edly", "ies", "ied", "ers", "ed", "es", "er", "ly", "s", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def content_words(text: str) -> set[str]:
    """The stems of what `text` is about: no function words, no reporting verbs, no units, no digits."""
    return {stem(w) for w in _WORD.findall(text) if w.lower() not in _STOP}


def names(text: str) -> set[str]:
    """Capitalised words inside sentences, lower case: people, companies, places. A sentence's first word is none."""
    return {w.lower().removesuffix("'s").removesuffix("’s") for s in sentences(text) for w in _inner_names(s)}


def _inner_names(sentence: str) -> list[str]:
    words = _WORD.findall(sentence)
    return [w for w in words[1:] if w[0].isupper() and w.lower() not in _STOP]
