"""What kind of thing a clause asks for, by rule.

Decisions that are not obvious:
- A price, move, high, low or comparison is asked for where the clause has no topic beside the talk of prices, or says
  so outright ("how did X do after its dividend?"). Every other question of fact is `other`: documents answer it.
- `reason` is why a price moved; any other why is `other`, or a `term` where it holds of things in general.
- `news` is news as such: what is listed, not read.
- Of a symbol, "what happened to X" asks for the move and for the news; "what is X" asks for its price, but of an
  index, coin or commodity it asks what that is.
- A forecast is `other`: there is no evidence for it. So is a figure that is no price (`term` names it).
- `term` is all that general knowledge answers; where the clause defines no single term, `Part.term` is None.
- "High" and "low" alone are those of the trading day; "highest close" is a close. With no `extreme` both are asked.
"""

import re
from typing import Literal

from assistant.levels import level_of
from assistant.types import Field
from assistant.understand import cues
from assistant.understand.advice import asks_for_advice, sounds_like_advice
from assistant.understand.asking import bare, unexcused
from assistant.understand.clause import FORECAST, OTHER, Ask, Clause
from assistant.understand.figures import figure_of
from assistant.understand.forecast import asks_for_forecast
from assistant.understand.holdings import unnamed_count
from assistant.understand.particular import general, particular
from assistant.understand.terms import defined, is_question, outright, subject

_NOTHING_NAMED = re.compile(
    r"(?:and |but |so )?(?:(?:since )?when|where|who|how|which(?: one)?|are you sure|is that (?:so|right|true|correct)"
    r"|where (?:is|does|did) (?:that|it|this) (?:come )?from|says who"
    r"|how(?:'s| is| are| did| has) my \w+|(?:how|what)(?:'s|s| is| are) [\w ]+ (?:doing|performing))\W*$"
)
LAST_SESSION = "last session"  # of what a high and a low are, if not of a period
_FEW = 2  # words of a topic: "what happened at the SEC?", but not "what happened to the finance chief of X?"


def asks(clause: Clause) -> tuple[Ask, ...]:
    """What `clause` asks for; empty where it does not say (then it may be a follow-up)."""
    if not bare(clause.masked):
        return ()
    if _wishes(clause):
        return (Ask("advice"),)
    if term := _term(clause):
        return (term,)
    if asks_for_forecast(clause.masked) and (clause.masked.startswith("will ") or not general(clause)):
        return (FORECAST,)
    return _story(clause) or _figure(clause) or _knowledge(clause)


def _wishes(clause: Clause) -> bool:
    """Whether it wants advice, by an idiom or by its words; the less so where it may ask for a story or a figure."""
    masked = unexcused(clause.masked)
    if outright(clause.masked):
        return False
    return asks_for_advice(masked) or sounds_like_advice(masked, bool(_story(clause) or _figure(clause)))


def _term(clause: Clause) -> Ask | None:
    masked = clause.masked
    unnamed = clause.plain or (not clause.symbols and cues.WHAT_IS_A.match(masked))  # "a 52-week high" is no date
    if not (unnamed or (clause.market and not clause.dated)):
        return None
    term = defined(clause.text, masked)
    if not term or (unnamed and not cues.WHAT_IS_A.match(masked) and particular(clause)):
        return None
    whole = unnamed or (clause.text.find(term) == masked.find("@") and len(term) == masked.count("@"))
    return Ask("term", term=term) if whole else None


def _story(clause: Clause) -> tuple[Ask, ...]:
    """Why a price moved, and news as such."""
    masked = clause.masked
    if cues.REASON.search(masked):
        if not clause.price_talk and not cues.WHY_MOVED.search(masked):
            return _knowledge(clause) or (OTHER,)
        return (Ask("term"),) if clause.plain and _in_general(clause) else (Ask("reason"),)
    as_such = clause.price_talk if clause.symbols else len(clause.topic.split()) <= _FEW
    if cues.HAPPENED.search(masked) and as_such:
        told = Ask("price") if level_of(masked) else Ask("move")
        return (told, Ask("news")) if clause.symbols else (Ask("news"),)
    return (Ask("news"),) if cues.NEWS.search(masked) else ()


