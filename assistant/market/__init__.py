"""Facts of the market: pure functions from stored bars and quotes to sentences whose every digit is bound."""

from assistant.market.facts import Finding, answer_part
from assistant.market.view import MarketView, Point

__all__ = ["Finding", "MarketView", "Point", "answer_part"]
