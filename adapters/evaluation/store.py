"""Puts a question set into a home of its own, as an ingest would have left it, and opens the product over it."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import ingest.index
from assistant import Assistant, AssistantConfig, make_assistant
from evaluation.questions import DataSet
from ingest.config import Config
from ingest.indexing import Indexer
from ingest.ledger import Ledger, upgrade_ledger
from ingest.types import digest

# The product is asked as of each question's instant; a question without one is asked now, and that is fixed too.
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def open_store(data: DataSet, config: Config, tell: Callable[[str], None]) -> Assistant:
    """The product over `data`. The store is built on first use; its folder under home is named after its content."""
    content = digest(data.content, ingest.index.embedding_name(config))
    home = config.home / "eval" / "stores" / f"{data.name.split()[0]}-{content}"
    if not home.is_dir():
        tell(f"Building the store of {data.name}: {len(data.articles):,} articles, {len(data.histories)} price series")
        partial = home.with_name(f".{home.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        _build(data, config.model_copy(update={"home": partial}))
        partial.rename(home)
    upgrade_ledger(config.model_copy(update={"home": home, "database_url": None})).close()  # one of an older version
    # Not in the user's zone: where no exchange tells it, what "today" means must not depend on who measures.
    given = config.model_dump() | {"home": home, "database_url": None, "now": NOW, "timezone": "UTC"}
    return make_assistant(AssistantConfig(**given))


def _build(data: DataSet, config: Config) -> None:
    config = config.model_copy(update={"database_url": None})
    config.home.mkdir(parents=True)
    with closing(upgrade_ledger(config)) as ledger:
        _fill(ledger, data)
        if data.articles:
            embedding = ingest.index.load_embedding(config)
            width = len(embedding.get_query_embedding("dimension"))
            name = ingest.index.embedding_name(config)
            index = ingest.index.open_index(config, name, width, create=True)
            Indexer(ledger, lambda: embedding, lambda _: index).run(NOW)


def _fill(ledger: Ledger, data: DataSet) -> None:
    ledger.news.put(data.articles)
    ledger.market.put_names(data.names, "directory")
    ledger.market.put_sessions(data.sessions)
    for history in data.histories:
        ledger.market.put(history)
        ledger.market.put_names([(history.instrument.name, history.instrument.symbol)], "instrument")
        # Questions about prices are answered from the ledger: weekly texts in the index would only cost minutes.
        ledger.market.mark_bars_indexed([(b.symbol, b.day, 0) for b in history.bars], NOW)
