"""Symbols in a form that is no word's: `$AAPL`, `(LSE: AZN)`, `^GSPC`, `EUR/USD`, `BTC-USD`, `BRK.B`, `AZN.L`."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.understand.markets import COINS, CURRENCIES, CURRENCY_WORDS, EXCHANGES, MARKETS, SUFFIXES
from assistant.understand.vocabulary import Vocabulary
from assistant.understand.words import ABBREVIATIONS

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """`text`, at `start` to `end`, stands for `taken`. No candidates: it looks like a symbol and is none."""

    text: str
    start: int
    end: int
    candidates: tuple[str, ...]
    taken: tuple[str, ...] = ()
    certain: bool = True
    bare: bool = False  # a word in capitals, with nothing else to say that it is a symbol
    market: bool = False  # an index, pair, coin or commodity, by its name in words


_EXCHANGE = re.compile(
    rf"\(?\b({'|'.join(sorted(EXCHANGES, key=len, reverse=True))})\s*:\s*([A-Z0-9][A-Z0-9.-]{{0,9}}\b)\)?",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rf"\b([A-Z][A-Z0-9.-]{{0,9}})\s?:\s?({'|'.join(sorted(EXCHANGES, key=len, reverse=True))})\b", re.IGNORECASE
)
_CASHTAG = re.compile(r"\$(\^?[A-Za-z][A-Za-z0-9]{0,9}(?:[.-][A-Za-z]{1,4})?(?:=[XF])?)(?![\w])")
_CARET = re.compile(r"(?<![\w^])(\^[A-Za-z][A-Za-z0-9.]{1,9})\b")
_YAHOO = re.compile(r"\b([A-Za-z]{1,6}=[XFxf])\b")
_PAIR = re.compile(r"\b([A-Za-z]{3})\s?[/-]\s?([A-Za-z]{3})\b|\b([A-Z]{3})([A-Z]{3})\b|\b([a-z]{3})([a-z]{3})\b")
_COIN = re.compile(r"\b([A-Za-z]{2,6})-(USD|EUR|GBP)\b", re.IGNORECASE)
_MONEY = "|".join(CURRENCY_WORDS)
_WORD_PAIR = re.compile(
    rf"\b({_MONEY})\s*(?:/|-|(?:against|versus|vs\.?|to)\s(?:the\s)?)\s*({_MONEY})\b", re.IGNORECASE
)
_UNIT = rf"(?:{'|'.join(sorted(CURRENCIES - {'TRY'}))}|{_MONEY})s?"
_CONVERTED = re.compile(
    rf"\b(?P<one>{_UNIT})\s(?:to|in|into|against|vs\.?)\s(?:the\s)?(?P<other>{_UNIT})\b"
    rf"|\b(?P<code>{_UNIT})\s(?P<second>{_UNIT})\b(?:(?=\s(?:exchange\s)?rate)|(?<=\b[A-Za-z]{{3}}\s[A-Za-z]{{3}}))",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"(?<![\w.$-])([A-Za-z0-9]{1,9})([./-])([A-Za-z]{1,3})(?![\w-])(?!\.\w)")


def _exchange(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    suffix = EXCHANGES[match[1].upper()]
    symbol = match[2].upper()
    return _listed(symbol if suffix and symbol.endswith(suffix) else _dashed(symbol) + suffix, vocabulary)


def _exchange_behind(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    """As in "AAPL:NASDAQ"."""
    return _listed(_dashed(match[1].upper()) + EXCHANGES[match[2].upper()], vocabulary) or None


def _cashtag(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    symbol = match[1].upper()
    by_name = MARKETS.get(match[1].lower()) if symbol in COINS else None
    return _listed(symbol, vocabulary) or _listed(_dashed(symbol), vocabulary) or by_name or ""


def _written(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    symbol = match[1].upper()
    if symbol.endswith("=X") and symbol[:-2] in CURRENCIES:  # against the dollar: JPY=X
        return symbol
    return _listed(symbol, vocabulary) or _pair_of(symbol[:3], symbol[3:6]) or ""


def _pair(match: re.Match[str], _vocabulary: Vocabulary) -> str | None:
    first, second = (g for g in match.groups() if g)
    return _pair_of(first, second)


def _pair_of(first: str, second: str) -> str | None:
    first, second = first.upper(), second.upper()
    if first in COINS and second in CURRENCIES:
        return f"{first}-{second}"
    return f"{first}{second}=X" if {first, second} <= CURRENCIES and first != second else None


def _coin(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    unknown = "" if match[0].isupper() and match[1] not in ABBREVIATIONS else None
    return _pair_of(match[1], match[2]) or _listed(match[0].upper(), vocabulary) or unknown


def _word_pair(match: re.Match[str], _vocabulary: Vocabulary) -> str | None:
    return _pair_of(CURRENCY_WORDS[match[1].lower()], CURRENCY_WORDS[match[2].lower()])


def _converted(match: re.Match[str], _vocabulary: Vocabulary) -> str | None:
    """As in "usd to eur", "10 euros in dollars", "euro dollar rate"."""
    first, second = (_code(g) for g in match.groups() if g)
    return _pair_of(first, second)


def _code(said: str) -> str:
    word = said.lower()
    return CURRENCY_WORDS.get(word) or CURRENCY_WORDS.get(word.removesuffix("s")) or said


def _dotted(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    """`AZN.L` and `BRK.B`: in capitals any that has a form Yahoo uses, in lower case only what is on record."""
    base, mark, tail = match[1].upper(), match[2], match[3].upper()
    symbol = f"{base}{'.' if mark == '.' else '-'}{tail}"
    known = next((s for s in (symbol, f"{base}-{tail}") if s in vocabulary.symbols), None)
    if known and (mark != "/" or len(tail) == 1):
        return known
    if match[0] != match[0].upper() or base in ABBREVIATIONS or mark == "/":
        return None
    share_class = tail in {"A", "B", "C"} and base.isalpha()
    return "" if len(base) > 1 and (share_class or (mark == "." and tail in SUFFIXES)) else None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Vocabulary], str | None]], ...] = (
    (_EXCHANGE, _exchange), (_BEHIND, _exchange_behind), (_CASHTAG, _cashtag), (_CARET, _written), (_YAHOO, _written),
    (_COIN, _coin), (_PAIR, _pair), (_WORD_PAIR, _word_pair), (_CONVERTED, _converted), (_DOTTED, _dotted),
)  # fmt: skip


def spelled_out(text: str, vocabulary: Vocabulary) -> Iterator[Found]:
    """Symbols in a form that is no word's. A form's reader gives the symbol, "" for one not on record, None for text
    that is no symbol after all."""
    taken: list[Span] = []
    for pattern, read in _FORMS:
        for match in pattern.finditer(text):
            if overlaps(match.span(), taken) or (symbol := read(match, vocabulary)) is None:
                continue
            taken.append(match.span())
            said = match[0] if symbol else match[0].split(":")[-1].strip(" ()$").upper()
            yield Found(said, *match.span(), (symbol,) if symbol else ())


def _listed(symbol: str, vocabulary: Vocabulary) -> str:
    return symbol if symbol in vocabulary.symbols else ""


def _dashed(symbol: str) -> str:
    return re.sub(r"\.([ABC])$", r"-\1", symbol)


def overlaps(span: Span, taken: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)
