"""Many texts spread over the cores, one batch a core.

Threads that share one batch wait for each other at every layer, spinning: on a machine that has other work to do that
is three times slower than a single thread. With a batch each they never wait.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from queue import SimpleQueue
from typing import Generic, TypeVar

import torch

BATCH = 64  # texts a step: the fastest of 10 to 256
MOST = 4  # copies of the model

M = TypeVar("M")


class Spread(Generic[M]):
    """A model on every core: `encode` gives the vectors of a batch. A tokenizer serves one thread, so each core has a
    copy of its own."""

    def __init__(self, model: M, encode: Callable[[M, list[str]], list[list[float]]], device: str) -> None:
        self._models, self._encode, self._device = [model], encode, device

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        # Texts of like length share a batch, so that little is computed for padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        cores = min(torch.get_num_threads(), MOST, len(batches)) if self._device == "cpu" else 1
        free = self._free(cores)

        def encoded(batch: list[int]) -> list[list[float]]:
            model = free.get()
            try:
                return self._encode(model, [texts[i] for i in batch])
            finally:
                free.put(model)

        with _one_thread_each(cores) as pool:
            found = dict(zip(order, chain.from_iterable(pool.map(encoded, batches)), strict=True))
        return [found[i] for i in range(len(texts))]

    def _free(self, count: int) -> "SimpleQueue[M]":
        while len(self._models) < count:
            self._models.append(copy.deepcopy(self._models[0]))
        free: SimpleQueue[M] = SimpleQueue()
        for model in self._models[:count]:
            free.put(model)
        return free


@contextmanager
def _one_thread_each(cores: int) -> Iterator[ThreadPoolExecutor]:
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)  # else threads that others start later would begin with one
