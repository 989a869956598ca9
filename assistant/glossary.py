"""The product's own glossary: what an explanation from the weights has to agree with, and what is shown where it does
not, or where no model is asked."""

import json
from functools import cache

from assistant.sentences import content_words, sentences
from assistant.types import Evidence
from ingest.resources import resource

AGREEMENT = 0.6  # share of the definition's key words that an explanation must hold
SOURCE = "openingbell glossary"


def entry(term: str, n: int) -> Evidence | None:
    """The glossary's definition of `term` as evidence item `n`; None where it has none."""
    name = " ".join(term.casefold().split())
    found = _definitions().get(name) or _definitions().get(name.removesuffix("s"))
    return Evidence(n, "reference", found[0], found[1], "", SOURCE, None, None) if found else None


def agrees(defined: Evidence, explanation: str) -> bool:
    """Whether the first sentence of `explanation` shares key words with the definition, the term's own aside."""
    keywords = content_words(defined.text) - content_words(defined.title)
    first = content_words(" ".join(sentences(explanation)[:1]))
    return len(keywords & first) >= AGREEMENT * len(keywords)


@cache
def _definitions() -> dict[str, tuple[str, str]]:
    """By each name of a term: the term and its definition."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(resource("adapters/knowledge").glob("*.jsonl")):
        for record in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            for name in (record["term"], *record["aliases"]):
                found.setdefault(" ".join(name.casefold().split()), (record["term"], record["definition"]))
    return found
