"""Which words of a question stand for which symbols: tickers, company names, index words, `AZN.L`, `EUR/USD`.

A name that may be several symbols is silently taken for one only if exactly one of them is followed; otherwise the
best guess is taken and the ambiguity reported. Words that only look like a symbol are reported as unknown.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.understand.markets import MARKETS, NICKNAMES, PLACES, SHARE_CLASSES
from assistant.understand.spelled import Found, Span, overlaps, spelled_out
from assistant.understand.text import Word, words
from assistant.understand.vocabulary import Entry, Phrase, Vocabulary, common
from assistant.understand.words import ABBREVIATIONS, AFTER_NAME, BEFORE_NAME, FUNCTION_WORDS, SHORT_WORDS, TOPICLESS


def find_symbols(
    text: str, vocabulary: Vocabulary, dates: Sequence[Span], settled: Collection[str] = ()
) -> list[Found]:
    """All symbols in `text` in order. `dates` are spans that are time expressions and no names; `settled` are symbols
    that a name was already taken for."""
    found = list(spelled_out(text, vocabulary))
    found += _own_list(text, vocabulary)
    found += _named(text, vocabulary, [*dates, *((f.start, f.end) for f in found)])
    narrowed = [_narrowed(text, f, vocabulary) for f in _one_each(text, found, vocabulary)]
    return _settled(sorted(narrowed, key=lambda f: f.start), vocabulary, settled)


_CLASS = re.compile(
    r"(?:'s)?,? (?:class[ -]([A-C])\b|([A-C])[- ]?(?=shares?\b|stock\b))(?:[ -](?:shares?|stock)\b)?", re.I
)
_PLACE = re.compile(
    rf"(?:'s)? (?:\(|(?:shares |stock |listed |traded |listing )?(?:in|on) (?:the )?)?"
    rf"(?:({'|'.join(PLACES)})|(ADRs?|US))(?: (?:listing|line|shares|stock exchange))?\b\)?",
    re.I,
)


def _one_each(text: str, found: Sequence[Found], vocabulary: Vocabulary) -> Iterator[Found]:
    """`found`, a name behind which its symbol is given taken for that symbol: "HSBC (LSE: HSBA)"."""
    for f in found:
        behind = [
            g for g in found if g.start > f.start and g.text.startswith("(") and not text[f.end : g.start].strip()
        ]
        given = tuple(c for g in behind for c in g.candidates if c in vocabulary.names.get(f.text.lower(), ()))
        yield replace(f, candidates=given) if given else f


def _narrowed(text: str, f: Found, vocabulary: Vocabulary) -> Found:
    """`f` with the words behind it that tell the share class or the listing, and the candidates that fit them."""
    if not f.candidates or f.taken:
        return f
    if match := _CLASS.match(text, f.end):
        letter = (match[1] or match[2]).upper()
        classes = next((n for n in NICKNAMES.values() if f.candidates[0] in n), f.candidates)
        fit = [c for c in classes if SHARE_CLASSES.get(c) == letter]
    elif match := _PLACE.match(text, f.end):
        suffix = PLACES[match[1].lower()] if match[1] else ""
        lines = (*f.candidates, *(f"{c}{suffix}" for c in f.candidates if f"{c}{suffix}" in vocabulary.symbols))
        fit = [c for c in dict.fromkeys(lines) if c[len(c.partition(".")[0]) :] == suffix]
    else:
        return f
    return replace(f, text=text[f.start : match.end()], end=match.end(), candidates=tuple(fit)) if fit else f


def _settled(found: list[Found], vocabulary: Vocabulary, settled: Collection[str]) -> list[Found]:
    """`found` with one candidate taken for each. A symbol spelled out settles a name that may stand for it:
    "AstraZeneca (LSE: AZN)"."""
    spelled = {f.candidates[0] for f in found if len(f.candidates) == 1} | set(settled)
    out = []
    for f in found:
        if f.taken or not f.candidates:
            out.append(f)
            continue
        candidates = vocabulary.best_first(f.candidates)
        meant = [c for c in candidates if c in spelled]
        certain = len(meant) == 1 or vocabulary.certain(candidates)
        taken = (meant or candidates)[:1]
        out.append(replace(f, candidates=candidates, taken=tuple(taken), certain=certain))
    return out


_OWN_LIST = re.compile(r"\bmy (?:own )?(?:watch ?list|list|stocks|symbols|tickers)\b|\bwatch ?list\b", re.IGNORECASE)


def _own_list(text: str, vocabulary: Vocabulary) -> list[Found]:
    followed = tuple(vocabulary.followed)
    return [Found(m[0], *m.span(), followed, followed) for m in _OWN_LIST.finditer(text) if followed]


# In words --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A text and its words, with what its capitals tell: nothing where all or none are capital."""

    text: str
    words: Sequence[Word]
    free: Sequence[bool]  # of each word: whether nothing else was read from it
    shouting: bool
    titled: bool


def _line(text: str, taken: Sequence[Span]) -> _Line:
    all_words = words(text)
    free = [not overlaps((w.start, w.end), taken) for w in all_words]
    letters = [w for w in all_words if w.text[0].isalpha()]
    plain = any(w.folded in FUNCTION_WORDS or w.folded in SHORT_WORDS or len(w.text) > 5 for w in letters)
    titled = len(letters) > 3 and all(w.text[0].isupper() for w in letters)
    shouting = plain and len(letters) > 2 and text == text.upper()
    return _Line(text, all_words, free, shouting, titled)


def _named(text: str, vocabulary: Vocabulary, taken: Sequence[Span]) -> Iterator[Found]:
    line = _line(text, taken)
    at = 0
    while at < len(line.words):
        found, length = _at(line, at, vocabulary) if line.free[at] else (None, 1)
        if found:
            yield found
        at += length


