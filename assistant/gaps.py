"""Why there is no answer, or which of two readings was taken: each a sentence that names the next step. Pure."""

from datetime import date, datetime, tzinfo
from difflib import get_close_matches

from assistant.market.view import day_text
from assistant.types import Part, Understanding
from assistant.understand import Vocabulary

_CLOSE = 0.74  # how alike a name and what was written must be: Amazn and Amazon, not apply and Amazon


def no_price(symbol: str, vocabulary: Vocabulary) -> str:
    if symbol in vocabulary.followed:
        return f"No price of {symbol} has been ingested yet: run `bell ingest quotes`."
    return f"{symbol} is not followed, so no price of it is stored: `bell watch add {symbol}`, then `bell ingest`."


def no_symbol(understood: Understanding | None, vocabulary: Vocabulary) -> str:
    if understood and understood.unknown:
        return unknown(understood.unknown, vocabulary)
    near = nearest_names(understood.question, vocabulary) if understood else ""
    return f"No symbol or company that this store knows is named in that.{near} {_followed(vocabulary)}"


def _followed(vocabulary: Vocabulary) -> str:
    return f"Followed: {', '.join(list(vocabulary.followed)[:12]) or 'none'}."


def nearest_names(question: str, vocabulary: Vocabulary, capital: bool = False) -> str:
    """Which known names and symbols the words of `question` that are no known word come near to, as a sentence; "" for
    none. With `capital` only words that begin with one, inside the sentence, count, and only names."""
    pool = vocabulary.near_names | ({} if capital else {s.casefold(): s for s in vocabulary.near})
    told = []
    for word in vocabulary.strange(question, capital):
        close = get_close_matches(word.casefold(), pool, 2, _CLOSE)
        names = [pool[c] if c == pool[c].casefold() else f"{pool[c]} ({c.title()})" for c in close]
        told += [f" Nearest to “{word}”: {', '.join(dict.fromkeys(names))}."] if names else []
    return "".join(told[:3])


def stored(symbol: str, span: tuple[date, date] | None) -> str:
    """What there is of a symbol instead of what was asked for."""
    if span is None:
        return ""
    return f"Stored of {symbol}: daily prices from {day_text(span[0])} to {day_text(span[1])}."


def unknown(words: tuple[str, ...], vocabulary: Vocabulary) -> str:
    pool = [*vocabulary.known, *vocabulary.followed]
    near = sorted({m for w in words for m in get_close_matches(w.upper(), pool, 3, 0.6)})
    hint = f" Nearest known: {', '.join(near)}." if near else ""
    verb = "is no symbol" if len(words) == 1 else "are no symbols"
    return f"{', '.join(words)} {verb} that this store knows.{hint} {_followed(vocabulary)}"


def no_story(part: Part, first_known: datetime | None, zone: tzinfo) -> str:
    about = f" about {', '.join(part.symbols)}" if part.symbols else " about that"
    when = f" {part.period.label}" if part.period else ""
    since = f"News is known here from {first_known.astimezone(zone):%d %b %Y} on." if first_known else ""
    return f"The store holds no story{about}{when}. {since or 'No news has been ingested yet.'}"


def unclear(dates: tuple[str, ...]) -> str:
    shown = " and ".join(f"“{d}”" for d in dates)
    return f"{shown} names no day, or two: write the month in words, or the date as 2026-02-27."


def respelled(understood: Understanding) -> list[str]:
    return [f"“{r.text}” was read as “{r.word}”" for r in understood.respelled]


def ambiguities(understood: Understanding) -> list[str]:
    return [
        f"“{a.text}” may be {' or '.join(a.candidates)}; taken for {a.candidates[0]}" for a in understood.ambiguities
    ]
