"""What several prompts begin with, read once: a system message, and an item that is read again by itself.

Each part is always computed by itself, also for the first prompt: what is multiplied in other blocks is rounded
otherwise, and the same question has to get the same bytes from a cold and from a warm model.
"""

from collections import OrderedDict
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_FEWEST = 32  # tokens that are worth a reading of their own
_KEPT = 4  # beginnings: the system message and the last first item, for a model with and without its adapter

_Key = tuple[int, tuple[int, ...]]


class Prefixes:
    """The states of the beginnings of prompts, the last that were used. For one thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, DynamicCache | None] = OrderedDict()

    def states(self, model: Any, prompt: torch.Tensor, ends: Iterable[int]) -> DynamicCache | None:
        """A copy of what `model` makes of `prompt` ([1, tokens]) up to the last of `ends`, in parts that end there.

        None where no part is worth it, and where the model keeps its states in another way than one key and one value
        for every token.
        """
        read, found = 0, None
        for end in sorted(ends):
            if end - read < _FEWEST or end >= prompt.shape[1]:
                continue
            key = (id(model), tuple(prompt[0, :end].tolist()))
            if key not in self._known:
                self._known[key] = _read(model, prompt[:, read:end], found)
            self._known.move_to_end(key)
            read, found = end, self._known[key]
            if found is None:
                return None
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return deepcopy(found)


def _read(model: Any, tokens: torch.Tensor, before: DynamicCache | None) -> DynamicCache | None:
    if model.generation_config.cache_implementation:  # one that `generate` makes itself
        return None
    with torch.no_grad():
        states = model.base_model(input_ids=tokens, past_key_values=deepcopy(before), use_cache=True).past_key_values
    plain = isinstance(states, DynamicCache) and all(type(layer) is DynamicLayer for layer in states.layers)
    return states if plain else None
