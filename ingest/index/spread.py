"""A Hugging Face embedding that spreads many texts over the cores, one batch a core.

Threads that share one batch wait for each other at every layer, spinning: on a machine that has other work to do that
is three times slower than a single thread. With a batch each they never wait.
"""

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from queue import SimpleQueue
from threading import Lock
from typing import Any

import torch
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-untyped]

BATCH = 64  # texts a step: the fastest of 10 to 256
MOST = 4  # copies of the model


class SpreadEmbedding(HuggingFaceEmbedding):  # type: ignore[misc]
    """`HuggingFaceEmbedding` in all other respects. A tokenizer serves one thread, so each core has its own model, and
    questions of several threads are embedded one after the other."""

    _copies: list[Any] = PrivateAttr(default_factory=list)
    _asking: Any = PrivateAttr(default_factory=Lock)

    def _get_query_embedding(self, query: str) -> list[float]:
        with self._asking:
            return super()._get_query_embedding(query)  # type: ignore[no-any-return]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        # Texts of like length share a batch, so that little is computed for padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        cores = min(torch.get_num_threads(), MOST, len(batches)) if self._device == "cpu" else 1
        free = self._models(cores)
        with _one_thread_each(cores) as pool:
            vectors = chain.from_iterable(pool.map(lambda b: self._encode(free, [texts[i] for i in b]), batches))
            found = dict(zip(order, vectors, strict=True))
        return [found[i] for i in range(len(texts))]

    def _models(self, count: int) -> "SimpleQueue[Any]":
        while len(self._copies) < count - 1:
            self._copies.append(copy.deepcopy(self._model))
        free: SimpleQueue[Any] = SimpleQueue()
        for model in [self._model, *self._copies][:count]:
            free.put(model)
        return free

    def _encode(self, free: "SimpleQueue[Any]", texts: list[str]) -> list[list[float]]:
        model = free.get()
        try:
            vectors = model.encode(
                texts,
                prompt_name="text",
                batch_size=BATCH,
                normalize_embeddings=self.normalize,
                show_progress_bar=False,
            )
            return vectors.tolist()  # type: ignore[no-any-return]
        finally:
            free.put(model)


@contextmanager
def _one_thread_each(cores: int) -> Iterator[ThreadPoolExecutor]:
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)  # else threads that others start later would begin with one
