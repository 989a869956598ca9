"""How sure a model has to be before it answers: a lean towards refusing, the same with every base and adapter.

Refusing opens with a token of its own, so that the first token alone weighs an answer against none. A right answer
counts +1, a wrong one -1 and a false refusal 0: at even odds refusing is the better choice. It leans at each of the two
readings, so it is less than the 1.5 that was best over one (`adapters/README.md`).
"""

import torch
from transformers import LogitsProcessor, PreTrainedTokenizerBase

from assistant.prompts import NOT_SAID

LEAN = 1.0  # added to the logit of the refusal's first token


class Reluctance(LogitsProcessor):
    """Adds `LEAN` where the first token after a prompt of `length` tokens is chosen, and nothing later."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, length: int) -> None:
        self._token: int = tokenizer(NOT_SAID, add_special_tokens=False)["input_ids"][0]
        self._length = length

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if input_ids.shape[1] == self._length:
            scores[:, self._token] += LEAN
        return scores
