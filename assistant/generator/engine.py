"""What computes the tokens, behind one door: greedy, leaning towards refusal on the first, and interruptible."""

from threading import Event
from typing import Any, Protocol

import torch
from transformers import (
    LogitsProcessorList,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.generation.streamers import BaseStreamer

from assistant.generator.reluctance import Reluctance


class Engine(Protocol):
    def generate(self, ids: torch.Tensor, limit: int, streamer: BaseStreamer, stop: Event) -> None:
        """Puts the prompt `ids` [1, n] into `streamer`, then each token as it comes: at most `limit`, up to one that
        ends a turn. `stop` ends it within a token."""


class TorchEngine:
    """transformers' own decoding: what every machine has, and what the other engines are held to."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self._model: Any = model  # `generate` is typed for a class that is not public
        self._tokenizer = tokenizer

    def generate(self, ids: torch.Tensor, limit: int, streamer: BaseStreamer, stop: Event) -> None:
        self._model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=limit,
            do_sample=False,
            eos_token_id=end_tokens(self._model, self._tokenizer),
            pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
            logits_processor=LogitsProcessorList([Reluctance(self._tokenizer, ids.shape[1])]),
            stopping_criteria=StoppingCriteriaList([_Stop(stop)]),
            streamer=streamer,
        )


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """All tokens that end a turn: a model's settings and its tokenizer do not always name the same one."""
    settings: Any = model.generation_config
    told = settings.eos_token_id
    ends = {*(told if isinstance(told, list) else [told]), tokenizer.eos_token_id}
    return sorted(end for end in ends if end is not None)


class _Stop(StoppingCriteria):
    def __init__(self, event: Event) -> None:
        self._event = event

    def __call__(self, input_ids: torch.Tensor, _scores: torch.Tensor, **_kwargs: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._event.is_set())
