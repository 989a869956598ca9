"""The parts of a run that meet the outside, as the configuration wants them: what is followed, and who reads it."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ingest.config import Config
from ingest.indexing import Indexer
from ingest.ledger import Ledger
from ingest.pipeline import Pipeline
from ingest.types import SourceState

if TYPE_CHECKING:
    from ingest.http import Fetcher
    from ingest.second import Second


def followed(config: Config, ledger: Ledger) -> tuple[Sequence[str], list[SourceState], list[str]]:
    """The symbols and the feeds to poll, the user's own, else the starter's; and what is off, with the reason."""
    from ingest.starter import feeds_to_poll, starter

    start = starter()
    symbols = ledger.sources.watchlist() or start.symbols
    feeds = feeds_to_poll(ledger.sources.feeds(), start, symbols, config.user_agent_contact)
    on = [SourceState(f.url, "news", f.title) for f in feeds if not f.off]
    return symbols, on, [f"{f.url} is off: {f.off}" for f in feeds if f.off]


def make_fetcher(config: Config) -> "Fetcher":
    from ingest.http import Fetcher, user_agent

    return Fetcher(user_agent(config.user_agent_contact), config.allow_private_hosts)


def make_pipeline(
    config: Config,
    ledger: Ledger,
    fetcher: "Fetcher",
    indexer: Indexer,
    symbols: Sequence[str] = (),
    feeds: Sequence[SourceState] = (),
    notices: Sequence[str] = (),
) -> Pipeline:
    from ingest.calendars import sessions
    from ingest.readers import news
    from ingest.readers.quotes import QuoteReader
    from ingest.symbols import SymbolLinker, directory

    return Pipeline(
        ledger=ledger,
        symbols=symbols,
        feeds=feeds,
        read_quotes=QuoteReader(config.yahoo_base_url, config.home / "yahoo").read,
        read_feed=partial(news.read, fetcher),
        sessions=sessions,
        directory=directory,
        linker=SymbolLinker,
        indexer=indexer,
        progress=indexer.progress,
        notices=notices,
        second=_second(config),
    )


def _second(config: Config) -> "Second | None":
    if config.cboe_base_url is None:
        return None
    from ingest.http import user_agent
    from ingest.readers import cboe
    from ingest.second import Second

    agent = user_agent(config.user_agent_contact)
    read = cboe.CboeReader(config.cboe_base_url, agent, config.allow_private_hosts).read
    return Second(cboe.SOURCE, cboe.covers, read)
