"""What many prompts begin with, read once: the keys and values of a system message, for all prompts that open with it.

They are always computed by themselves, also for the first prompt: what is multiplied in other blocks is rounded
otherwise, and the same question has to get the same bytes from a cold and from a warm model.
"""

from copy import deepcopy
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_FEWEST = 32  # tokens that are worth a reading of their own


class Prefixes:
    """The states of one opening, by model. For one thread."""

    def __init__(self) -> None:
        self._known: dict[int, DynamicCache | None] = {}

    def states(self, model: Any, prompt: torch.Tensor, opening: torch.Tensor) -> DynamicCache | None:
        """A copy of what `model` makes of `opening` ([1, tokens], always the same), to go on from with `prompt`.

        None where `prompt` does not begin so, where the opening is short, and where the model keeps its states in
        another way than one key and one value for every token.
        """
        size = opening.shape[1]
        if not _FEWEST <= size < prompt.shape[1] or not torch.equal(prompt[:, :size], opening):
            return None
        if id(model) not in self._known:
            self._known[id(model)] = _read(model, opening)
        return deepcopy(self._known[id(model)])


def _read(model: Any, opening: torch.Tensor) -> DynamicCache | None:
    if model.generation_config.cache_implementation:  # one that `generate` makes itself
        return None
    with torch.no_grad():
        states = model.base_model(input_ids=opening, use_cache=True).past_key_values
    plain = isinstance(states, DynamicCache) and all(type(layer) is DynamicLayer for layer in states.layers)
    return states if plain else None
