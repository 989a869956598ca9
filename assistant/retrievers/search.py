"""One news search as the assistant makes it: retrieve, prefer the recent, collapse twins, keep publishers apart."""

from datetime import datetime

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import BasePydanticVectorStore

from assistant.postprocessors import (
    DiversityPostprocessor,
    NearDuplicatePostprocessor,
    RecencyPostprocessor,
    RelevancePostprocessor,
)
from assistant.retrievers.news import NewsRetriever
from ingest.ledger import Ledger


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
) -> list[NodeWithScore]:
    """Up to `top_n` nodes known at `as_of`, best first."""
    retriever = NewsRetriever(store, embedding, ledger, as_of, symbols, since, until, strict)
    query = QueryBundle(text)
    nodes = retriever.retrieve(query)
    steps: list[BaseNodePostprocessor] = [
        RecencyPostprocessor(now=min(until, as_of) if until else as_of),
        NearDuplicatePostprocessor(),
        DiversityPostprocessor(top_n=top_n),
    ]
    if not symbols:  # an article that is linked to the asked symbol is about it
        steps.insert(0, RelevancePostprocessor())
    for step in steps:
        nodes = step.postprocess_nodes(nodes, query)
    return nodes
