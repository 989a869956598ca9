"""The local model asked in batches: the only file of the evaluation that knows torch."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from llama_index.core.base.llms.types import ChatMessage
from transformers import LogitsProcessorList

from assistant.generator.adapter import digest, find_adapter
from assistant.generator.base_model import find_base, load_tokenizer
from assistant.generator.local import Weights, best_dtype
from assistant.generator.reluctance import Reluctance
from evaluation.outputs import BatchModel
from evaluation.sources import sources
from ingest.config import Config
from ingest.errors import ConfigError

MAX_NEW_TOKENS = 96  # an answer in house form has about 40
_digest = cache(digest)
_served = cache(lambda: sources("assistant/generator", "adapters/evaluation/batches.py"))


class LocalBatches:
    """`assistant.generator.local`'s weights, decoded greedily as the product does."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._tokenizer: Any = load_tokenizer(weights.base)
        self._tokenizer.padding_side = "left"

    @property
    def model_info(self) -> dict[str, Any]:
        adapter = self._weights.adapter
        return {"base": self._weights.base.name, "adapter": adapter.name if adapter else None}

    def identity(self, adapted: bool) -> str:
        base, adapter = self._weights.base, self._weights.adapter
        weights = _digest(adapter) if adapted and adapter else ""
        return f"{base.source} {weights} {_served()} {arithmetic()}"

    def render(self, messages: Sequence[ChatMessage]) -> str:
        return self._weights.render(messages)

    def generate(self, prompts: Sequence[str], adapted: bool) -> list[tuple[str, int]]:
        model: Any = self._weights.model(adapted)
        given = self._tokenizer(list(prompts), return_tensors="pt", padding=True, add_special_tokens=False)
        told = model.generation_config.eos_token_id
        ends = {*(told if isinstance(told, list) else [told]), self._tokenizer.eos_token_id} - {None}
        with torch.inference_mode():
            made = model.generate(
                **given,
                max_new_tokens=MAX_NEW_TOKENS,
                do_sample=False,
                logits_processor=LogitsProcessorList(
                    [Reluctance(self._tokenizer, prompts, given["input_ids"].shape[1])]
                ),
                eos_token_id=sorted(ends),
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
            )
        rows = made[:, given["input_ids"].shape[1] :].tolist()
        return [(self._tokenizer.decode(r, skip_special_tokens=True).strip(), _length(r, ends)) for r in rows]


def load_batches(config: Config, tell: Any) -> BatchModel:
    """The configured local model. Raises `ConfigError` where a server is configured, `ModelError`."""
    if config.generator_url:
        raise ConfigError("the evaluation compares adapters of the local model", "unset generator_url for it")
    base = find_base(config, tell)
    return LocalBatches(Weights(base, find_adapter(config, base)))


def arithmetic() -> str:
    """On what the same weights may say something else: the release of torch, and the precision they are served in."""
    return f"torch {torch.__version__}, {str(best_dtype()).removeprefix('torch.')}"


def _length(row: list[int], ends: set[int]) -> int:
    return next((i for i, token in enumerate(row) if token in ends), len(row))
