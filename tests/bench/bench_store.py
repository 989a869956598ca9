"""What it costs to add 1,000 articles to the index, by its size: `python -m tests.bench.bench_store`.

Prints one JSON line; ends with 1 if adding to 100,000 rows takes over 20 % longer than to 10,000. Store time alone: the
vectors are synthetic. `median_ms` is one addition to a store of just that size, `sustained_ms` the mean of twenty in
a row with the upkeep (compaction, index updates) that falls due among them.
"""

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
from llama_index.core.schema import TextNode

from ingest.config import Config
from ingest.index.store import LanceStore, open_index
from ingest.nodes import article_nodes
from ingest.types import Article

SIZES = (10_000, 100_000)
ARTICLES, REPEATS, IN_A_ROW = 1_000, 9, 20
BOUND = 1.2
DIMENSION = 384
START = datetime(2025, 1, 1, tzinfo=UTC)
WORDS = np.array([f"word{n}" for n in range(20_000)])


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        homes = [_filled(Path(folder) / str(size), size) for size in SIZES]
        once: dict[Path, list[float]] = {home: [] for home in homes}
        for _ in range(REPEATS):  # in turn, so that whatever else the machine does falls on both
            for home in homes:
                once[home] += _on_a_copy(home, _add, 1)
        medians = [statistics.median(once[home]) for home in homes]
        sustained = [statistics.mean(_on_a_copy(home, _add, IN_A_ROW)) for home in homes]
    ratio = medians[1] / medians[0]
    measured = {
        "rows": SIZES,
        "added": ARTICLES,
        "median_ms": [round(t * 1000, 1) for t in medians],
        "sustained_ms": [round(t * 1000, 1) for t in sustained],
        "ratio": round(ratio, 3),
        "bound": BOUND,
        "ok": ratio <= BOUND,
    }
    sys.stdout.write(json.dumps(measured) + "\n")
    return 0 if ratio <= BOUND else 1


def _filled(home: Path, size: int) -> Path:
    index, rng = _open(home), np.random.default_rng(size)
    for start in range(0, size, 5_000):
        index.add(_nodes(rng, start, 5_000))
    index.client.optimize()
    return home


def _on_a_copy(home: Path, add: Callable[[LanceStore, list[TextNode]], float], times: int) -> list[float]:
    copy = home.with_suffix(".copy")
    shutil.copytree(home, copy)
    try:
        index, rng = _open(copy), np.random.default_rng(0)
        index.get_nodes(["nobody"])  # what only the first use costs is not the addition's
        return [add(index, _nodes(rng, 10**6 + n * ARTICLES, ARTICLES)) for n in range(times)]
    finally:
        shutil.rmtree(copy)


def _add(index: LanceStore, nodes: list[TextNode]) -> float:
    begun = perf_counter()
    index.add(nodes)
    return perf_counter() - begun


def _open(home: Path) -> LanceStore:
    return open_index(Config(home=home), "synthetic", DIMENSION, create=True)


def _nodes(rng: np.random.Generator, first: int, count: int) -> list[TextNode]:
    vectors = rng.standard_normal((count, DIMENSION))
    return [node for n in range(count) for node in _embedded(_article(rng, first + n), vectors[n].tolist())]


def _embedded(article: Article, vector: list[float]) -> list[TextNode]:
    nodes = article_nodes(article)
    for node in nodes:
        node.embedding = vector
    return nodes


def _article(rng: np.random.Generator, number: int) -> Article:
    text = WORDS[rng.zipf(1.3, 60) % len(WORDS)]
    at = START + timedelta(minutes=number)
    return Article(
        id=f"article{number:07}",
        feed="https://feed.test",
        url=f"https://news.test/{number}",
        title=" ".join(text[:10]),
        text=" ".join(text),
        source=f"Wire {number % 20}",
        published=at,
        first_seen=at,
        fetched=at,
        symbols=(f"S{rng.integers(500)}",),
    )


if __name__ == "__main__":
    sys.exit(main())
