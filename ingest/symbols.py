"""Which symbols an article is about, by rule, and the directory of names that this takes.

What counts:
- what the feed itself names (already in `article.symbols`);
- cashtags (`$AAPL`), tickers with their exchange (`NYSE: IBM`) and known tickers in brackets (`(AAPL)`);
- followed symbols on their own: with one of Yahoo's signs (AZN.L) always, else in capitals, of three letters or more,
  no ordinary word, and not in a headline that is all capitals;
- names of the directory in capitals; one that is also an ordinary word (Target), or has two letters (BP), only beside a
  word of finance: `Target shares`, `stake in Target`, `BP's profit`.
A name of several companies counts for the followed ones, else for its US share classes, else for none.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ingest.spelling import cashtags, exchange_forms, lexicon, yahoo_form
from ingest.types import Article

_TICKER = r"[A-Z]{2,5}(?:[.-][A-Z])?"
_BRACKETED = re.compile(rf"[(\[]({_TICKER}(?:\s?[,;/]\s?{_TICKER})*)(?=[\s,;:)\]])")
_ALONE = re.compile(r"(?<![\w.$^&@#/=-])\^?[A-Z0-9]{1,10}(?:[.=-][A-Z0-9]{1,4})*(?!\w)")
_TOKEN = re.compile(r"[^\W_]+(?:[&'.+-][^\W_]+)*|[&+]")
_POSSESSIVE = re.compile(r"(?:'s)+$", re.IGNORECASE)
_ONE_SPELLING = str.maketrans({"’": "'", "‘": "'", "–": "-", "‑": "-"})
_AND = {"and", "&", "+"}
_JOINING = {"at", "by", "for", "from", "in", "of"}
_CAPITALS_UP_TO = 3  # letters: ING and UBS are written so, a shorter name in small letters is something else
_LEGAL = re.compile(
    r"[\s,]+(?:(?:&|and)\s+)?(?:inc|incorporated|corp|corporation|co|company|companies|plc|se|ag|sa|s\.a|nv|n\.v|spa"
    r"|ab|asa|oyj|kgaa|gmbh|ltd|limited|llc|lp|holdings?|group)\.?$",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*\([^)]*\)|^the\s+", re.IGNORECASE)  # "(publisher)", "The"


# Names ----------------------------------------------------------------------------------------------------------


def aliases(name: str) -> list[str]:
    """The forms under which a company's full name is met, longest first: `Apple Inc.` -> apple inc., apple."""
    name = " ".join(_ASIDE.sub("", name).split()).casefold()
    found = []
    while name and name not in found:
        found.append(name)
        name = _LEGAL.sub("", name).rstrip(" ,&")
    return found


def directory() -> list[tuple[str, str]]:
    """(name, symbol) of some 1,800 companies and the main indices, the US listing before the home one, names in lower
    case: what the ledger keeps as the names of origin `directory`. Needs no network."""
    from pytickersymbols import PyTickerSymbols  # type: ignore[import-untyped]

    spoken = lexicon().spoken
    pairs = [
        (alias, symbol)
        for stock in PyTickerSymbols().get_all_stocks()
        for alias in aliases(stock["name"])
        if alias not in spoken
        for symbol in _listings(stock)
    ]
    pairs += [(name, symbol) for name, symbols in spoken.items() for symbol in symbols]
    return list(dict.fromkeys(pairs))


def _listings(stock: Mapping[str, Any]) -> list[str]:
    """The main US listing with its further share classes, then the home listing; foreign quotations and OTC left out.
    The source gives `symbol` (the home ticker, often without a suffix) and `symbols` with Yahoo's and Google's form."""
    home, listed = yahoo_form(stock.get("symbol") or ""), stock.get("symbols") or []
    if not home:
        return []
    wrong = {*lexicon().wrong["*"], *lexicon().wrong.get(stock["name"], ())}
    us = [y["yahoo"] for y in listed if "." not in y["yahoo"] and not y["google"].startswith(("FRA:", "OTC", "TYO:"))]
    us = [t for t in us if t not in wrong]
    if "." in home:
        british = [y["yahoo"] for y in listed if y["yahoo"].endswith(".L") and stock.get("country") == "United Kingdom"]
        return [*us[:1], *(british[:1] or [home])]
    if us or stock.get("country") == "United States" or not listed or "US" in str(stock.get("isins"))[:4]:
        return [home, *(t for t in us if t != home and _one_company([home, t]))]
    xetra = stock.get("country") == "Germany" and any(y["google"] == f"FRA:{home}" for y in listed)
    return [f"{home}.DE"] if xetra else []


def _one_company(symbols: Sequence[str]) -> bool:
    """Whether these are share classes of one company: GOOGL and GOOG, BRK-A and BRK-B, VOW.DE and VOW3.DE."""
    stems = [s.partition(".")[0].partition("-")[0] for s in symbols]
    return all(s.startswith(min(stems, key=len)) for s in stems)


# Linking --------------------------------------------------------------------------------------------------------


