"""From clauses to the parts of a question: each takes the symbols and the period it lacks from its neighbours, or from
the question before it in a chat."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.levels import level_of
from assistant.types import Kind, Part, Period, Understanding
from assistant.understand.asking import bare
from assistant.understand.clause import FORECAST, OTHER, Ask, Clause
from assistant.understand.clauses import Piece, same_of
from assistant.understand.cues import ALL_TIME, BOTH, DEED, OF_THE_LAST, SUPERLATIVE
from assistant.understand.dates import spell
from assistant.understand.figures import CAGR, CLOSES, FROM_HIGH, FROM_LOW, figure_of
from assistant.understand.holdings import GAIN, INVESTED, VALUE, holdings, money_of, unnamed_count
from assistant.understand.kinds import asks
from assistant.understand.vocabulary import Vocabulary

_BEGINNING = date(1900, 1, 1)  # older than any price
_ON_THE_UNIT = re.compile(r"\b(?:in|on|for|over|during) the (?:week|month|quarter|year)\b")
_IN_A_UNIT = re.compile(
    r"^(?:(?:and|but|ok|now|what about|how about)\W+)*in (?:us |absolute |percentage )?"
    r"(?:dollars?|usd|euros?|eur|pounds?|gbp|percent|%|per cent|terms|points|money|figures)\W*$"
)
_CONNECTORS = ("and ", "what about", "how about", "or ", "also ", "then ", "same for", "but ", "ok and", "now ")


def parts_of(
    pieces: Sequence[Piece], vocabulary: Vocabulary, today: date, previous: Understanding | None
) -> tuple[Part, ...]:
    """The parts of the clauses `pieces`, in order and without repetition."""
    told = _Told(earlier=previous.earlier).then(previous.parts) if previous else _Told()
    out: list[Part] = []
    for at, piece in enumerate(pieces):
        if not (bare(piece.clause.masked) or piece.found or piece.periods):
            continue  # "thanks!"
        turn = _Turn(piece, told, pieces[at + 1 :], vocabulary, today, opens=at == 0)
        parts = turn.parts()
        told = told.then(parts)
        out += parts
    return tuple(reversed({_same(p): p for p in reversed(out)}.values()))


def _same(part: Part) -> Part:
    """What two parts are the same by: what is read or explained by its words, any other by what it was taken for."""
    return part if part.kind in {"other", "term"} and not part.term else replace(part, text="")


def _whole(periods: Sequence[Period]) -> Period:
    """One period from the first day of `periods` to the last: a text that is read may tell of all of them."""
    if len(periods) == 1:
        return periods[0]
    label = " and ".join(dict.fromkeys(p.label for p in periods))
    return Period(min(p.start for p in periods), max(p.end for p in periods), label)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the conversation has told so far: the parts of its last clause or question, symbols and period."""

    parts: tuple[Part, ...] = ()
    symbols: tuple[str, ...] = ()
    period: Period | None = None
    earlier: tuple[str, ...] = ()  # of the question before that

    def then(self, parts: Sequence[Part]) -> "_Told":
        symbols = tuple(dict.fromkeys(s for p in parts for s in p.symbols))
        periods = [p.period for p in parts if p.period]
        return _Told(tuple(parts), symbols or self.symbols, periods[-1] if periods else self.period, self.earlier)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One clause in its place: after what was `told`, before the clauses `later`."""

    piece: Piece
    told: _Told
    later: Sequence[Piece]
    vocabulary: Vocabulary
    today: date
    opens: bool  # the first clause of its question

    @property
    def clause(self) -> Clause:
        return self.piece.clause

    def parts(self) -> list[Part]:
        out = []
        for ask, repeated in self._asks():
            symbols = self._symbols(ask)
            alone = ask.kind == "comparison" and len(symbols) == 1
            known = replace(ask, kind="move") if alone else ask
            out += [self._part(known, symbols, period, repeated) for period in self._periods(known, repeated)]
        return out

    # What is asked

    def _asks(self) -> list[tuple[Ask, Part | None]]:
        """What the clause asks for, each with the earlier part that it repeats, if it does."""
        if same_of(self.piece) or ((self._names_only or self._unit_only) and self.told.parts):
            return self._again()
        return [(ask, None) for ask in [self._about(a) for a in self.piece.asks] or [self._fragment()]]

    @property
    def _names_only(self) -> bool:
        """A symbol or a period and no more: "and MSFT?", "last week?"."""
        return bool(self.piece.found or self.piece.periods) and not (self.piece.asks or self.clause.topic)

    @property
    def _unit_only(self) -> bool:
        """In which unit the last answer is wanted, and no more: "and in dollars?"."""
        return bool(_IN_A_UNIT.match(self.clause.masked))

    def _again(self) -> list[tuple[Ask, Part | None]]:
        """The last question, asked again of other symbols or days. A term asked of a symbol becomes its figure."""
        out: list[tuple[Ask, Part | None]] = []
        for part in self.told.parts:
            if part.kind == "term" and self.piece.found:
                words = f"what is @'s {part.term}"
                figures = asks(Clause(words, words.lower(), symbols=1)) or (Ask("other", term=part.term),)
                out += [(figure, None) for figure in figures]
            else:
                out.append((Ask(self._kind(part), part.field, part.extreme, part.term), part))
        return out or [(Ask("price"), None)]

    def _kind(self, part: Part) -> Kind:
        """That of `part`; of days up to today a price becomes a move: "and since January?"."""
        ongoing = any(not p.single_day and p.end == self.today for p in self.piece.periods)
        return "move" if part.kind == "price" and part.field == "close" and ongoing else part.kind

    def _about(self, ask: Ask) -> Ask:
        """`ask`, with the term that "how does it work?" is about, or the field of which "and the lowest?" is."""
        last = self.told.parts[-1] if self.told.parts else None
        if last and last.kind == ask.kind == "high_low" and ask.field in {"high", "low"} and self._same_field:
            return replace(ask, field=last.field) if last.field in {"close", "volume"} else ask
        if ask == Ask("term") and last and last.kind == "term" and self.clause.points_back:
            return replace(ask, term=last.term)
        return ask

    @property
    def _same_field(self) -> bool:
        return not self.piece.symbols and bool(OF_THE_LAST.search(self.clause.masked))

    def _fragment(self) -> Ask:
        """A clause that does not say what it asks for: "nvda today", "and volatility?"."""
        if self.told.parts and not self.piece.found and all(p.kind == "term" for p in self.told.parts):
            return Ask("term", term=self.clause.topic or None)
        if self.told.symbols and (figure := figure_of(self.clause.masked)):
            return Ask("other", term=figure)
        if not self.piece.symbols or self.clause.topic or DEED.search(self.clause.masked):
            return OTHER
        days = [p for p in self.piece.periods if not p.single_day or p.start == self.today]
        return Ask("move" if days else "price")

    # Of what and when

    def _symbols(self, ask: Ask) -> tuple[str, ...]:
        if ask.kind == "term":
            return ()
        loose = ask in {FORECAST, OTHER, Ask("advice")}
        lacking = self.clause.points_back or ask.term or self._unit_only
        if loose:
            lacking = self.clause.pronoun or (ask == OTHER and not self.clause.topic)
        if ask.kind == "comparison" and self.clause.joins_told:
            return tuple(dict.fromkeys((*self.told.symbols, *self.piece.symbols)))
        if self.piece.symbols or not lacking:
            return self.piece.symbols
        if SUPERLATIVE.search(self.clause.masked) and len(self.told.symbols) < 2:
            return tuple(self.vocabulary.followed)
        if (ask.kind == "comparison" or BOTH.search(self.clause.masked)) and len(self.told.symbols) == 1:
            return tuple(dict.fromkeys((*self.told.earlier, *self.told.symbols)))
        return self.told.symbols or next((p.symbols for p in self.later if p.symbols), ())

    def _periods(self, ask: Ask, repeated: Part | None) -> Sequence[Period | None]:
        if ask.kind in {"term", "advice"}:
            return [None]
        if ask.ahead:  # "in March", of what will be, is no March that was
            return [next((p for p in self.piece.periods if p.start > self.today), None)]
        ever = (ask.kind == "high_low" or ask.term in {FROM_HIGH, FROM_LOW}) and ALL_TIME.search(self.clause.masked)
        if not self.piece.periods and (ever or (ask.kind in {"price", "reason"} and level_of(self.clause.masked))):
            return [self._all_stored]
        if ask.term in {CAGR, GAIN, INVESTED}:
            return [(self._years if ask.term == CAGR else self._held_for)(ask, repeated)]
        if ask == OTHER and self.piece.periods:
            return [None] if self._of_the_fact else [_whole(self.piece.periods)]
        return self.piece.periods or [self._shared_period(ask, repeated)]

    @property
    def _of_the_fact(self) -> bool:
        """Whether the only time it names belongs to the figure that is asked for: "how far did prices rise on the
        month?" is of the month that a story tells of, whenever that was."""
        return len(self.piece.periods) == 1 and bool(_ON_THE_UNIT.search(self.clause.text.lower()))

    @property
    def _all_stored(self) -> Period:
        return Period(_BEGINNING, self.today, "in all that is stored")

    def _years(self, ask: Ask, repeated: Part | None) -> Period:
        """The longest stretch that is named: of "the yearly return over 3 years" the three."""
        said = self.piece.periods or [self._shared_period(ask, repeated) or self._all_stored]
        return max(said, key=lambda p: p.end - p.start)

    def _held_for(self, ask: Ask, repeated: Part | None) -> Period | None:
        """From the day of the purchase, which is the first one named, to that of the sale, or to today."""
        if not self.piece.periods:
            told = ask.term == GAIN and money_of(self.clause.masked, GAIN)
            return None if told else self._shared_period(ask, repeated)
        days = [p.start for p in self.piece.periods]
        end = max(p.end for p in self.piece.periods) if len(days) > 1 else self.today
        first = min(days)
        return Period(first, max(first, end), f"since {spell(first)}", from_start=first < end)

    def _shared_period(self, ask: Ask, repeated: Part | None) -> Period | None:
        """The period of a clause that names none."""
        if not self.piece.takes_period(ask):
            return None
        if repeated and repeated.period:
            return repeated.period
        if self.told.period and self._goes_on:
            return self.told.period
        shares = self.later and not (self.piece.whole and self.later[0].whole)
        return next((p.periods[0] for p in self.later if p.periods), None) if shares else None

    @property
    def _goes_on(self) -> bool:
        """Whether it goes on with what was told: it says so, or lacks a symbol or a kind."""
        linked = self.clause.masked.startswith(_CONNECTORS) or self.clause.points_back or self.clause.joins_told
        linked = linked or not self.piece.asks
        return bool(self.told.parts) and (linked or not self.opens)

    @property
    def _subject(self) -> str:
        """The question of fact that was asked before, in its words: what "and when?" is about."""
        last = self.told.parts[-1] if self.told.parts else None
        return last.text.rstrip(" ?.!") if last and Ask(last.kind) == OTHER else ""

    def _shares(self, symbols: tuple[str, ...], repeated: Part | None) -> tuple[float, ...]:
        """How many of each of `symbols`: as said here, as told before, or the one count that is asked again."""
        told = {s: n for p in self.told.parts for s, n in zip(p.symbols, p.shares, strict=False)}
        told |= holdings(self.clause.masked, self.piece.found)
        again = set(repeated.shares) if repeated else set()
        usual = again.pop() if len(again) == 1 else unnamed_count(self.clause.masked)
        counts = [told.get(s, usual) for s in symbols]
        return tuple(c for c in counts if c) if all(counts) else ()

    def _part(self, ask: Ask, symbols: tuple[str, ...], period: Period | None, repeated: Part | None) -> Part:
        shares = self._shares(symbols, repeated) if ask.term in {VALUE, GAIN} else ()
        if ask.term in {VALUE, GAIN} and not shares:  # of some of them no number is said
            ask = Ask("price" if ask.term == VALUE else "move")
        if ask.term == CLOSES and not re.search(r"\d clos", self.clause.masked) and (not period or period.single_day):
            ask = Ask("price")
        told = [self._subject] if ask == OTHER and not self.clause.topic and self._subject else []
        told += [s for s in symbols if s not in self.piece.symbols]
        told += [period.label] if period and not self.piece.periods else []
        told += [ask.term] if told and ask.term and ask.term.lower() not in self.clause.text.lower() else []
        text = f"{self.clause.text} ({', '.join(told)})" if told else self.clause.text
        money = money_of(self.clause.masked, ask.term) or (repeated.money if repeated else None)
        return Part(ask.kind, text, symbols, period, ask.field, ask.extreme, ask.term, shares, money)
