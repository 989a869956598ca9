"""The vector store and the embedding model that makes it, rebuildable from the ledger at any time.

Importing this costs nothing: LanceDB and LlamaIndex come with the first use of `open_index`, torch with the model.
"""

from typing import TYPE_CHECKING, Any

from ingest.config import Config
from ingest.index.embedding import embedding_name, load_embedding
from ingest.index.generations import current, folder

if TYPE_CHECKING:
    from ingest.index.store import open_index

__all__ = ["embedding_name", "has_index", "load_embedding", "open_index"]


def has_index(config: Config) -> bool:
    """Whether there is an index under home, without opening it."""
    return folder(config, current(config)).exists()


def __getattr__(name: str) -> Any:
    if name == "open_index":
        from ingest.index.store import open_index

        return open_index
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