class _Token(NamedTuple):
    key: str  # folded
    text: str  # as written


class SymbolLinker:
    """`names`: name in lower case -> the symbols it may stand for (`Market.names()`); `followed`: the watchlist.

    Making one takes some milliseconds; `link` is pure and its cost grows with the article's length alone.
    """

    def __init__(self, names: Mapping[str, Sequence[str]], followed: Collection[str]) -> None:
        self._followed = frozenset(followed)
        self._known = self._followed.union(*names.values())
        self._words: set[str] = set()  # of all names: what must not be split
        self._names: dict[tuple[str, ...], Sequence[str]] = {}
        self._longest: dict[str, int] = {}  # first word -> words of the longest name that starts with it
        for name, symbols in _with_aliases(names):
            key = tuple(_fold(t) for t in _TOKEN.findall(name.translate(_ONE_SPELLING)))
            if key and not "".join(key).isdigit():
                self._names[key] = symbols
                self._words.update(key)
                self._longest[key[0]] = max(len(key), self._longest.get(key[0], 0))

    def link(self, article: Article) -> tuple[str, ...]:
        """The symbols `article` is about, sorted."""
        found = set(article.symbols)
        for text in (article.title, article.text):
            found |= cashtags(text) | exchange_forms(text)
            found.update(self._bracketed(text), self._alone(text), self._named(text))
        return tuple(sorted(found))

    def _bracketed(self, text: str) -> Iterator[str]:
        for ticker in re.findall(_TICKER, " ".join(_BRACKETED.findall(text))):
            symbol = yahoo_form(ticker)
            if symbol in self._known and ticker not in lexicon().no_tickers:
                yield symbol

    def _alone(self, text: str) -> Iterator[str]:
        for symbol in {yahoo_form(t) for t in _ALONE.findall(text)} & self._followed:
            plain = symbol is not None and symbol.isalpha()
            if symbol and not (plain and (len(symbol) < 3 or symbol in lexicon().no_tickers or text.isupper())):
                yield symbol

    def _named(self, text: str) -> Iterator[str]:
        tokens, start = self._tokens(text), 0
        while start < len(tokens):
            length = self._match(tokens, start) if tokens[start].key in self._longest else 0
            if length:
                yield from self._choose(self._names[tuple(t.key for t in tokens[start : start + length])])
            start += length or 1

    def _match(self, tokens: Sequence[_Token], start: int) -> int:
        """How many words the longest name at `start` has; 0: none that counts."""
        for length in range(min(self._longest[tokens[start].key], len(tokens) - start), 0, -1):
            words = tokens[start : start + length]
            if tuple(w.key for w in words) in self._names and self._counts(tokens, start, length):
                return length
        return 0

    def _counts(self, tokens: Sequence[_Token], start: int, length: int) -> bool:
        words = tokens[start : start + length]
        name = " ".join(w.key for w in words)
        written = [w.text for w in words if w.key not in {"the", "&"}] or [name]
        if len(name) <= _CAPITALS_UP_TO:
            capitals = written[0].isupper()
        else:
            capitals = all(w[0].isdigit() or w != w.lower() for w in (written[0], written[-1]))
        doubtful = name in lexicon().ordinary or len(name) < _CAPITALS_UP_TO
        return capitals and not (doubtful and not _beside_finance(tokens, start, start + length))

    def _choose(self, symbols: Sequence[str]) -> Sequence[str]:
        if mine := [s for s in symbols if s in self._followed]:
            return mine
        main = [s for s in symbols if "." not in s] or symbols
        return main if _one_company(main) else ()

    def _tokens(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        for raw in _TOKEN.findall(text.translate(_ONE_SPELLING)):
            if "'" in raw or "-" in raw:
                tokens += self._split(raw)
            else:
                tokens.append(_Token(_fold(raw), raw))
        return tokens

    def _split(self, raw: str) -> Iterator[_Token]:
        """One written word as the words of names: Apple's is apple, Apple-backed apple and backed, Coca-Cola stays."""
        key = _fold(raw)
        if key in self._words:
            yield _Token(key, raw)
        elif key.endswith("'s"):
            yield from self._split(_POSSESSIVE.sub("", raw))
        elif "-" in raw:
            for part in raw.split("-"):
                yield from self._split(part)
        else:
            yield _Token(key, raw)


def _with_aliases(names: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """An instrument's full name (`Apple Inc.`) also stands for its shorter forms, unless these have a meaning."""
    for name, symbols in names.items():
        yield name, symbols
        yield from ((alias, symbols) for alias in aliases(name) if alias not in names)


def _fold(word: str) -> str:
    folded = word.casefold()
    return "&" if folded in _AND else folded


def _beside_finance(tokens: Sequence[_Token], start: int, end: int) -> bool:
    """Whether a word of finance follows, or stands before with a joining word between: `shares of Target`."""
    finance = lexicon().finance
    if end < len(tokens) and tokens[end].key in finance:
        return True
    return start > 1 and tokens[start - 1].key in _JOINING and tokens[start - 2].key in finance