def _at(line: _Line, at: int, vocabulary: Vocabulary) -> tuple[Found | None, int]:
    """What the word at `at`, or the phrase that begins there, stands for, and how many words that takes."""
    word = line.words[at]
    phrase, entry = _phrase(line, at, vocabulary)
    said = line.text[word.start : _end(word)]
    symbol = said.upper() if _may_be_ticker(said.upper(), vocabulary) else ""
    outright = symbol == said and len(phrase) < 2 and not (line.shouting and _only_word(line, at))
    if outright or (said in vocabulary.near and _set_apart(line, at, said)):
        return Found(said, word.start, _end(word), (said,)), 1
    if entry:
        last = line.words[at + len(phrase) - 1]
        if not entry.symbols:
            return None, len(phrase)
        market = entry.symbols[0] in _MARKET_SYMBOLS
        said = line.text[word.start : _end(last)]
        return Found(said, word.start, _end(last), entry.symbols, market=market), len(phrase)
    if len(symbol) > 1 and (
        said.lower() not in SHORT_WORDS or (symbol in vocabulary.watched and not _only_word(line, at))
    ):
        return Found(said, word.start, _end(word), (symbol,)), 1
    known = said in vocabulary.symbols
    if _looks_unknown(line, at, said) and (known or said.lower() not in TOPICLESS):
        return Found(said, word.start, _end(word), (said,) if known else (), bare=True), 1
    return None, 1


_MARKET_SYMBOLS = frozenset(MARKETS.values())


def _end(word: Word) -> int:
    return word.end - 2 * word.text.lower().endswith("'s")


def _phrase(line: _Line, at: int, vocabulary: Vocabulary) -> tuple[Phrase, Entry | None]:
    for phrase, entry in vocabulary.phrases.get(line.words[at].folded, ()):
        end = at + len(phrase)
        if end <= len(line.words) and all(line.free[at:end]) and tuple(w.folded for w in line.words[at:end]) == phrase:
            if entry.symbols and not _believed(line, at, phrase, entry, vocabulary):
                continue
            return phrase, entry
    return (), None


def _believed(line: _Line, at: int, phrase: Phrase, entry: Entry, vocabulary: Vocabulary) -> bool:
    """Whether a phrase that also is English, or a shortened name, is meant as a name here."""
    word = line.words[at]
    if word.folded in FUNCTION_WORDS and len(phrase) == 1:
        return False
    if not (common(phrase) or entry.short):
        return True
    capital = word.text[0].isupper() and not (line.shouting or line.titled)
    if capital and (at > 0 or entry.short):
        return True
    near = not vocabulary.near.isdisjoint(entry.symbols) or entry.symbols[0] in _MARKET_SYMBOLS
    return (near or capital) and not entry.short and _stands_as_name(line, at, at + len(phrase))


def _stands_as_name(line: _Line, start: int, end: int) -> bool:
    possessive = line.words[end - 1].text.lower().endswith("'s")
    before = line.words[start - 1].folded if start and line.free[start - 1] else ""
    after = line.words[end].folded if end < len(line.words) and line.free[end] else ""
    if before == "the":  # "the oil price", not "the target"
        return after in {"price", "prices", "share", "shares", "stock", "futures"}
    return (not before or before in BEFORE_NAME) and (not after or after in AFTER_NAME or possessive)


def _may_be_ticker(symbol: str, vocabulary: Vocabulary) -> bool:
    return symbol in vocabulary.near and symbol not in ABBREVIATIONS and symbol.lower() not in FUNCTION_WORDS


_QUOTED = frozenset("price close quote volume shares high low chart closing".split())


def _set_apart(line: _Line, at: int, said: str) -> bool:
    """Whether a word of grammar stands in capitals, alone in its sentence, where a name would: "what did NOW close
    at?", "price of ARE"."""
    word = line.words[at]
    if len(said) < 2 or said != said.upper() or word.folded not in FUNCTION_WORDS or line.shouting:
        return False
    before = [w.folded for w in line.words[max(0, at - 2) : at]]
    after = line.words[at + 1].folded if at + 1 < len(line.words) else ""
    if before[-1:] == ["of"] and len(before) == 2 and before[0] in _QUOTED:
        return True
    if word.text.lower().endswith("'s") or (after in _BETWEEN and _ticker_at(line, at + 2)):
        return True
    if before[-1:] and before[-1] in _BETWEEN and _ticker_at(line, at - 2):
        return True
    return after in AFTER_NAME and (not before or before[-1] in BEFORE_NAME)


_BETWEEN = frozenset("or and vs versus against than".split())


def _ticker_at(line: _Line, at: int) -> bool:
    """Whether the word at `at` is in capitals and no word of grammar."""
    if not 0 <= at < len(line.words):
        return False
    word = line.words[at]
    return word.text.isupper() and len(word.text) > 1 and word.folded not in FUNCTION_WORDS


def _only_word(line: _Line, at: int) -> bool:
    """Whether the word at `at` is English and stands where a name would not."""
    return line.words[at].folded in SHORT_WORDS and not _stands_as_name(line, at, at + 1)


def _looks_unknown(line: _Line, at: int, said: str) -> bool:
    """Whether `said` has the looks of a ticker: capitals that are no abbreviation, no word, and no "an XYZ"."""
    if at and line.words[at - 1].folded in {"a", "an"}:
        return False
    word = said.lower() in FUNCTION_WORDS or said.lower() in SHORT_WORDS or said in ABBREVIATIONS
    return not (word or line.shouting) and re.fullmatch(r"[A-Z]{2,5}", said) is not None
