"""One news search as the assistant makes it: retrieve, prefer the near and recent, collapse twins, mix publishers."""

from collections.abc import Iterator
from datetime import datetime

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores.types import BasePydanticVectorStore

from assistant.abbreviations import spelled_out
from assistant.postprocessors import (
    DiversityPostprocessor,
    NearDuplicatePostprocessor,
    NearnessPostprocessor,
    NewsPostprocessor,
    RecencyPostprocessor,
    RelevancePostprocessor,
)
from assistant.relevance import names_nothing
from assistant.retrievers.news import NewsRetriever, article_metadata
from assistant.types import Dropped, Found
from assistant.understand.kinds import asks_for_events
from ingest.ledger import Ledger

_READING_FLOOR = 0.95  # fused scores lie close together: more weight on age would bury an old report that answers
_NEWEST = 200  # articles looked at where no subject is named


def search_news(
    store: BasePydanticVectorStore,
    embedding: BaseEmbedding,
    ledger: Ledger,
    text: str,
    as_of: datetime,
    symbols: tuple[str, ...] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    strict: bool = False,
    top_n: int = 5,
) -> Found:
    """Up to `top_n` nodes known at `as_of`, best first, and what was left out."""
    query = QueryBundle(text)
    if names_nothing(text):
        nodes = _newest(ledger, as_of, symbols, since, until, strict)
    else:
        retriever = NewsRetriever(store, embedding, ledger, as_of, symbols, since, until, strict)
        nodes = retriever.retrieve(spelled_out(text))
    dropped: list[Dropped] = []
    for step in _steps(text, bool(symbols), min(until, as_of) if until else as_of, top_n):
        kept = step.postprocess_nodes(nodes, query)
        left = {n.node_id for n in kept}
        dropped += [_dropped(n, step.why(n, kept)) for n in nodes if n.node_id not in left]
        nodes = kept
    return Found(nodes, tuple(dict.fromkeys(dropped)))


def _dropped(node: NodeWithScore, reason: str) -> Dropped:
    meta = node.metadata
    published = datetime.fromisoformat(meta["published"]) if meta["published"] else None
    return Dropped(str(meta["title"]), str(meta["source"]), published, round(node.score or 0.0, 6), reason)


def _steps(text: str, linked: bool, now: datetime, top_n: int) -> Iterator[NewsPostprocessor]:
    """News and the reasons of a move are all of interest, and go stale. A fact stands in what is nearest and stays what
    it is, so its age only settles near ties. An article that is `linked` to the asked symbol is about it."""
    if not linked and not names_nothing(text):
        yield RelevancePostprocessor()
    if asks_for_events(text):
        yield RecencyPostprocessor(now=now)
    else:
        yield NearnessPostprocessor()
        yield RecencyPostprocessor(now=now, floor=_READING_FLOOR)
    yield NearDuplicatePostprocessor()
    yield DiversityPostprocessor(top_n=top_n)


def _newest(
    ledger: Ledger,
    as_of: datetime,
    symbols: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    strict: bool,
) -> list[NodeWithScore]:
    """News as such: the latest known, whatever it is about."""
    known = ledger.news.latest(as_of, symbols, since, limit=_NEWEST, strict=strict)
    found = [a for a in known if until is None or (a.published or a.first_seen) <= until]
    # Their own ids: those that LlamaIndex draws would rank stories of one age by chance.
    return [NodeWithScore(node=TextNode(id_=a.id, text=a.text, metadata=article_metadata(a)), score=1.0) for a in found]
