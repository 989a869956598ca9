"""Texts embedded a second, against what LlamaIndex does by default: `python -m tests.bench.bench_embedding [TERMS]`.

The same all-MiniLM-L6-v2 as `HuggingFaceEmbedding` with its defaults (sentence-transformers, float32, ten texts a
step), in turn with ours. The texts are the repository's own explanations of finance terms, from a line to a paragraph,
as a feed's are; the questions that go with them say whether the same texts are found.
"""

import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-untyped, unused-ignore]

from ingest.config import Config
from ingest.index import load_embedding
from ingest.index.embedding import bundled_path
from tests.bench.results import Row, finish

KNOWLEDGE = Path(__file__).parents[2] / "adapters" / "knowledge"
TERMS, REPEATS, NEAREST = 300, 3, 10
Vectors = np.ndarray[Any, np.dtype[np.float32]]


def main(terms: int = TERMS) -> int:
    return finish("embedding", measured(terms))


def measured(terms: int) -> Iterator[Row]:
    texts, questions = _corpus(terms)
    ours, default = load_embedding(Config(home=Path())), HuggingFaceEmbedding(model_name=str(bundled_path()))
    taken: dict[str, list[float]] = {"ours": [], "default": []}
    vectors: dict[str, Vectors] = {}
    for model in (ours, default):
        model.get_text_embedding_batch(texts[:64])  # what only the first use costs
    for _ in range(REPEATS):
        for name, model in (("ours", ours), ("default", default)):
            begun = perf_counter()
            vectors[name] = np.array(model.get_text_embedding_batch(texts), np.float32)
            taken[name].append(perf_counter() - begun)
    fast, slow = (len(texts) / statistics.median(taken[name]) for name in ("ours", "default"))
    found = {name: _nearest(vectors[name], model, questions) for name, model in (("ours", ours), ("default", default))}
    yield Row("texts embedded a second", fast, "texts")
    yield Row("texts embedded a second, HuggingFaceEmbedding as it is", slow, "texts")
    yield Row("embedding, ours to HuggingFaceEmbedding's", fast / slow, "times", at_least=3)
    right = {name: _recall(found[name], questions) for name in found}
    yield Row("recall@10 of the text asked for, HuggingFaceEmbedding", right["default"], "")
    yield Row("recall@10 of the text asked for, ours", right["ours"], "", at_least=right["default"] - 0.01)
    shared = [len(set(a) & set(b)) / NEAREST for a, b in zip(*found.values(), strict=True)]
    yield Row("the ten nearest that are the same", statistics.mean(shared), "")


def _corpus(terms: int) -> tuple[list[str], dict[str, int]]:
    """Texts, and questions with the place of the text that answers each."""
    lines = [line for file in sorted(KNOWLEDGE.glob("*.jsonl")) for line in file.read_text().splitlines()]
    step = max(1, len(lines) // terms)
    texts: list[str] = []
    questions: dict[str, int] = {}
    for told in map(json.loads, lines[::step]):
        questions |= dict.fromkeys(told["asks"][:2], len(texts))
        texts += [f"{told['definition']} {told['explanation']}", told["definition"]]
    return texts, questions


def _nearest(vectors: Vectors, model: BaseEmbedding, questions: dict[str, int]) -> list[list[int]]:
    """For each question the places of the nearest texts that explain (every second only defines)."""
    asked = np.array([model.get_query_embedding(q) for q in questions], np.float32)
    likeness = asked @ vectors[::2].T
    return [[2 * int(place) for place in row[:NEAREST]] for row in np.argsort(-likeness)]


def _recall(found: list[list[int]], questions: dict[str, int]) -> float:
    return statistics.mean(place in row for place, row in zip(questions.values(), found, strict=True))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
