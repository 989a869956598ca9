"""News by meaning and by words, fused by reciprocal rank, filtered by symbol and time inside the store."""

from collections.abc import Sequence
from datetime import datetime

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)

from ingest.ledger import Ledger
from ingest.types import Article

RRF_K = 60  # Cormack, Clarke, Büttcher 2009
MIN_SIMILARITY = 0.25  # cosine below which all-MiniLM-L6-v2 finds no relation; the full text may still find one


class NewsRetriever(BaseRetriever):
    """Nodes of articles known at `as_of`, in the words of then, best first. `similarity` in the metadata is the cosine,
    None for a find by words alone. The ledger has the last word: what it does not know as of then is dropped."""

    def __init__(
        self,
        store: BasePydanticVectorStore,
        embedding: BaseEmbedding,
        ledger: Ledger,
        as_of: datetime,
        symbols: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        strict: bool = False,
        top_k: int = 24,
    ) -> None:
        super().__init__()
        self._store, self._embedding, self._ledger = store, embedding, ledger
        kinds = ("news", "former") if ledger.news.edited_since(as_of) else ("news",)
        self._as_of, self._strict, self._top_k = as_of, strict, top_k * len(kinds)
        self._filters = news_filters(as_of, symbols, since, until, kinds)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        text = query_bundle.query_str
        dense = VectorStoreQuery(
            query_embedding=self._embedding.get_query_embedding(text),
            similarity_top_k=self._top_k,
            mode=VectorStoreQueryMode.DEFAULT,
            filters=self._filters,
        )
        words = VectorStoreQuery(
            query_str=text, similarity_top_k=self._top_k, mode=VectorStoreQueryMode.TEXT_SEARCH, filters=self._filters
        )
        near, worded = self._store.query(dense), self._store.query(words)
        cosines = dict(zip(near.ids or [], near.similarities or [], strict=False))
        close = [i for i in near.ids or [] if cosines[i] >= MIN_SIMILARITY]
        scores = reciprocal_rank_fusion([close, list(worded.ids or [])])
        nodes = {n.node_id: n for n in (*(near.nodes or ()), *(worded.nodes or ()))}
        ranked = sorted(scores, key=lambda i: (-scores[i], i))[: self._top_k]
        return self._known([(nodes[i], scores[i], cosines.get(i)) for i in ranked if i in nodes])

    def _known(self, found: Sequence[tuple[BaseNode, float, float | None]]) -> list[NodeWithScore]:
        articles = self._ledger.news.get([_article_id(node) for node, _, _ in found], self._as_of, self._strict)
        out: dict[tuple[str, str], NodeWithScore] = {}
        for node, score, cosine in found:
            article = articles.get(_article_id(node))
            if article and _is_of(node, article):
                node.metadata = article_metadata(article) | {"similarity": cosine}
                out.setdefault((article.id, node.get_content()), NodeWithScore(node=node, score=score))
        return [*out.values()]


def _article_id(node: BaseNode) -> str:
    return str(node.metadata.get("article_id") or node.ref_doc_id)


def _is_of(node: BaseNode, article: Article) -> bool:
    """Whether the ledger's text has the chunk word for word: the index holds no checksums of its own."""
    chunk = node.get_content()
    return chunk in article.text or chunk == article.title


def article_metadata(article: Article) -> dict[str, object]:
    """What the postprocessors and the citations need of an article."""
    return {
        "kind": "news",
        "article_id": article.id,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "symbols": list(article.symbols),
        "published": article.published.isoformat() if article.published else None,
        "first_seen": article.first_seen.isoformat(),
        "fetched": article.fetched.isoformat(),
    }


def news_filters(
    as_of: datetime,
    symbols: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    kinds: Sequence[str] = ("news",),
) -> MetadataFilters:
    """News known at `as_of`, of any of `symbols`, published from `since` to `until`; of the kind `former` what articles
    said before they were edited."""
    at = FilterOperator
    filters = [
        MetadataFilter(key="kind", value=list(kinds), operator=at.IN),
        MetadataFilter(key="known_from", value=int(as_of.timestamp()), operator=at.LTE),
    ]
    if symbols:
        filters.append(MetadataFilter(key="symbols", value=list(symbols), operator=at.ANY))
    if since:
        filters.append(MetadataFilter(key="published", value=int(since.timestamp()), operator=at.GTE))
    if until:
        filters.append(MetadataFilter(key="published", value=int(until.timestamp()), operator=at.LTE))
    return MetadataFilters(filters=list(filters))


def reciprocal_rank_fusion(rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    """id -> sum over the rankings of 1 / (k + rank), rank from 1."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + 1 / (RRF_K + rank)
    return scores
