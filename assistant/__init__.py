"""The read side: cited answers and briefings from the store that `ingest` fills. Importing it loads no model."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.api import Assistant, make_assistant
    from assistant.config import AssistantConfig
    from assistant.types import Answer, Citation, Figure

__all__ = ["Answer", "Assistant", "AssistantConfig", "Citation", "Figure", "make_assistant"]

_HOMES = {"make_assistant": "api", "Assistant": "api", "AssistantConfig": "config"}


def __getattr__(name: str) -> Any:  # imports on first use, so that `import assistant` costs nothing
    if name not in __all__:
        raise AttributeError(f"module 'assistant' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"assistant.{_HOMES.get(name, 'types')}"), name)
