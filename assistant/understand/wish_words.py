"""How much the words of a clause lean towards a wish for advice: a sum of learnt weights, one a word.

No list of patterns holds all the ways to ask for advice: of 30 requests that nobody had foreseen those of `advice.py`
found 10, with these words 20 (`unseen` in tests/data/scope.toml; 26 of `unseen_later`). `make_wish_words.py` learns
them.
"""

import json
import re
from functools import cache

from ingest.resources import resource

_SUMS = re.compile(r"\d[\d.,]*")
_RUNS = re.compile(r"([@#])\1*")
_WORD = re.compile(r"[@#?]|[^\W\d_][\w']*|\d+")


def words_of(masked: str) -> frozenset[str]:
    """The words of a masked clause, each once: a symbol as `@`, a period as `#`, any number as `9`."""
    return frozenset(_WORD.findall(_RUNS.sub(r"\1", _SUMS.sub("9", masked))))


def leans_to_advice(masked: str) -> bool:
    """Whether the weights of its words sum up to a wish for advice."""
    weights = _weights()
    return weights[""] + sum(weights.get(word, 0.0) for word in words_of(masked)) > 0


@cache
def _weights() -> dict[str, float]:
    told: dict[str, float] = json.loads(resource("assistant/understand/wish_words.json").read_text("utf-8"))
    return told
