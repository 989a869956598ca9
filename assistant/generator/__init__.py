"""The language model behind the answers: a local one (base and LoRA adapter) or an OpenAI-compatible server.

Either is a LlamaIndex `LLM` with `with_adapter` and `model_info`. Importing this package loads nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest.config import Config

if TYPE_CHECKING:
    from assistant.generator.local import LocalModel
    from assistant.generator.remote import RemoteModel

__all__ = ["load_generator"]


def load_generator(config: Config, progress: Callable[[str], None] | None = None) -> LocalModel | RemoteModel:
    """The server of `generator_url` where one is set, else the local model. Raises `ModelError`, `ConfigError`.

    `progress` receives one line when something slow is about to happen (the first conversion of the bundled model).
    """
    if config.generator_url:
        from assistant.generator.remote import load_remote

        return load_remote(config)
    from assistant.generator.local import load_local

    return load_local(config, progress)
