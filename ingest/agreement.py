"""The index against the ledger, both ways: what it should hold and does not, and what it holds of nothing."""

from datetime import datetime
from typing import TYPE_CHECKING

from ingest.config import Config
from ingest.index import embedding_name, has_index, open_index
from ingest.indexing import everything, pending
from ingest.ledger import Ledger

if TYPE_CHECKING:
    from ingest.index.contract import NodeStore


def index_in_use(config: Config) -> "NodeStore | None":
    """None before the first ingest. Raises what `open_index` does."""
    return open_index(config, embedding_name(config)) if has_index(config) else None


def lacking(ledger: Ledger, index: "NodeStore", now: datetime) -> set[str]:
    """The documents that the ledger says are indexed, and that the index does not hold, or not as they are now."""
    from ingest.index.rows import document

    held = index.documents().keys()
    waiting = ledger.news.unindexed_ids()
    waiting.update(document(node) for work in pending(ledger, now) for node in work.nodes)
    found: set[str] = set()
    for work in everything(ledger, now):
        found |= {document(node) for node in work.nodes} - held
        if work.what == "articles":  # the others tell in words what may have got another name since
            found |= {document(node) for node in index.changed(work.nodes)}
    return found - waiting


def strays(ledger: Ledger, index: "NodeStore") -> set[str]:
    """The documents of the index that are of no article and no symbol in the ledger."""
    articles = ledger.news.ids()
    symbols = {symbol for symbol, _, _ in ledger.market.days()} | {q.symbol for q in ledger.market.latest_quotes()}
    known = {"news": lambda d: d in articles, "quote": lambda d: d.rpartition(":")[0] in symbols}
    return {d for d, kind in index.documents().items() if kind in known and not known[kind](d)}
