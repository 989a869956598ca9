"""Any embedding model by id or path: `HuggingFaceEmbedding`, with many texts spread over the cores."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-untyped]

from ingest.index.spread import TEXTS, Spread


class SpreadEmbedding(HuggingFaceEmbedding):  # type: ignore[misc]
    """`HuggingFaceEmbedding` in all other respects; questions of several threads are embedded one after the other."""

    _spread: Spread[Any] | None = PrivateAttr(default=None)
    _asking: Any = PrivateAttr(default_factory=Lock)

    def _get_query_embedding(self, query: str) -> list[float]:
        with self._asking:
            return super()._get_query_embedding(query)  # type: ignore[no-any-return]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        self._spread = self._spread or Spread(self._model, self._encode, _lengths, self._device)
        return self._spread.vectors(texts)

    def _encode(self, model: Any, texts: list[str]) -> list[list[float]]:
        vectors = model.encode(
            texts,
            prompt_name="text",
            batch_size=TEXTS,
            normalize_embeddings=self.normalize,
            show_progress_bar=False,
        )
        return vectors.tolist()  # type: ignore[no-any-return]


def _lengths(texts: Sequence[str]) -> list[int]:
    """About how many tokens each has: what a model's tokenizer makes of it is not asked, for it may be slow."""
    return [len(text) // 4 for text in texts]
