"""What kind of thing a clause asks for. Rules over a masked clause: symbols are runs of `@`, periods runs of `#`.

Decisions that are not obvious:
- Of a symbol, "what happened to X" asks for the move and for the news; "what is X" asks for its price, but of an
  index, coin or commodity it asks what that is.
- A forecast is `other`: there is no evidence for it. So is a figure that is no price (`term` names it).
- `term` is all that general knowledge answers; where the clause defines no single term, `Part.term` is None.
- A dated or current fact without a symbol ("what was CPI in January?") is news: it needs evidence.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from assistant.types import Field, Kind
from assistant.understand.advice import asks_for_advice, asks_for_forecast
from assistant.understand.terms import defined, figure_of, is_question, of_now, topic
from assistant.understand.words import TOPICLESS

_WORDS = re.compile(r"[a-z][a-z'&-]*")
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|their|them|both|either|those|these|(?:the|this|that) (?:stock|shares?|company|index|price|one|two))\b"
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a clause asks for, before it is known of what and when."""

    kind: Kind
    field: Field = "close"
    extreme: Literal["high", "low"] | None = None
    term: str | None = None


@dataclass(frozen=True)
class Clause:
    """`masked` is `text` in lower case with its symbols and periods masked, character by character."""

    text: str
    masked: str
    symbols: int = 0  # how many different symbols it names
    market: bool = False  # those are indices, coins or commodities by name

    @property
    def dated(self) -> bool:
        return "#" in self.masked

    @cached_property
    def topic(self) -> str:
        """The words that say what it is about, beside symbols, periods and what is asked of them."""
        return " ".join(w for w in _WORDS.findall(self.masked) if w.removesuffix("'s") not in TOPICLESS)

    @property
    def points_back(self) -> bool:
        """Whether it is about something said before: by a pronoun, or for want of a topic."""
        return not self.symbols and bool(_POINTS_BACK.search(self.masked) or not self.topic)


