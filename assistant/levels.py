"""A price that a question says was crossed: "when did it fall below 50?", "did it ever close above 1,200.50?"."""

import re
from dataclasses import dataclass

_NO_PRICE = (
    r"(?![\d.,]*\d|\s?(?:%|percent|per cent|bps|basis|points?|x\b|k\b|m\b|bn\b|million|billion|trillion|shares|times"
    r"|units|employees|people)|[\s-]?(?:-?\s?(?:day|week|month|year|hour|minute|session|quarter|dma\b))|st\b|nd\b|rd\b|th\b)"
)
_CROSSED = re.compile(
    r"\b(?P<way>below|under|beneath|above|over|past|through|hit|hits|hitting|reach(?:ed|es)?|cross(?:ed|es)?"
    r"|touch(?:ed|es)?|br(?:eak|oke|eaks)|breach(?:ed)?|exceed(?:ed|s)?|top(?:ped)?)\s+(?:the\s+)?(?:mark of\s+)?"
    rf"(?:US)?[$€£]?\s?(?P<value>\d[\d,]*(?:\.\d+)?){_NO_PRICE}",
    re.IGNORECASE,
)
_TOLD = re.compile(r"\b(?:when|day|date|did|has|have|had|ever|why|since|how often|time)\b", re.IGNORECASE)
_FALLING = re.compile(r"\b(?:f[ae]ll(?:en|s)?|drop\w*|sank|sink\w*|slid\w*|crash\w*|plung\w*|slip\w*)\b", re.IGNORECASE)
_EITHER_WAY = re.compile(r"hit|reach|cross|touch|br|through", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Level:
    """`above`: whether a price was to rise above `value` or fall below it; None where the question leaves it open."""

    value: float
    above: bool | None
    closing: bool  # of closes, not of the day's highs and lows


def level_of(text: str) -> Level | None:
    """The level whose crossing `text` asks about or takes for granted; None where it names none."""
    match = _CROSSED.search(text)
    if not match or not _TOLD.search(text):
        return None
    way = match["way"].lower()
    above: bool | None = way not in {"below", "under", "beneath"}
    if _EITHER_WAY.match(way):
        above = False if _FALLING.search(text) else None
    value = float(match["value"].replace(",", ""))
    return Level(value, above, bool(re.search(r"\bclos(?:e|es|ed|ing)\b", text, re.IGNORECASE)))
