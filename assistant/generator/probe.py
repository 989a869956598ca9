"""Whether two engines answer alike: a hundred questions about the bundled, invented market."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from threading import Event
from typing import TYPE_CHECKING

import torch
from transformers.generation.streamers import BaseStreamer

from assistant.generator.engine import Engine, TorchEngine
from assistant.prompts import reading_prompt
from assistant.sample.data import Story, market, stories
from assistant.types import Evidence

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

    from assistant.generator.local import Weights

ALIKE = 0.98  # of the prompts, at least
TOKENS = 8  # of each answer are compared: a mark or two, or a refusal
_SHOWN = 4  # stories a prompt
_ASKED = (
    "What did {} announce?",
    "Why did the shares of {} move?",
    "Why did the shares of {} fall?",
    "How much did {} earn?",
    "What does {} expect for the year?",
    "When will {} report?",
    "Who leads {}?",
    "How many people work at {}?",
    "What will the dividend of {} be?",
    "What happened at {}?",
    "What did analysts say about {}?",
    "How much did the shares of {} gain?",
    "Where does {} build its plant?",
)


def prompts() -> "Iterator[list[ChatMessage]]":
    """Questions with an answer and without one, each with stories of the company and others."""
    names = [i["name"].partition(" (")[0] for i in market()["instrument"]]
    for n, (asked, name) in enumerate(product(_ASKED, names)):
        own = [s for s in stories() if name in s.title + s.text]
        others = [s for s in stories() if s not in own]
        told = (own[n % len(own) :] + own)[: _SHOWN // 2] if own else []
        told += others[n % len(others) :][: _SHOWN - len(told)]
        yield reading_prompt(asked.format(name), _numbered(told), max(s.published for s in told) + timedelta(hours=3))


def agreement(weights: "Weights", adapted: bool, other: Engine) -> float:
    """The share of the prompts to which `other` replies as the weights' own model does."""
    usual = TorchEngine(weights.model(adapted), weights.tokenizer)
    asked = [weights.encode(weights.render(prompt)) for prompt in prompts()]
    return sum(_reply(usual, ids) == _reply(other, ids) for ids in asked) / len(asked)


def _reply(engine: Engine, ids: torch.Tensor) -> list[int]:
    said = _Collected()
    engine.generate(ids, TOKENS, said, Event())
    return said.tokens[ids.shape[1] :]


class _Collected(BaseStreamer):  # type: ignore[misc]
    def __init__(self) -> None:
        self.tokens: list[int] = []

    def put(self, value: torch.Tensor) -> None:
        self.tokens += value.flatten().tolist()

    def end(self) -> None:
        pass


def _numbered(told: list[Story]) -> list[Evidence]:
    return [
        Evidence(n, "news", s.title, " ".join(s.text.split()), "", s.feed, s.published, s.published)
        for n, s in enumerate(told, 1)
    ]