_REASON = re.compile(
    r"\bwhy\b|\bhow come\b|\breasons?\b(?! to)|\bcauses? of\b|\bbecause of what\b|\bdue to what\b"
    r"|\bwhat(?:'s| is| was| has| have)? (?:been )?(?:drove|driving|driven|drives|caused|causing|moved(?! (?:the )?(?:most|least|more))|moving|behind"
    r"|explains?|sent|pushed|pushing|led to|triggered|made|weighed|weighing|lifted|lifting|dragged|dragging|lies behind)\b"
    r"|\bexplain (?:the|its|this|that|their|@+(?:'s)?) (?:[\w#]+ )?(?:moves?|drop|fall|rise|jump|gains?|loss|losses|decline"
    r"|rally|slump|sell-?off|surge|slide|plunge|change|performance)\b"
)
_GENERAL_WHY = re.compile(r"\bwhy (?:do|does|would|should|might|can|could)\b")
_MOVED = re.compile(
    r"\b(?:up|down|ris(?:e|es|en|ing)|rose|f[ae]ll(?:s|en|ing)?|drop(?:s|ped|ping)?|gain(?:s|ed|ing)?|los(?:e|es|ing|t|ses|s)"
    r"|climb(?:s|ed|ing)?|slid(?:e|es|ing)?|jump(?:s|ed|ing)?|plung(?:e|es|ed|ing)|surg(?:e|es|ed|ing)|rall(?:y|ies|ied|ying)"
    r"|sink(?:s|ing)?|sank|soar(?:s|ed|ing)?|tumbl(?:e|es|ed|ing)|declin(?:e|es|ed|ing)|crash(?:es|ed|ing)?|dip(?:s|ped|ping)?"
    r"|spik(?:e|es|ed|ing)|rebound(?:s|ed|ing)?|recover(?:s|ed|ing)?|higher|lower|grow(?:n|s)?|grew|advanc(?:e|es|ed)|shed)\b"
)
_HAPPENED = re.compile(r"\bwhat(?:'s|s| is| has| was)? (?:been )?(?:happened|happening|going on|gone on|up with)\b")
_NEWS = re.compile(
    r"\bnews\b|\bheadlines?\b|\bstor(?:y|ies)\b|\barticles?\b|\bcoverage\b|\bpress releases?\b|\bin the press\b|\brumou?rs?\b"
    r"|\b(?:the )?latest (?:on|about|from|with|for|regarding|developments?)\b|\bwhat(?:'s|s| is) (?:new\b(?= with| in| on| about| for|[ ,]*@|\W*$)|the latest\b)"
    r"|\banything (?:new|on|about|happen|interesting)|\b(?:any|recent|latest) (?:updates?|developments?|announcements?)\b"
    r"|\bupdates? (?:on|about|for|me)\b|\bcatch me up\b|\bannounce\w*\b|\btell me about @|\banalysts?\b"
    r"|\bwhat (?:did|has|have|does|do) .{1,40}\b(?:say|said|saying|report|reported|decide|decided|reveal|publish|disclose)\b"
)
_COMPARE = re.compile(
    r"\bvs\b|\bversus\b|\bcompar\w+\b|\bwhich\b|\bwho (?:did|won|was|is|has)\b|\b(?:out|under)perform\w*\b"
    r"|\b(?:more|better|worse|less|faster|further|higher|lower|bigger|harder|stronger|weaker)\b.*\bthan\b"
    r"|\brelative to\b|\bagainst\b|\bbeat(?:en)?\b|\b(?:best|worst|biggest|top|largest|strongest|weakest)\b|\bmost\b|\bleast\b"
    r"|\brank\w*\b|\bgap between\b|\bdifference between\b|\bor\b.*\b(?:better|worse|more)\b"
)
SUPERLATIVE = re.compile(
    r"\b(?:best|worst|biggest|top|largest) (?:performer|performing|gainer|loser|mover|move|riser|faller)s?\b"
    r"|\b(?:what|which|who)\b.*\b(?:most|least|best|worst)\b"
)
_HIGH = re.compile(
    r"\bhighest\b|\bhighs?\b(?! (?:yield|growth|beta|risk|frequency|volatility|quality|interest|rates?|inflation|dividend))"
    r"|\bpeak(?:ed|s)?\b|\bmax(?:imum)?\b|\btopp?(?:ed)? out\b"
)
_LOW = re.compile(
    r"\blowest\b|\blows?\b(?! (?:yield|growth|beta|risk|cost|volatility|quality|interest|rates?|inflation|dividend))"
    r"|\btrough\b|\bbottom(?:ed)?\b|\bmin(?:imum)?\b"
)
_RANGE = re.compile(r"\b(?:trading |price )?range\b")
_MOVE = re.compile(
    r"\bhow(?:'s|'d|s| is| are| did| has| have| was| were| do| does) .*\b(?:do|doing|done|perform\w*|fare[ds]?"
    r"|go|going|gone|move[ds]?|trading|trend\w*|react\w*|holding up|look(?:ing|ed)?)\b"
    r"|\bhow(?:'s|s| is| are| was| were) (?:@|it\b|they\b|the \w+\b)|\bperform(?:ance|ed|ing)?\b|\bchang(?:e|es|ed|ing)\b"
    r"|\breturn(?:s|ed)?\b|\bmov(?:e|es|ed|ing|ement|ements)\b|\bpercent(?:age)?\b|%|\bby how much\b|\bgreen\b|\bin the red\b"
    r"|\boutperform\w*\b|\bunderperform\w*\b|\bbeat\b"
)
_PRICE = re.compile(
    r"\bpric(?:e|es|ed|ing)\b|\bclos(?:e|es|ed|ing)\b|\bquot(?:e|es|ed)\b|\btrad(?:e|es|ed|ing)\b|\bworth\b|\bcosts?\b"
    r"|\blevels?\b|\bopen(?:s|ed|ing)?\b|\bvolumes?\b|\bstands?\b|\bstood\b|\bhow much (?:is|was|are|were|does|did|for)\b"
    r"|\bwhat(?:'s|s| is| was| were) @+ (?:at|on|#)|\bwhere(?:'s|s| is| was| did| does| are)? @|\bsettled?\b|\bfinish(?:ed)?\b"
    r"|\bvalues?\b|\bturnover\b|\bend(?:ed)?\b|\bexchange rate\b|@+ rates?\b"
)
_CLOSING = re.compile(r"\bclos(?:e|es|ed|ing)\b|\bsettle|\bfinish")
_VOLUME = re.compile(r"\bvolumes?\b|\bshares (?:were |was )?traded\b|\bturnover\b|\bhow many shares\b")
_OPENING = re.compile(r"\bopen(?:s|ed|ing)?\b(?! interest)")
_WHAT_IS = re.compile(r"^(?:and |so |ok |hi |hey )?what(?:'s|s| is| are|) (?:the |a |an )?@+(?: and @+)*\W*$")
_LOOK_UP = re.compile(
    r"\b(?:look|sum|set|pull|bring|follow|pick|keep|catch me|give|come|sign|end|break|what's|whats)\s+(?:up|down)\b"
)


