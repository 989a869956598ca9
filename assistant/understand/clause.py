"""One clause of a question, and what it can ask for."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from assistant.types import Field, Kind
from assistant.understand.asking import bare
from assistant.understand.cues import COMPARE, WITH_TOLD
from assistant.understand.words import PRICE_TALK, TOPICLESS

_WORDS = re.compile(r"[a-z][a-z'&-]*")
_PRONOUN = re.compile(r"\b(?:it|its|they|their|them|both|either|those|these)\b")
_THAT_ONE = re.compile(r"\b(?:the|this|that) (?:stock|shares?|company|index|price|one|two)\b|^(?:is|was) that an?\b")


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a clause asks for, before it is known of what and when."""

    kind: Kind
    field: Field = "close"
    extreme: Literal["high", "low"] | None = None
    term: str | None = None
    ahead: bool = False  # of what will happen


FORECAST = Ask("other", ahead=True)
OTHER = Ask("other")  # not understood


@dataclass(frozen=True)
class Clause:
    """`masked` is `text` in lower case, its symbols as runs of `@` and its periods as runs of `#`, lengths kept."""

    text: str
    masked: str
    symbols: int = 0  # how many different symbols it names
    market: bool = False  # those are indices, coins or commodities, by their names in words

    @property
    def dated(self) -> bool:
        return "#" in self.masked

    @property
    def plain(self) -> bool:
        """Whether it names neither a symbol nor a time."""
        return not (self.symbols or self.dated)

    @cached_property
    def topic(self) -> str:
        """The words that say what it is about, beside symbols, periods and what is asked of them."""
        return " ".join(w for w in _WORDS.findall(bare(self.masked)) if w.removesuffix("'s") not in TOPICLESS)

    @property
    def price_talk(self) -> bool:
        """Whether it has no topic but prices and their moves."""
        return PRICE_TALK.issuperset(self.topic.split())

    @cached_property
    def pronoun(self) -> bool:
        return bool(_PRONOUN.search(self.masked))

    @cached_property
    def joins_told(self) -> bool:
        """Whether it sets its one symbol beside what was told before: "compare it with @"."""
        return self.symbols == 1 and bool(COMPARE.search(self.masked)) and bool(WITH_TOLD.search(self.masked))

    @property
    def points_back(self) -> bool:
        """Whether it is about something said before: by a pronoun, or for want of a topic."""
        return not self.symbols and (self.pronoun or bool(_THAT_ONE.search(self.masked)) or not self.topic)
