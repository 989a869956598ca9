"""Exact prices by symbol and period: rows of the ledger, with derived figures computed by code."""

from datetime import datetime

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.market import Finding
from assistant.market.load import FIGURE_KINDS, find
from assistant.understand import Vocabulary, understand
from ingest.ledger import Ledger


class QuoteRetriever(BaseRetriever):
    """Answers the figure parts of a question from the ledger alone, as known at `as_of`."""

    def __init__(self, ledger: Ledger, vocabulary: Vocabulary, as_of: datetime, strict: bool = False) -> None:
        super().__init__()
        self._ledger, self._vocabulary, self._as_of, self._strict = ledger, vocabulary, as_of, strict

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """For a caller's own LlamaIndex code: each finding as a node whose text is its sentences."""
        understood = understand(query_bundle.query_str, self._vocabulary, self._as_of.date())
        nodes: list[NodeWithScore] = []
        for part in (p for p in understood.parts if p.kind in FIGURE_KINDS):
            for finding in find(self._ledger, part, self._as_of, len(nodes) + 1, self._strict)[0]:
                if finding.statements:
                    nodes.append(NodeWithScore(node=_node(finding, len(nodes) + 1), score=1.0))
        return nodes


def _node(finding: Finding, n: int) -> TextNode:
    evidence = finding.evidence(n)
    metadata = {
        "kind": "quote",
        "symbols": list(evidence.symbols),
        "source": evidence.source,
        "url": evidence.url,
        "published": evidence.published.isoformat() if evidence.published else None,
    }
    return TextNode(text=" ".join(s.text for s in finding.statements), metadata=metadata)
