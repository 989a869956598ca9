"""A question cut into the clauses that each ask for something, with their symbols and periods."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.sentences import names
from assistant.types import Period
from assistant.understand.asking import bare
from assistant.understand.clause import FORECAST, OTHER, Ask, Clause
from assistant.understand.cues import LISTED
from assistant.understand.kinds import asks
from assistant.understand.periods import Said
from assistant.understand.spelled import Found
from assistant.understand.text import lowered

_BREAK = re.compile(
    r"\s*[.?!;]+\s+(?:and |but |also |then )?|\s*,\s*(?:and |but |or |plus |then |also |& )*|\s+-\s+"
    r"|\s+(?:and|but|plus|then|also|as well as|&)\s+(?:also |then )?"
)
_VERB = (
    r"what|whats|why|how|which|who|where|when|is|are|was|were|did|does|do|has|have|should|shall|will|would|can|could|define"
    r"|explain|describe|tell|show|give|compare|list|any|buy|sell|hold"
)
_OPENS = re.compile(
    rf"(?:{_VERB})\b|(?:(?:the|its|their|@+'s|latest|recent|top|today's|closing|opening|daily|current|highest|lowest|trading"
    r"|percent|percentage)\s)*(?:news|headlines?|stories|prices?|volume|close|closing|open|opening|change|performance|returns?"
    r"|highs?|lows?|highest|lowest|reasons?|volatility|drawdown|quotes?|moves?|range)\b"
    r"|the (?:[\w-]+ ){1,3}(?:that )?(?:it|they|@+) \w+"
)
_WHOLE = re.compile(rf"^(?:and |but |also |so )?(?:{_VERB})\b")
_WH = re.compile(
    r"(?:and |but |also |so )?(?:(?:tell|show) me )?(?:what|whats|why|how|which|who|where|when)\b"
    r"|the (?:[\w-]+ ){1,3}(?:that )?(?:it|they|@+) \w+"
)
_LOOSE = re.compile(r"\s*,\s*")  # what follows may be a part of the clause before: "on China, where sales fell"
_OF_SHARES = re.compile(
    r"\b(?:the|its|their) (?:stock|shares?)\b|\b(?:share|stock) price\b|\bclos(?:e|ed|ing)\b|\btrad(?:e|ed|es|ing)\b"
    r"|\bhow (?:did|has|have|is|are) (?:it|they) (?:do|done|doing|perform\w*)\b"
)
_THEN = re.compile(r"\b(?:that (?:day|week|month|year)|then|after(?:wards?)?|react\w*|respon\w+|result)\b")
_NOW = re.compile(r"\b(?:now|current(?:ly)?|latest|live|at the moment)\b")
_PRESENT = re.compile(r"'s at\b|\b(?:is|are|trading|trades|quote|what's|whats)\b")


@dataclass(frozen=True)
class Piece:
    """One clause with what it names itself."""

    clause: Clause
    found: tuple[Found, ...]
    periods: tuple[Period, ...]

    @cached_property
    def asks(self) -> tuple[Ask, ...]:
        return asks(self.clause)

    @cached_property
    def wants(self) -> tuple[Ask, ...]:
        """What it asks for; where that is no kind of its own, a reading about what it names: "what did X win?"."""
        named = self.found or self.clause.pronoun
        reads = named and self.clause.topic and _WH.match(bare(self.clause.masked))
        return self.asks or ((OTHER,) if reads else ())

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s for f in self.found for s in f.taken))

    @property
    def whole(self) -> bool:
        """A clause of its own, not a noun that shares what the next one says: "price and volume on Friday"."""
        return bool(_WHOLE.match(self.clause.masked))

    def takes_period(self, ask: Ask) -> bool:
        """Whether a period said elsewhere applies: not to a term, a forecast or advice, nor to a price of now."""
        if ask.kind in {"term", "advice"} or ask in {FORECAST, OTHER} or _NOW.search(self.clause.masked):
            return False
        return ask.kind != "price" or not _PRESENT.search(self.clause.masked)


def mask(text: str, found: Sequence[Found], periods: Sequence[Said]) -> str:
    """`text` in lower case, each symbol as a run of `@` and each period as a run of `#`, lengths kept."""
    out = list(lowered(text).replace("@", "_").replace("#", "_"))
    for said in periods:
        out[said.start : said.end] = "#" * (said.end - said.start)
    for f in found:
        out[f.start : f.end] = "@" * (f.end - f.start)
    return "".join(out)


def cut(text: str, found: Sequence[Found], periods: Sequence[Said]) -> list[Piece]:
    """The clauses of `text` in order: a cut is made where both sides ask for something of their own."""
    masked = mask(text, found, periods)

    def piece(start: int, end: int) -> Piece:
        inside = tuple(f for f in found if start <= f.start < end)
        spans = tuple(p.period for p in periods if start <= p.start < end)
        names = {s for f in inside for s in f.taken or (f.text,)}
        markets = bool(inside) and all(f.market for f in inside)
        clause = Clause(text[start:end].strip(), masked[start:end].strip(), len(names), markets)
        return Piece(clause, inside, spans)

    listed = [*LISTED.finditer(masked)]
    pieces: list[Piece] = []
    start = 0
    for at in _BREAK.finditer(masked):
        if not _OPENS.match(masked, at.end()) or any(said.start() < at.start() < said.end() for said in listed):
            continue
        left, right = piece(start, at.start()), piece(at.end(), _next(masked, at.end()))
        if _apart(left, right) and not (_LOOSE.fullmatch(at.group()) and not (left.asks and right.asks)):
            pieces.append(left)
            start = at.end()
    return [*pieces, piece(start, len(text))] if text else []


def _next(masked: str, start: int) -> int:
    """Where the clause that may begin at `start` ends: at the next break before an opening word."""
    for at in _BREAK.finditer(masked, start + 1):
        if _OPENS.match(masked, at.end()):
            return at.start()
    return len(masked)


_OF_THAT = re.compile(r"^(?:and )?what(?:'s| is| was| about| are) @+'s\W*$|^(?:and )?@+'s\W*$")


def same_of(piece: Piece) -> bool:
    """Whether it asks the same of another symbol: "and what is NVDA's?"."""
    return bool(_OF_THAT.match(piece.clause.masked))


def _one_reading(left: Piece, right: Piece) -> bool:
    """Whether both are read from one document: "who left, and why?", "what size, in seats, does X use?". Not what is
    asked of the shares: "what did X announce, and what did it close at?"."""
    if OTHER in left.wants and right.clause.points_back:
        masked = right.clause.masked
        of_shares = OTHER not in right.wants and _OF_SHARES.search(masked) and not _THEN.search(masked)
        return not of_shares
    return right.wants == (OTHER,) and not _WH.match(right.clause.masked)


# What is only said to the wish for advice before it: "my aunt says sell. who's right?".
_VERDICT = re.compile(
    r"^(?:so |and )?(?:who(?:'s| is) right|(?:is|are|isn't|was|would|does|am) (?:that|this|it|he|she|they|i|we)\b"
    r"|what(?:'s| is) (?:the|my|your) (?:\w+ )?(?:play|move|plan|call|verdict|thing|advice|idea|opinion)\b"
    r"|what (?:now|next)\b|good idea|(?:any )?(?:ideas|thoughts|tips|advice)\W*$|(?:wise|sensible|smart|right"
    r"|crazy|correct|reasonable)\W*$)"
)


def _apart(left: Piece, right: Piece) -> bool:
    if Ask("advice") in left.wants and _VERDICT.match(right.clause.masked) and not right.found:
        return any(a.kind not in {"term", "other"} for a in right.wants)
    if not left.wants or not (right.wants or same_of(right)) or _one_reading(left, right):
        return False
    if {a.kind for a in left.wants + right.wants} == {"high_low"}:  # "the high and the low of"
        return bool(left.found and right.found)
    if right.wants != left.wants or right.found or right.periods:
        return True
    return not right.clause.pronoun and bool(names(right.clause.text) - names(left.clause.text))
