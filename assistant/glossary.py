"""The glossary's definitions of terms: what an explanation from the weights has to agree with before it is shown."""

import json
from functools import cache

from assistant.sentences import content_words, sentences
from ingest.resources import resource

AGREEMENT = 0.1  # share of the definition's key words; of the definitions of other terms one in five holds as many


def agrees(term: str, explanation: str) -> bool:
    """Whether the first sentence of `explanation` shares key words with the glossary's definition of `term`, the
    term's own words aside. True where the glossary does not have the term: there is nothing to hold against it."""
    name = _fold(term)
    keywords = _keywords().get(name) or _keywords().get(name.removesuffix("s"), frozenset())
    first = " ".join(sentences(explanation)[:1])
    return not keywords or len(keywords & content_words(first)) >= AGREEMENT * len(keywords)


@cache
def _keywords() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for file in sorted(resource("adapters/knowledge").glob("*.jsonl")):
        for record in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            keywords = frozenset(content_words(record["definition"]) - content_words(record["term"]))
            for name in (record["term"], *record["aliases"]):
                found.setdefault(_fold(name), keywords)
    return found


def _fold(term: str) -> str:
    return " ".join(term.casefold().split())
