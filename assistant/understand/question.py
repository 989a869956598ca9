"""Reads a whole question: its dates, its symbols, and the parts it asks for."""

from collections.abc import Sequence
from datetime import date

from assistant.types import Ambiguity, Mention, Period, Understanding
from assistant.understand.clauses import Piece, cut
from assistant.understand.misspelt import respelled
from assistant.understand.parts import parts_of
from assistant.understand.periods import Said, find_periods, latest_day
from assistant.understand.spelled import Found
from assistant.understand.symbols import find_symbols
from assistant.understand.terms import ABOUT_A_TERM
from assistant.understand.text import tidy
from assistant.understand.vocabulary import Vocabulary


def understand(
    question: str, vocabulary: Vocabulary, today: date, previous: Understanding | None = None
) -> Understanding:
    """What `question` asks, by rule: parts with their symbols and periods, and what was unclear.

    `today` is the as-of date in the exchange's zone. A follow-up takes the kind, symbols and period that it lacks from
    `previous`. Pure; a millisecond or two; no question raises, and an empty one has no parts.
    """
    text, slips = respelled(tidy(question), vocabulary)
    dates = find_periods(text, today, _told(previous, today))
    found = find_symbols(text, vocabulary, [(p.start, p.end) for p in dates.periods], _settled(previous))
    found, pieces = _explained(text, found, dates.periods)
    return Understanding(
        question=question,
        parts=parts_of(pieces, vocabulary, today, previous),
        mentions=tuple(dict.fromkeys(Mention(f.text, s) for f in found for s in f.taken)),
        ambiguities=tuple(dict.fromkeys(Ambiguity(f.text, f.candidates) for f in found if not f.certain)),
        unknown=tuple(dict.fromkeys(f.text for f in found if not f.candidates)),
        unclear=dates.unclear,
        respelled=slips,
        earlier=previous.symbols if previous else (),
    )


def _told(previous: Understanding | None, today: date) -> Period | None:
    """The days that the question before was of."""
    if previous is None:
        return None
    return next((p.period for p in reversed(previous.parts) if p.period), latest_day(today))


def _settled(previous: Understanding | None) -> frozenset[str]:
    """Symbols of which the conversation left no doubt."""
    if previous is None:
        return frozenset()
    return frozenset(previous.symbols) - {s for a in previous.ambiguities for s in a.candidates}


def _explained(text: str, found: list[Found], periods: Sequence[Said]) -> tuple[list[Found], list[Piece]]:
    """The clauses, and `found` without words in capitals that the question wants explained: "what does PAYE mean?"."""
    pieces = cut(text, found, periods)
    kept = [f for f in found if f.candidates or not f.bare]
    if len(kept) < len(found) and not all(p.asks for p in pieces):
        explained = cut(text, kept, periods)
        terms = [a.term or "" for p in explained for a in p.asks if a.kind == "term"]
        named = any(t.startswith(f.text) for t in terms for f in found if f not in kept)
        if named or (terms and ABOUT_A_TERM.search(text)):
            return kept, explained
    return found, pieces
