"""Conversations as rows of tokens, and the rows of one step."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from data import Conversation


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in tokens; `said` marks those that the model is to write: the loss counts there."""

    ids: list[int]
    said: list[bool]


def encode(tokenizer: PreTrainedTokenizerBase, conversation: Conversation) -> Row:
    """The chat template as the assistant renders it; each answer with the end of its turn."""
    messages = [{"role": m.role.value, "content": m.content or ""} for m in conversation.messages]
    ids: list[int] = []
    said: list[bool] = []
    rendered = ""
    for at, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        prompt = str(tokenizer.apply_chat_template(messages[:at], tokenize=False, add_generation_prompt=True))
        answer = message["content"] + str(tokenizer.eos_token)
        for text, counts in ((prompt[len(rendered) :], False), (answer, True)):
            tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
            ids += tokens
            said += [counts] * len(tokens)
        rendered = prompt + answer
    return Row(ids, said)


def batched(rows: Sequence[Row], tokens: int, rng: random.Random) -> list[list[Row]]:
    """Rows of like length together, at most `tokens` with padding, in random order."""
    batches: list[list[Row]] = []
    current: list[Row] = []
    for row in sorted(rows, key=lambda r: len(r.ids) + rng.random() * 60):
        longest = max(len(r.ids) for r in (*current, row))
        if current and longest * (len(current) + 1) > tokens:
            batches.append(current)
            current = []
        current.append(row)
    if current:
        batches.append(current)
    rng.shuffle(batches)
    return batches
