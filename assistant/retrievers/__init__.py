"""LlamaIndex retrievers over the ledger and the index."""

from assistant.retrievers.news import NewsRetriever
from assistant.retrievers.quotes import QuoteRetriever

__all__ = ["NewsRetriever", "QuoteRetriever"]
