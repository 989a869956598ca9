"""Whether a new index finds what it holds, judged before it takes the old one's place.

A model that hardly tells texts apart, or vectors that were lost or mixed up on the way, would else show in the answers.
"""

from math import ceil
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ingest.ledger.news import News
from ingest.types import Article

if TYPE_CHECKING:
    from llama_index.core.embeddings import BaseEmbedding

    from ingest.index.contract import NodeStore

ASKED, LEAD = 50, 200  # articles looked for, each by its title and so many characters of its text
FIRST, ENOUGH = 10, 0.9  # the share of them that must be among the first nodes found


def check_recall(news: News, index: "NodeStore", embedding: "BaseEmbedding") -> None:
    """Looks for stored articles, always the same ones, with the query that a question about them would be.

    Raises `StoreError` with the figures where too few are found; what was built is cleared, to be built anew.
    """
    asked = next(news.pages(ASKED), [])  # their ids are digests: the first are as good as drawn by lot
    found = sum(_finds(index, embedding, article) for article in asked)
    needed = ceil(ENOUGH * len(asked))
    if found < needed:
        index.clear()
        raise StoreError(
            f"the new index is not put in use: of {len(asked)} stored articles it finds {found} by their own title and "
            f"first words, and at least {needed} are needed",
            "the one in use stays; set embed_model to another model or back to the one before",
        )


def _finds(index: "NodeStore", embedding: "BaseEmbedding", article: Article) -> bool:
    """Whether it is among the first, or one of the same title in its place: outlets print each other's."""
    from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters, VectorStoreQuery

    query = VectorStoreQuery(
        query_embedding=embedding.get_query_embedding(f"{article.title}\n\n{article.text[:LEAD]}"),
        similarity_top_k=FIRST,
        filters=MetadataFilters(filters=[MetadataFilter(key="kind", value="news")]),
    )
    return article.title in {node.metadata["title"] for node in index.query(query).nodes or ()}
