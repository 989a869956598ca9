"""What kind of thing a clause asks for, by rule.

Decisions that are not obvious:
- Of a symbol, "what happened to X" asks for the move and for the news; "what is X" asks for its price, but of an
  index, coin or commodity it asks what that is.
- A forecast is `other`: there is no evidence for it. So is a figure that is no price (`term` names it).
- `term` is all that general knowledge answers; where the clause defines no single term, `Part.term` is None.
- A dated or current fact without a symbol ("what was CPI in January?") is news: it needs evidence.
- "High" and "low" alone are those of the trading day; "highest close" is a close. With no `extreme` both are asked.
"""

from typing import Literal

from assistant.types import Field
from assistant.understand import cues
from assistant.understand.advice import asks_for_advice, asks_for_forecast
from assistant.understand.clause import FORECAST, Ask, Clause
from assistant.understand.figures import figure_of
from assistant.understand.terms import defined, is_question, of_now, subject


def asks(clause: Clause) -> tuple[Ask, ...]:
    """What `clause` asks for; empty where it does not say (then it may be a follow-up)."""
    if asks_for_advice(clause.masked):
        return (Ask("advice"),)
    if term := _term(clause):
        return (term,)
    if asks_for_forecast(clause.masked):
        return (FORECAST,)
    return _story(clause) or _figure(clause) or _knowledge(clause)


def _term(clause: Clause) -> Ask | None:
    masked = clause.masked
    unnamed = clause.plain or (not clause.symbols and cues.WHAT_IS_A.match(masked))  # "a 52-week high" is no date
    if not (unnamed or (clause.market and not clause.dated)):
        return None
    term = defined(clause.text, masked)
    whole = unnamed or (term and clause.text.find(term) == masked.find("@") and len(term) == masked.count("@"))
    return Ask("term", term=term) if term and whole else None


def _story(clause: Clause) -> tuple[Ask, ...]:
    """Reasons and news, and what holds of things in general."""
    masked = clause.masked
    if cues.REASON.search(masked):
        return (Ask("term") if clause.plain and _in_general(clause) else Ask("reason"),)
    if cues.HAPPENED.search(masked):
        return (Ask("move"), Ask("news")) if clause.symbols else (Ask("news"),)
    if cues.NEWS.search(masked):
        return (Ask("news"),)
    general = cues.GENERAL.match(masked) and clause.plain and clause.topic and not clause.pronoun
    return (Ask("term"),) if general else ()


def _in_general(clause: Clause) -> bool:
    """Whether a why is about no move that happened: "why is inflation bad for bonds"."""
    masked = clause.masked
    if cues.GENERAL_WHY.search(masked):
        return True
    return bool(cues.WHY_IS.search(masked)) and not (clause.pronoun or cues.moved(masked))


def _figure(clause: Clause) -> tuple[Ask, ...]:
    """A figure of a symbol: of the one named here, or of one that the conversation tells."""
    masked = clause.masked
    if (clause.symbols or clause.pronoun) and (name := figure_of(masked)):
        return (Ask("other", term=name),)
    if _compares(clause):
        return (Ask("comparison"),)
    if extreme := _extreme(masked):
        return (extreme,)
    if _moves(masked):
        return (Ask("move"),)
    priced = cues.PRICE.search(masked) or (clause.symbols and cues.WHAT_IS.search(masked))
    return (Ask("price", _field(masked)),) if priced else ()


def _compares(clause: Clause) -> bool:
    masked = clause.masked
    several = clause.joins_told or (clause.symbols > 1 and cues.COMPARE.search(masked))
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
    if clause.symbols or not is_question(clause.masked):
        return ()
    if of_now(clause.masked):
        return (Ask("news"),)
    return (Ask("term", term=subject(clause.text, clause.masked)),)
