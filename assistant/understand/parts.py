"""From clauses to the parts of a question: each takes the symbols and the period it lacks from its neighbours, or from
the question before it in a chat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.types import Ambiguity, Mention, Part, Period, Understanding
from assistant.understand.clauses import Piece, cut, same_of
from assistant.understand.kinds import SUPERLATIVE, Ask, Clause, asks
from assistant.understand.periods import Said, find_periods
from assistant.understand.spelled import Found
from assistant.understand.symbols import find_symbols
from assistant.understand.text import tidy
from assistant.understand.terms import figure_of
from assistant.understand.vocabulary import Vocabulary

_NEEDS_SYMBOLS = frozenset({"price", "move", "high_low", "comparison", "news", "reason", "other"})


def understand(
    question: str, vocabulary: Vocabulary, today: date, previous: Understanding | None = None
) -> Understanding:
    """What `question` asks, by rule: parts with their symbols and periods, and what was unclear.

    `today` is the as-of date in the exchange's zone. A follow-up takes the kind, symbols and period that it lacks from
    `previous`. Pure; a few milliseconds; no question raises.
    """
    text = tidy(question)
    dates = find_periods(text, today)
    found = find_symbols(text, vocabulary, [(p.start, p.end) for p in dates.periods], _settled_before(previous))
    pieces = cut(text, found, dates.periods)
    if explained := _abbreviations(text, found, dates.periods, pieces):
        found, pieces = explained
    return Understanding(
        question=question,
        parts=_parts(pieces, vocabulary, previous),
        mentions=tuple(dict.fromkeys(Mention(f.text, s) for f in found for s in f.taken)),
        ambiguities=tuple(dict.fromkeys(Ambiguity(f.text, f.candidates) for f in found if not f.certain)),
        unknown=tuple(dict.fromkeys(f.text for f in found if not f.candidates)),
        unclear=dates.unclear,
    )


def _abbreviations(
    text: str, found: list[Found], periods: Sequence[Said], pieces: Sequence[Piece]
) -> tuple[list[Found], list[Piece]] | None:
    """`found` without words in capitals that are unknown as symbols, where the question wants them explained."""
    kept = [f for f in found if f.candidates or not f.bare]
    if len(kept) == len(found) or all(p.asks for p in pieces):
        return None
    explained = cut(text, kept, periods)
    return (kept, explained) if any(a.kind == "term" for p in explained for a in p.asks) else None


def _settled_before(previous: Understanding | None) -> frozenset[str]:
    """Symbols of which the conversation left no doubt."""
    if previous is None:
        return frozenset()
    return frozenset(previous.symbols) - {s for a in previous.ambiguities for s in a.candidates}


@dataclass(frozen=True, slots=True)
class _Told:
    """What the conversation has told so far."""

    parts: tuple[Part, ...] = ()
    symbols: tuple[str, ...] = ()
    period: Period | None = None

    def then(self, parts: Sequence[Part]) -> "_Told":
        symbols = tuple(dict.fromkeys(s for p in parts for s in p.symbols))
        periods = [p.period for p in parts if p.period]
        return _Told(tuple(parts), symbols or self.symbols, periods[-1] if periods else self.period)


def _parts(pieces: Sequence[Piece], vocabulary: Vocabulary, previous: Understanding | None) -> tuple[Part, ...]:
    before = _Told().then(previous.parts) if previous else _Told()
    said, out = before, []
    for at, piece in enumerate(pieces):
        later = pieces[at + 1 :]
        parts = _of_piece(piece, said, later, vocabulary, follows=at > 0 or _follows_up(piece, before))
        said = said.then(parts)
        out += parts
    return tuple(_distinct(out))


_CONNECTORS = ("and ", "what about", "how about", "or ", "also ", "then ", "same for", "but ", "ok and", "now ")


def _follows_up(piece: Piece, before: _Told) -> bool:
    """Whether the first clause goes on with the conversation: it says so, or lacks a symbol or a kind."""
    if not before.parts:
        return False
    return piece.clause.masked.startswith(_CONNECTORS) or piece.clause.points_back or not piece.asks


def _of_piece(piece: Piece, said: _Told, later: Sequence[Piece], vocabulary: Vocabulary, follows: bool) -> list[Part]:
    out = []
    for ask, old in _asks(piece, said):
        symbols = () if ask.kind == "term" else _symbols(piece, ask, said, later, vocabulary)
        if ask.kind == "comparison" and len(symbols) == 1:
            ask = replace(ask, kind="move")
        timeless = ask.kind in {"term", "advice"}
        for period in [None] if timeless else piece.periods or [_period(piece, ask, old, said, later, follows)]:
            out.append(_part(piece, ask, symbols, period))
    return out


def _asks(piece: Piece, said: _Told) -> list[tuple[Ask, Part | None]]:
    """What `piece` asks for, each with the part of the conversation that it repeats, if it does."""
    named = piece.found or piece.periods
    if same_of(piece) or (named and not piece.asks and said.parts and not piece.clause.topic):
        return _repeated(piece, said)
    if piece.asks:
        return [(_about(ask, piece, said), None) for ask in piece.asks]
    if said.parts and not piece.found and all(p.kind == "term" for p in said.parts):
        return [(Ask("term", term=piece.clause.topic), None)]
    if said.symbols and (figure := figure_of(piece.clause.masked)):
        return [(Ask("other", term=figure), None)]
    if not piece.symbols or piece.clause.topic:
        return [(Ask("other"), None)]
    day = len(piece.periods) == 1 and piece.periods[0].single_day and piece.periods[0].label != "today"
    return [(Ask("price" if day or not piece.periods else "move"), None)]


def _about(ask: Ask, piece: Piece, said: _Told) -> Ask:
    """`ask`, with the term that "how does it work?" is about."""
    last = said.parts[-1] if said.parts else None
    if ask == Ask("term") and last and last.kind == "term" and piece.clause.points_back:
        return replace(ask, term=last.term)
    return ask


def _repeated(piece: Piece, said: _Told) -> list[tuple[Ask, Part | None]]:
    """The last question asked again of other symbols or days. A term asked of a symbol becomes its figure."""
    if not said.parts:
        return [(Ask("price"), None)]
    out: list[tuple[Ask, Part | None]] = []
    for part in said.parts:
        if part.kind == "term" and piece.found:
            words = f"what is @'s {part.term}"
            figures = asks(Clause(words, words.lower(), symbols=1)) or (Ask("other", term=part.term),)
            out += [(figure, None) for figure in figures]
        else:
            out.append((Ask(part.kind, part.field, part.extreme, part.term), part))
    return out


def _symbols(piece: Piece, ask: Ask, said: _Told, later: Sequence[Piece], vocabulary: Vocabulary) -> tuple[str, ...]:
    if piece.symbols or ask.kind not in _NEEDS_SYMBOLS or not (ask.term or piece.clause.points_back):
        return piece.symbols
    if SUPERLATIVE.search(piece.clause.masked) and len(said.symbols) < 2:
        return tuple(vocabulary.followed)
    return said.symbols or next((p.symbols for p in later if p.symbols), ())


def _period(
    piece: Piece, ask: Ask, old: Part | None, said: _Told, later: Sequence[Piece], follows: bool
) -> Period | None:
    """The period of a clause that names none."""
    if not piece.takes_period(ask):
        return None
    if old and old.period:
        return old.period
    if follows and said.period:
        return said.period
    shared = later and not (piece.whole and later[0].whole)
    return next((p.periods[0] for p in later if p.periods), None) if shared else None


def _part(piece: Piece, ask: Ask, symbols: tuple[str, ...], period: Period | None) -> Part:
    told = [s for s in symbols if s not in piece.symbols]
    told += [period.label] if period and period not in piece.periods else []
    told += [ask.term] if ask.term and ask.term.lower() not in piece.clause.text.lower() and told else []
    text = f"{piece.clause.text} ({', '.join(told)})" if told else piece.clause.text
    return Part(ask.kind, text, symbols, period, ask.field, ask.extreme, ask.term)


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """`parts` without those that ask the same again in other words."""
    return list({(p.kind, p.symbols, p.period, p.field, p.extreme, p.term): p for p in reversed(parts)}.values())[::-1]