def asks_for_events(text: str) -> bool:
    """Whether `text` wants what is new, or why a price moved, so that older stories count for less."""
    low = text.lower()
    why = cues.REASON.search(low) and cues.moved(low)
    return bool(why or cues.RECENT.search(low) or cues.HAPPENED.search(low) or cues.NEWS.search(low))


def _in_general(clause: Clause) -> bool:
    """Whether a why is about no move that happened: "why do prices fall"."""
    masked = clause.masked
    if cues.GENERAL_WHY.search(masked):
        return True
    return bool(cues.WHY_IS.search(masked)) and not (clause.pronoun or cues.moved(masked))


def _figure(clause: Clause) -> tuple[Ask, ...]:
    """A figure of a symbol: of the one named here, or of one that the conversation tells."""
    masked = clause.masked
    if cues.DEED.search(masked):
        return ()
    told = (clause.pronoun and not general(clause)) or unnamed_count(masked)
    if (clause.symbols or told) and (name := figure_of(masked)):
        return (Ask("other", term=name),)
    if not clause.price_talk and not (clause.symbols and cues.OUTRIGHT.search(masked)):
        return ()
    if clause.symbols and level_of(masked):
        return (Ask("price"),)
    if _compares(clause):
        return (Ask("price", _field(masked)),) if cues.OF_LEVELS.search(masked) else (Ask("comparison"),)
    return _of_prices(clause)


def _of_prices(clause: Clause) -> tuple[Ask, ...]:
    """A high or low, a move or a price of each symbol by itself."""
    masked = clause.masked
    if cues.ALL_FOUR.search(masked):
        four = (Ask("price", "open"), Ask("high_low", "high", term=LAST_SESSION), Ask("price"))
        return (*four, Ask("price", "volume")) if cues.VOLUME.search(masked) else four
    if extreme := _extreme(masked):
        return (extreme,)
    if _moves(masked):
        return (Ask("move"),)
    priced = cues.PRICE.search(masked) or (clause.symbols and cues.WHAT_IS.search(masked))
    return (Ask("price", _field(masked)),) if priced else ()


def _compares(clause: Clause) -> bool:
    masked = clause.masked
    several = clause.joins_told or (clause.symbols > 1 and cues.COMPARE.search(masked))
    several = several or (clause.symbols > 1 and cues.COUNTED.search(masked))
    return bool(several or cues.SUPERLATIVE.search(masked) or (clause.points_back and cues.WHICH_ONE.search(masked)))


def _extreme(masked: str) -> Ask | None:
    high, low = bool(cues.HIGH.search(masked)), bool(cues.LOW.search(masked))
    if not (high or low or cues.RANGE.search(masked)):
        return None
    extreme: Literal["high", "low"] | None = "high" if high and not low else "low" if low and not high else None
    closing = bool(cues.CLOSING.search(masked))
    field: Field = "volume" if cues.VOLUME.search(masked) else "close" if closing else extreme or "high"
    return Ask("high_low", field, extreme)


def _moves(masked: str) -> bool:
    return not cues.PRICED.search(masked) and (cues.moved(masked) or bool(cues.MOVE.search(masked)))


def _field(masked: str) -> Field:
    if cues.VOLUME.search(masked):
        return "volume"
    return "open" if cues.OPENING.search(masked) and not cues.CLOSING.search(masked) else "close"


def _knowledge(clause: Clause) -> tuple[Ask, ...]:
    if (clause.symbols and not (clause.market and clause.topic)) or not is_question(clause.masked):
        return ()
    if particular(clause):
        return (OTHER,)
    if _NOTHING_NAMED.match(clause.masked):
        return (OTHER,)
    return (Ask("term", term=subject(clause.text, clause.masked)),)
