"""Nodes as rows of the index and back. Pure.

The columns that filters use are read from the metadata of `ingest.nodes`; a node of someone else's need not have them.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from llama_index.core.schema import BaseNode, MetadataMode, TextNode

from ingest.index.filters import epoch


def to_row(node: BaseNode) -> dict[str, Any]:
    """`ValueError` where the node has no vector."""
    data = node.metadata
    known = data.get("known_from")
    published = data.get("published") or data.get("first_seen") or known
    return {
        "id": node.node_id,
        "doc_id": document(node),
        "chunk": data.get("chunk", 0),
        "text": node.get_content(MetadataMode.EMBED),
        "symbols": data.get("symbols", []),
        "published": None if published is None else epoch(published),
        "known_from": None if known is None else epoch(known),
        "source": data.get("source", ""),
        "kind": data.get("kind", ""),
        "content_hash": node.hash,
        "node_json": node.model_dump_json(exclude={"embedding"}),
        "vector": node.get_embedding(),
    }


def to_node(row: dict[str, Any]) -> BaseNode:
    return TextNode.model_validate_json(row["node_json"])


def document(node: BaseNode) -> str:
    """The id of the document that the node is a chunk of; its own where it is all of it."""
    return node.ref_doc_id or node.node_id


def last_chunks(nodes: Sequence[BaseNode]) -> dict[int, list[str]]:
    """chunk -> the documents of which it is the last in `nodes`: what lies behind is left over. A document whose nodes
    count no chunks is not in it.

    Counting, instead of naming all that are not in `nodes`, spares the chunks of a document that comes in two calls.
    """
    last: dict[str, int] = {}
    for node in nodes:
        if "chunk" in node.metadata:
            last[document(node)] = max(node.metadata["chunk"], last.get(document(node), 0))
    documents = defaultdict(list)
    for name, chunk in last.items():
        documents[chunk].append(name)
    return dict(documents)
