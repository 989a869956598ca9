"""The assistant as a LlamaIndex query engine, for use inside a caller's own LlamaIndex code."""

from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.answering import Answerer
from assistant.types import Evidence


class FinanceQueryEngine(BaseQueryEngine):
    """`query(text)` gives the checked text; `metadata` is the whole answer as `bell ask --json` prints it, and
    `source_nodes` are the items it cites, in the order of their numbers."""

    def __init__(self, answerer: Answerer) -> None:
        super().__init__(callback_manager=None)
        self._answerer = answerer

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self._answerer.ask(query_bundle.query_str).answer
        return Response(
            response=answer.text,
            source_nodes=[_source_node(e) for e in answer.evidence[: len(answer.citations)]],
            metadata=answer.to_dict(),
        )

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return self._query(query_bundle)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def _source_node(evidence: Evidence) -> NodeWithScore:
    metadata = {"kind": evidence.kind, "source": evidence.source, "url": evidence.url, "title": evidence.title}
    return NodeWithScore(node=TextNode(text=evidence.text, metadata=metadata), score=evidence.score)
