"""Brings the index up to the ledger: what it may not have becomes nodes, is embedded and added, and is marked last.

A kill at any point loses nothing and doubles nothing: node ids are fixed, `add` replaces, and what was added but not
marked is recognised by its content and not embedded again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.ledger import Ledger
from ingest.progress import Progress, Silent
from ingest.types import Article, Quote
from ingest.weeks import WEEK, monday, to_write

if TYPE_CHECKING:
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.schema import TextNode

    from ingest.index.contract import NodeStore

PAGE = 1_000  # articles read from the ledger and marked at a time
STEP = 512  # nodes embedded and added at a time, at least


@dataclass(frozen=True)
class Work:
    """Nodes that belong in the index, and how to record that they are there."""

    what: str
    nodes: "list[TextNode]"
    acknowledge: Callable[[], None]


@dataclass(frozen=True)
class Indexer:
    """`load_embedding` and `open_index` are called only if there is anything to index: they take seconds."""

    ledger: Ledger
    load_embedding: "Callable[[], BaseEmbedding]"
    open_index: "Callable[[BaseEmbedding], NodeStore]"
    progress: Progress = field(default_factory=Silent)

    def run(self, now: datetime) -> int:
        """Indexes all that is pending; the number of nodes written."""
        work = pending(self.ledger, now)
        first = next(work, None)
        if first is None:
            return 0
        loading = "loading the embedding model"  # seconds, most of them imports
        self.progress.start(loading, 1)
        embedding = self.load_embedding()
        index = self.open_index(embedding)
        self.progress.advance(loading)
        self.progress.finish(loading)
        return self._write(first, embedding, index) + sum(self._write(w, embedding, index) for w in work)

    def _write(self, work: Work, embedding: "BaseEmbedding", index: "NodeStore") -> int:
        with index.one_commit():
            written = self._fill(work, embedding, index)
            work.acknowledge()
        return written

    def fill(self, index: "NodeStore", embedding: "BaseEmbedding", now: datetime) -> None:
        """Brings an index that no reader uses yet up to the whole ledger. Nothing is marked: what was begun and cut
        short is recognised by its content, and the index in use stays as it is."""
        held: set[str] = set()
        for work in everything(self.ledger, now):
            self._fill(work, embedding, index)
            held.update(node.ref_doc_id or node.node_id for node in work.nodes)
        index.delete_documents(sorted(index.documents().keys() - held))

    def _fill(self, work: Work, embedding: "BaseEmbedding", index: "NodeStore") -> int:
        nodes = index.changed(work.nodes)
        task = f"indexing {work.what}"
        self.progress.start(task, len(nodes))
        for step in _steps(nodes):
            _embed(step, embedding)
            index.add(step)
            self.progress.advance(task, len(step))
        self.progress.finish(task)
        return len(nodes)


def _steps(nodes: "Iterable[TextNode]") -> "Iterator[list[TextNode]]":
    """`STEP` nodes at a time, and with them the rest of the last one's document: nobody reads half of one, and half of
    one would not be recognised after a kill."""
    from ingest.index.rows import document

    step: list[TextNode] = []
    for _, chunks in groupby(nodes, document):
        step += chunks
        if len(step) >= STEP:
            yield step
            step = []
    if step:
        yield step


def _embed(nodes: "Sequence[TextNode]", embedding: "BaseEmbedding") -> None:
    from llama_index.core.schema import MetadataMode

    vectors = embedding.get_text_embedding_batch([node.get_content(MetadataMode.EMBED) for node in nodes])
    for node, vector in zip(nodes, vectors, strict=True):
        node.embedding = vector


def pending(ledger: Ledger, now: datetime) -> Iterator[Work]:
    """All that the index may not have. Where that is nothing, no third-party package is imported to find it out."""
    yield from _quotes(ledger, ledger.market.unindexed_quotes(), now)
    yield from _weeks(ledger, ledger.market.unindexed_days(), now)
    before = None
    # A page that comes back after it was marked would come back for ever: it is left to the next run.
    while (page := ledger.news.unindexed(PAGE)) and page != before:
        yield from _articles(ledger, page, now)
        before = page


def everything(ledger: Ledger, now: datetime) -> Iterator[Work]:
    """All that a whole index holds at `now`."""
    yield from _quotes(ledger, ledger.market.latest_quotes(), now)
    yield from _weeks(ledger, ledger.market.days(), now)
    for page in ledger.news.pages(PAGE):
        yield from _articles(ledger, page, now)


def _quotes(ledger: Ledger, quotes: Sequence[Quote], now: datetime) -> Iterator[Work]:
    if not quotes:
        return
    from ingest.nodes import quote_node

    instruments = ledger.market.instruments([q.symbol for q in quotes])
    known = [q for q in quotes if q.symbol in instruments]
    nodes = [quote_node(instruments[q.symbol], q) for q in known]
    yield Work("latest prices", nodes, lambda: ledger.market.mark_quotes_indexed(known, now))


def _weeks(ledger: Ledger, of: Iterable[tuple[str, date, int]], now: datetime) -> Iterator[Work]:
    """All symbols' finished weeks. The days of a week still running wait in the ledger."""
    revisions: dict[str, dict[date, int]] = defaultdict(dict)
    for symbol, day, revision in of:
        revisions[symbol][day] = revision
    nodes: list[TextNode] = []
    shown: list[tuple[str, date, int]] = []
    for symbol, instrument in ledger.market.instruments(list(revisions)).items():
        days = list(revisions[symbol])
        sessions = ledger.market.sessions(instrument.calendar, monday(days[0]), monday(days[-1]) + 2 * WEEK)
        weeks = to_write(days, sessions, now)
        if not weeks:
            continue
        from ingest.nodes import week_nodes

        bars = ledger.market.bars(symbol, now, min(weeks) - 2 * WEEK, max(weeks) + WEEK)
        nodes += week_nodes(instrument, bars, weeks)
        shown += [(symbol, day, revisions[symbol][day]) for day in days if monday(day) in weeks]
    if shown:
        yield Work("weeks of prices", nodes, lambda: ledger.market.mark_bars_indexed(shown, now))


def _articles(ledger: Ledger, page: Sequence[Article], now: datetime) -> Iterator[Work]:
    """Former texts first: what marks an article stands for them, too."""
    from ingest.nodes import article_nodes, former_nodes

    if former := ledger.news.former_texts(page):
        yield Work("former texts", [node for texts in former.values() for node in former_nodes(texts)], lambda: None)
    nodes = [node for article in page for node in article_nodes(article)]
    yield Work("articles", nodes, lambda: ledger.news.mark_indexed(page, now))
