"""The names and symbols that a question may use, made ready for look-up once per process."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.understand.markets import MARKETS, NICKNAMES, NO_NAMES, WHOLE_MARKET, WHOLE_MARKET_SYMBOL
from assistant.understand.text import words
from assistant.understand.words import (
    AFTER_NAME,
    BEFORE_NAME,
    COMMON_NAMES,
    FUNCTION_WORDS,
    GENERIC,
    PRICE_TALK,
    SHORT_WORDS,
    TOPICLESS,
)

Phrase = tuple[str, ...]

_LEGAL = frozenset(
    "inc incorporated corp corporation co company companies plc ltd limited llc lp sa ag se nv ab asa as oyj spa kgaa"
    " holding holdings group the adr ads reit trust class a b c com cl new common".split()
)
# Dropped only from names of companies that are followed or known: "Palantir", not "American".
_DESCRIPTIVE = frozenset(
    "technologies technology platforms international enterprises industries pharmaceuticals laboratories systems brands"
    " therapeutics motors robotics devices energy air bank aerospace".split()
)
_ASIDE = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase may stand for, best guess unordered. `short`: a shortened name, believed only with a capital."""

    symbols: tuple[str, ...]
    short: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """`names`: lower-case name -> symbols it may stand for. `followed`: the watchlist. `known`: symbols with data."""

    names: Mapping[str, tuple[str, ...]]
    followed: Sequence[str]
    known: Collection[str]

    @cached_property
    def near(self) -> frozenset[str]:
        """Followed or known: the symbols a user is likely to mean."""
        return self.watched | frozenset(self.known)

    @cached_property
    def watched(self) -> frozenset[str]:
        return frozenset(self.followed)

    @cached_property
    def symbols(self) -> frozenset[str]:
        """Every symbol there is any record of."""
        listed = (s for symbols in self.names.values() for s in symbols)
        nicknamed = (s for symbols in NICKNAMES.values() for s in symbols)
        return self.near | frozenset(listed) | frozenset(nicknamed) | frozenset(MARKETS.values())

    @cached_property
    def phrases(self) -> dict[str, list[tuple[Phrase, Entry]]]:
        """first word -> the phrases that begin with it, longest first."""
        entries = self._entries()
        table: dict[str, list[tuple[Phrase, Entry]]] = {}
        for phrase in sorted(entries, key=len, reverse=True):
            table.setdefault(phrase[0], []).append((phrase, entries[phrase]))
        return table

    def _entries(self) -> dict[Phrase, Entry]:
        found: dict[Phrase, tuple[str, ...]] = {}
        first_words: dict[str, set[tuple[str, ...]]] = {}
        for name, symbols in (*NICKNAMES.items(), *self.names.items()):
            forms = _forms(name, descriptive=not self.near.isdisjoint(symbols))
            for form in forms:
                found[form] = tuple(dict.fromkeys((*found.get(form, ()), *symbols)))
            if forms:
                first_words.setdefault(forms[0][0], set()).add(symbols)
        entries = {form: Entry(symbols) for form, symbols in found.items()}
        for word, owners in first_words.items():
            symbols = next(iter(owners))
            if len(owners) == 1 and len(word) > 4 and word not in GENERIC and not self.near.isdisjoint(symbols):
                entries.setdefault((word,), Entry(symbols, short=True))
        return entries | self._market_entries()

    def _market_entries(self) -> dict[Phrase, Entry]:
        entries = {_folded(name): Entry((symbol,)) for name, symbol in MARKETS.items()}
        entries |= {_folded(phrase): Entry(()) for phrase in NO_NAMES}
        if WHOLE_MARKET_SYMBOL in self.near:
            entries |= {_folded(phrase): Entry((WHOLE_MARKET_SYMBOL,)) for phrase in WHOLE_MARKET}
        return entries

    @cached_property
    def near_names(self) -> dict[str, str]:
        """Names in one word of the companies that are followed or known -> the symbol, the best guess first."""
        found = {}
        for phrases in self.phrases.values():
            for phrase, entry in phrases:
                if len(phrase) == 1 and len(phrase[0]) > 2 and not self.near.isdisjoint(entry.symbols):
                    found[phrase[0]] = next(s for s in self.best_first(entry.symbols) if s in self.near)
        return found

    def names_word(self, word: str) -> bool:
        """Whether `word` is a symbol, or a word of a name."""
        folded = word.casefold()
        return word.upper() in self.symbols or any(folded in p for listed in self.phrases.values() for p, _ in listed)

    def strange(self, text: str, capital: bool) -> list[str]:
        """The words of `text` that are neither of its grammar nor a name: what may be a name misspelt."""
        found = [w for w in words(text) if len(w.text) > 3 and w.folded not in _USUAL and w.folded not in self.phrases]
        return [w.text.removesuffix("'s") for w in found if not capital or (w.start and w.text[0].isupper())]

    def best_first(self, symbols: Iterable[str]) -> tuple[str, ...]:
        """Followed ones, then known ones, then US listings, otherwise in the order given."""
        return tuple(sorted(symbols, key=lambda s: (s not in self.watched, s not in self.near, "." in s)))

    def certain(self, symbols: Sequence[str]) -> bool:
        """Whether a name that may be any of `symbols` needs no asking back."""
        return len(symbols) == 1 or sum(s in self.watched for s in symbols) == 1


def _folded(name: str) -> Phrase:
    return tuple(w.folded for w in words(_ASIDE.sub(" ", name)) if w.folded)


def _forms(said: str, descriptive: bool) -> list[Phrase]:
    """The name, and what is left as its legal (and `descriptive`) endings are dropped one by one; the longest first."""
    if "'s" in said:  # McDonald's, and as many write it: McDonalds
        return [*_forms(said.replace("'s", ""), descriptive), *_forms(said.replace("'s", "s"), descriptive)]
    name = _folded(said)
    if name[:1] == ("the",) and len(name) > 1:
        name = name[1:]
    forms = [name]
    while len(name) > 1 and (name[-1] in _LEGAL or (descriptive and name[-1] in _DESCRIPTIVE)):
        name = name[:-1]
        if name[-1] != "and":
            forms.append(name)
    return [f for f in forms if f and not (len(f) == 1 and (f[0] in GENERIC or len(f[0]) < 2))]


def common(phrase: Phrase) -> bool:
    """Whether `phrase` is English as well as a name."""
    return " ".join(phrase) in COMMON_NAMES or _ENGLISH.issuperset(phrase)


_ENGLISH = COMMON_NAMES | SHORT_WORDS | GENERIC | FUNCTION_WORDS
_USUAL = _ENGLISH | TOPICLESS | PRICE_TALK | BEFORE_NAME | AFTER_NAME
