"""The bundled all-MiniLM-L6-v2 by transformers alone.

sentence-transformers computes the same vectors and loads scikit-learn, scipy and trainers first: a third of a cold
answer.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.utils import infer_torch_device
from transformers import AutoModel, AutoTokenizer

from ingest.index.spread import Spread

_LONGEST = 256  # tokens, as the model was trained; what comes after is not read


class Encoder:
    """Texts to vectors: the mean of a text's last states, normalised."""

    def __init__(self, folder: Path, dtype: torch.dtype, device: str) -> None:
        self._device = device
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(folder, dtype=dtype, use_safetensors=True, local_files_only=True)
        self._model.to(device).eval()

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text are read."""
        return [sum(mask) for mask in self._tokens(texts)["attention_mask"]]

    def encode(self, texts: list[str]) -> list[list[float]]:
        given = self._tokens(texts).convert_to_tensors("pt").to(self._device)
        with torch.inference_mode():
            states = self._model(**given).last_hidden_state.float()
            weights = given["attention_mask"].unsqueeze(-1)
            means = (states * weights).sum(1) / weights.sum(1)
            vectors: list[list[float]] = torch.nn.functional.normalize(means).tolist()
        return vectors

    def _tokens(self, texts: Sequence[str]) -> Any:
        """Always with the same settings: to change those of a tokenizer that another thread uses is an error."""
        return self._tokenizer([t.strip() for t in texts], padding=True, truncation=True, max_length=_LONGEST)


class BundledEmbedding(BaseEmbedding):
    """A LlamaIndex embedding over `Encoder`; many texts are spread over the cores, questions of several threads are
    embedded one after the other."""

    _encoder: Encoder = PrivateAttr()
    _asking: Any = PrivateAttr(default_factory=Lock)
    _spread: Spread[Encoder] = PrivateAttr()

    def __init__(self, folder: Path, dtype: torch.dtype, **options: Any) -> None:
        super().__init__(**options)
        device = infer_torch_device()
        self._encoder = Encoder(folder, dtype, device)
        self._spread = Spread(self._encoder, Encoder.encode, self._encoder.lengths, device)

    @classmethod
    def class_name(cls) -> str:
        return "BundledEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        with self._asking:  # a tokenizer serves one thread
            return self._encoder.encode([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._encoder.encode([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._spread.vectors(texts)
