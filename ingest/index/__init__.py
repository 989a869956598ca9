"""The vector store and the embedding model that makes it, rebuildable from the ledger at any time.

Importing this costs nothing: LlamaIndex and the engine, LanceDB or pgvector, come with the first use of `open_index`,
torch with the model. The store lies where the ledger does: here alone it is chosen.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ingest.config import Config
from ingest.index.embedding import embedding_name, load_embedding
from ingest.index.generations import TABLE, current, folder

if TYPE_CHECKING:
    from ingest.index.contract import NodeStore

__all__ = ["build_beside", "embedding_name", "has_index", "load_embedding", "open_index"]


def has_index(config: Config) -> bool:
    """Whether there is an index, without opening it."""
    if config.in_postgres:
        from ingest.ledger.postgres import has_table

        return has_table(config, TABLE)
    return folder(config, current(config)).exists()


def open_index(config: Config, embed_name: str, dimension: int | None = None, create: bool = False) -> "NodeStore":
    """The index of the store, as made by the embedding model `embed_name`; a rebuilt one is followed as soon as it is
    in use, and refused if another model made it.

    `create` (the write side; needs `dimension`) makes it where there is none. Raises `StoreMissing`, `StoreVersion`
    or `EmbeddingMismatch`: vectors of two models cannot be compared, so they are never mixed.
    """
    opened: NodeStore = _engine(config).open_index(config, embed_name, dimension, create)
    return opened


def build_beside(config: Config, embed_name: str, dimension: int) -> "tuple[NodeStore, Callable[[], None]]":
    """An index beside the one in use, which that does not notice, and how to put it in its place.

    Begins where an earlier call for the same model was cut short; what one for another model left is dropped.
    """
    built: tuple[NodeStore, Callable[[], None]] = _engine(config).build_beside(config, embed_name, dimension)
    return built


def _engine(config: Config) -> Any:
    if config.in_postgres:
        from ingest.index import postgres

        return postgres
    from ingest.index.late import leave_for_later

    leave_for_later("lance_namespace_urllib3_client")  # LanceDB's client of servers: half the time of its import
    from ingest.index import store

    return store
