"""What a vector store here does beyond LlamaIndex's `BasePydanticVectorStore`, whatever engine lies below it."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from llama_index.core.schema import BaseNode, TextNode
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQuery

from ingest.errors import ConfigError, EmbeddingMismatch, StoreVersion
from ingest.index.rows import document

SCHEMA = 1  # of the table of nodes: another number is refused
RESULT = ("id", "node_json")  # the columns that give a node back


class NodeStore(BasePydanticVectorStore):
    """Nodes with their vectors, full text and the columns that filters use (see `filters`), replaced by their ids.

    A query is dense (cosine, `DEFAULT`) or full text (`TEXT_SEARCH`). Wherever a filter leaves few nodes it is exact,
    because an index by approximation silently loses matches there. Made by `ingest.index.open_index`.
    """

    def __init__(self) -> None:
        super().__init__(stores_text=True)

    @abstractmethod
    def get_nodes(self, node_ids: list[str] | None = None, filters: Any = None) -> list[BaseNode]:
        """The nodes of these ids that pass `filters`, in the order of `node_ids` where given."""

    @abstractmethod
    def delete_documents(self, documents: Iterable[str]) -> None: ...

    @abstractmethod
    def documents(self) -> dict[str, str]:
        """The id of every document it holds, and of which kind that is."""

    @abstractmethod
    def count(self) -> int:
        """How many nodes there are."""

    @property
    @abstractmethod
    def maker(self) -> dict[str, Any]:
        """As `made_by` tells it."""

    @abstractmethod
    def rows(self) -> Iterator[list[dict[str, Any]]]:
        """All that it holds, some rows at a time, as `rows.to_row` makes them."""

    @abstractmethod
    def one_commit(self) -> AbstractContextManager[None]:
        """What is added inside, and what the ledger is told of it, is stored together where both are one database."""

    @abstractmethod
    def _hashes(self, documents: Sequence[str]) -> Iterable[tuple[str, str, str]]:
        """(document, node, content hash) of all nodes of these documents."""

    def changed(self, nodes: Sequence[TextNode]) -> list[TextNode]:
        """Those of `nodes`, all chunks of their documents, whose document the store does not hold in this very form."""
        wanted: dict[str, dict[str, str]] = defaultdict(dict)
        stored: dict[str, dict[str, str]] = defaultdict(dict)
        for node in nodes:
            wanted[document(node)][node.node_id] = node.hash
        for of, name, content_hash in self._hashes(list(wanted)):
            stored[of][name] = content_hash
        return [n for n in nodes if stored.get(document(n)) != wanted[document(n)]]


def in_order(nodes: Mapping[str, BaseNode], node_ids: Sequence[str] | None) -> list[BaseNode]:
    return [nodes[i] for i in dict.fromkeys(node_ids) if i in nodes] if node_ids is not None else [*nodes.values()]


def no_answer(query: VectorStoreQuery) -> ConfigError:
    return ConfigError(
        f"the index has no answer to a query of mode `{query.mode.value}` in this form",
        "use `default` with query_embedding or `text_search` with query_str",
    )


def made_by(embed_name: str, dimension: int | None) -> dict[str, Any]:
    """What is stored with a table and compared whenever it is opened."""
    return {"embedding": embed_name, "dimension": dimension, "schema": SCHEMA}


def check_maker(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raises `StoreVersion` or `EmbeddingMismatch`: vectors of two models cannot be compared, so are never mixed."""
    if stored.get("schema") != wanted["schema"]:
        raise StoreVersion(
            f"the index has schema {stored.get('schema')}, this version reads {wanted['schema']}", "run `bell reindex`"
        )
    dimension = wanted["dimension"] or stored["dimension"]
    if (stored["embedding"], stored["dimension"]) != (wanted["embedding"], dimension):
        known = f" ({wanted['dimension']} dimensions)" if wanted["dimension"] else ""
        raise EmbeddingMismatch(
            f"the index was made with {stored['embedding']} ({stored['dimension']} dimensions), "
            f"the configuration names {wanted['embedding']}{known}",
            "run `bell reindex`, or set embed_model back",
        )
