"""The polls of one run: what is asked of each source, what is remembered of it, and what is reported."""

from ingest.polling.news import Feed, FeedPolls, Linker, ReadFeed
from ingest.polling.polls import Polls
from ingest.polling.quotes import QuotePolls

__all__ = ["Feed", "FeedPolls", "Linker", "Polls", "QuotePolls", "ReadFeed"]
