"""Many texts spread over the cores, one batch a core.

Threads that share one batch wait for each other at every layer, spinning: on a machine that has other work to do that
is three times slower than a single thread. With a batch each they never wait.
"""

import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from queue import SimpleQueue
from typing import Generic, TypeVar

import torch

TEXTS, TOKENS = 64, 1024  # a step: of 64 texts, and of 1,024 and 2,048 tokens with padding the fastest
MOST = 4  # copies of the model

M = TypeVar("M")


class Spread(Generic[M]):
    """A model on every core: `encode` gives the vectors of a batch, `lengths` about how many tokens each text has. A
    tokenizer serves one thread, so each core has a copy of its own."""

    def __init__(
        self,
        model: M,
        encode: Callable[[M, list[str]], list[list[float]]],
        lengths: Callable[[Sequence[str]], list[int]],
        device: str,
    ) -> None:
        self._models, self._encode, self._lengths, self._device = [model], encode, lengths, device

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        batches = batched(self._lengths(texts), TOKENS if self._device == "cpu" else sys.maxsize)
        cores = min(torch.get_num_threads(), MOST, len(batches)) if self._device == "cpu" else 1
        free = self._free(cores)

        def encoded(batch: list[int]) -> list[list[float]]:
            model = free.get()
            try:
                return self._encode(model, [texts[i] for i in batch])
            finally:
                free.put(model)

        with _one_thread_each(cores) as pool:
            found = dict(zip(chain(*batches), chain.from_iterable(pool.map(encoded, batches)), strict=True))
        return [found[i] for i in range(len(texts))]

    def _free(self, count: int) -> "SimpleQueue[M]":
        while len(self._models) < count:
            self._models.append(copy.deepcopy(self._models[0]))
        free: SimpleQueue[M] = SimpleQueue()
        for model in self._models[:count]:
            free.put(model)
        return free


def batched(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """The places of texts in batches: those of like length together, so that little is computed for padding, and each
    batch at most `tokens` with it (a longer text has one of its own)."""
    batches: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):  # the last of a batch is its longest
        if not batches or len(batches[-1]) == TEXTS or lengths[place] * (len(batches[-1]) + 1) > tokens:
            batches.append([])
        batches[-1].append(place)
    return batches


@contextmanager
def _one_thread_each(cores: int) -> Iterator[ThreadPoolExecutor]:
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)  # else threads that others start later would begin with one
