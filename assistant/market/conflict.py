"""Headlines that give another price than the stored one. Pure."""

import re
from collections.abc import Iterable
from datetime import timedelta

from assistant.market.view import MarketView, Point
from ingest.types import Article

_PRICED = re.compile(
    r"\b(?:(?P<closing>clos(?:e[sd]?|ing)|end(?:s|ed)?|finish(?:es|ed)?|settle[sd]?)|trad(?:es|ed|ing)|quoted|stands?|stood)\b"
    r"(?:\s+(?!at\b)[^\s]+){0,5}?\s+at\s+(?P<sign>US\$|[$€£]|USD\s|EUR\s|GBP\s)?(?P<value>\d[\d,]*(?:\.\d+)?)"
    r"(?![\d,.]*\d|\s?(?:%|percent|per cent|bps|points?\b|times\b|million|billion|bn\b|m\b|x\b|[ap]\.?m\b)|:)",
    re.IGNORECASE,
)
_AHEAD = re.compile(r"\b(?:expected|could|may|might|will|would|sees|seen|if|forecasts?)\b", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TOLD_WITHIN = timedelta(hours=18)  # a close is reported in the evening, before the next session


def contradicting(view: MarketView, point: Point, articles: Iterable[Article]) -> list[Article]:
    """Those of `articles`, about this symbol alone, whose headline gives a price of the day of `point` that the stored
    bar of that day does not bear out: another close, or a price outside the day's range."""
    return [a for a in articles if a.symbols == (view.instrument.symbol,) and _differs(view, point, a)]


def _differs(view: MarketView, point: Point, article: Article) -> bool:
    match = _PRICED.search(article.title)
    told_at = article.published or article.first_seen
    bar = next((b for b in view.bars if b.day == point.day), None)
    if not match or bar is None or _AHEAD.search(article.title) or _other_day(article.title, point):
        return False
    minor = 100 if view.instrument.currency == "GBp" and match["sign"] in {"£", "GBP "} else 1
    value = float(match["value"].replace(",", "")) * minor
    grain = 0.5 * 10.0 ** -len(match["value"].partition(".")[2]) * minor + 1e-9
    if match["closing"]:
        return point.as_of <= told_at <= point.as_of + _TOLD_WITHIN and abs(value - bar.close) > grain
    if told_at.astimezone(view.zone).date() != point.day:
        return False
    return not bar.low - grain <= value <= bar.high + grain


def _other_day(title: str, point: Point) -> bool:
    said = {d for d in _DAYS if re.search(rf"\b{d}\b", title.lower())}
    return bool(said) and _DAYS[point.day.weekday()] not in said