def asks(clause: Clause) -> tuple[Ask, ...]:
    """What `clause` asks for; empty where it does not say (then it may be a follow-up)."""
    masked = clause.masked
    if asks_for_advice(masked):
        return (Ask("advice"),)
    if term := _term(clause):
        return (term,)
    if asks_for_forecast(masked):
        return (Ask("other"),)
    if _REASON.search(masked):
        general_why = not (clause.symbols or clause.dated) and (_GENERAL_WHY.search(masked) or _plain_why(masked))
        return (Ask("term"),) if general_why else (Ask("reason"),)
    if _HAPPENED.search(masked):
        return (Ask("move"), Ask("news")) if clause.symbols else (Ask("news"),)
    if _NEWS.search(masked):
        return (Ask("news"),)
    if _GENERAL.match(masked) and clause.topic and not (clause.symbols or clause.dated or clause.points_back):
        return (Ask("term"),)
    return _figures(clause) or _knowledge(clause)


def _plain_why(masked: str) -> bool:
    """ "why is inflation bad for bonds": about no move that happened."""
    return bool(re.search(r"\bwhy (?:is|are)\b", masked)) and not (_MOVED.search(masked) or _POINTS_BACK.search(masked))


_INDEFINITE = re.compile(r"^(?:and |so )?what(?:'s|s| is) an? ")
# Of things in general: "what happens to bonds when rates rise", "should a price fall".
_GENERAL = re.compile(r"^(?:and |so )?(?:should|would|do|does|how (?:do|does|can|would)|what happens|when (?:do|does|should)|if)\b")


def _term(clause: Clause) -> Ask | None:
    if clause.market and not clause.dated and _WHAT_IS.search(clause.masked):
        return Ask("term", term=clause.text[clause.masked.index("@") : clause.masked.rindex("@") + 1])
    if clause.symbols or (clause.dated and not _INDEFINITE.match(clause.masked)):
        return None
    term = defined(clause.text, clause.masked)
    return Ask("term", term=term) if term else None


def _figures(clause: Clause) -> tuple[Ask, ...]:
    """A figure of a symbol: of the one named here, or of one that the conversation tells."""
    masked = clause.masked
    if (clause.symbols or _POINTS_BACK.search(masked)) and (name := figure_of(masked)):
        return (Ask("other", term=name),)
    if SUPERLATIVE.search(masked) or (clause.symbols > 1 and _COMPARE.search(masked)):
        return (Ask("comparison"),)
    if not clause.symbols and re.search(r"\bwhich\b", masked) and _COMPARE.search(masked) and _moves(masked):
        return (Ask("comparison"),)
    if extreme := _extreme(masked):
        return (extreme,)
    if _moves(masked):
        return (Ask("move"),)
    if _PRICE.search(masked) or (clause.symbols and _WHAT_IS.search(masked)):
        return (Ask("price", _field(masked)),)
    return ()


def _moves(masked: str) -> bool:
    plain = _LOOK_UP.sub(" ", masked)
    priced = re.search(r"\bhow (?:did|does|do) @+ (?:close|open|finish|settle)\b(?! (?:up|down|higher|lower))", masked)
    return not priced and bool(_MOVED.search(plain) or _MOVE.search(plain))


def _extreme(masked: str) -> Ask | None:
    high, low = bool(_HIGH.search(masked)), bool(_LOW.search(masked))
    if not (high or low or _RANGE.search(masked)):
        return None
    extreme: Literal["high", "low"] | None = "high" if high and not low else "low" if low and not high else None
    field: Field = "volume" if _VOLUME.search(masked) else "close" if _CLOSING.search(masked) else extreme or "high"
    return Ask("high_low", field, extreme)


def _field(masked: str) -> Field:
    if _VOLUME.search(masked):
        return "volume"
    return "open" if _OPENING.search(masked) and not _CLOSING.search(masked) else "close"


def _knowledge(clause: Clause) -> tuple[Ask, ...]:
    if clause.symbols or not is_question(clause.masked):
        return ()
    if of_now(clause.masked):
        return (Ask("news"),)
    return (Ask("term", term=topic(clause.text, clause.masked)),)
