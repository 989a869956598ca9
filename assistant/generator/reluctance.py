"""How sure a model has to be before it answers: a lean towards refusing, the same with every base and adapter.

Refusing opens with a token of its own, so that the first token alone weighs an answer against none. A right answer
counts +1, a wrong one -1 and a false refusal 0: at even odds refusing is the better choice. A reading of several items
only chooses which of them are read once more by themselves: there it does not lean (`adapters/README.md`).
"""

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor, PreTrainedTokenizerBase

from assistant.prompts import NOT_SAID, shows_several

LEAN = 1.0  # added to the logit of the refusal's first token


def lean_of(prompt: str) -> float:
    """How far a model that reads `prompt` leans towards refusing: not where it is still to choose between items."""
    return 0.0 if shows_several(prompt) else LEAN


class Reluctance(LogitsProcessor):
    """Adds the lean of each of `prompts` where the first token after them, at `length` tokens, is chosen; nothing
    later."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[str], length: int) -> None:
        self._token: int = tokenizer(NOT_SAID, add_special_tokens=False)["input_ids"][0]
        self._leans, self._length = torch.tensor([lean_of(p) for p in prompts]), length

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if input_ids.shape[1] == self._length:
            scores[:, self._token] += self._leans.to(scores)
        return scores
