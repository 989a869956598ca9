"""Facts of the market: pure functions from stored bars and quotes to sentences whose every digit is bound."""

from assistant.market.facts import answer_part
from assistant.market.finding import Finding
from assistant.market.view import MarketView, Point

__all__ = ["Finding", "MarketView", "Point", "answer_part"]
