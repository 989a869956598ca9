"""The index at size: `python -m tests.bench.bench_store [ARTICLES]` (or `BENCH_ARTICLES`; a million takes 15 minutes).

The store's time alone: vectors and words are drawn (`synthetic`), so neither embedding nor ledger takes part. Queries
are those that a news search makes, filters and all, in a process of their own that does nothing else.
"""

import os
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np
from llama_index.core.vector_stores.types import MetadataFilters, VectorStoreQuery, VectorStoreQueryMode

from assistant.retrievers.news import news_filters
from ingest.index.filters import predicate
from ingest.index.store import LanceStore
from tests.bench.results import Row, finish
from tests.bench.synthetic import END, LAST, SYMBOLS, Floats, filled, nodes, opened, question, vectors

ARTICLES, SMALL = 100_000, 10_000
ASKED, COMPARED, NEAREST = 60, 20, 10  # queries timed, and compared with an exact search, of each kind
ADDED, IN_A_ROW = 9, 20
A_YEAR = timedelta(days=365)
WINDOWS: Mapping[str, MetadataFilters] = {
    "unfiltered": news_filters(END, (), None, None),
    "7 days": news_filters(END, (), END - timedelta(days=7), None),
    "30 days": news_filters(END, (), END - timedelta(days=30), None),
    "90 days": news_filters(END, (), END - timedelta(days=90), None),
    "symbol + year": news_filters(END, SYMBOLS[:1], END - A_YEAR, None),
}


def main(size: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        begun = perf_counter()
        homes = [filled(Path(folder) / str(n), n) for n in (SMALL, size)]
        filling = Row("filling the store", perf_counter() - begun)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            told = apart.submit(queried, homes[1]).result()
        rows = [filling, *told, *added(homes), Row("disk after maintenance", _kept(homes[1]), "GB", at_most=3.0)]
    return finish("store", [_named(row, size) for row in rows])


def _named(row: Row, size: int) -> Row:
    return Row(f"{size:,} chunks: {row.name}", row.value, row.unit, row.at_most, row.at_least)


# Queries ------------------------------------------------------------------------------------------------------------


def queried(home: Path) -> list[Row]:
    begun = perf_counter()
    index = opened(home)
    reopened = Row("reopening", perf_counter() - begun, at_most=0.3)
    times = list(_timed(index))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [reopened, *times, Row("memory when querying", memory, "GB", at_most=2.0), *_compared(index)]


def _timed(index: LanceStore) -> Iterator[Row]:
    rng = np.random.default_rng(1)
    for name, filters in WINDOWS.items():
        taken = [_seconds(index, [_dense(vector, filters)]) for vector in vectors(rng, ASKED)]
        yield Row(f"{name}, p95", _p95(taken), at_most=0.15 if "symbol" in name else 0.08)
    for name in ("90 days", "unfiltered"):
        taken = [_seconds(index, [_dense(v, WINDOWS[name]), _words(rng, WINDOWS[name])]) for v in vectors(rng, ASKED)]
        yield Row(f"{name}, dense and full text, p95", _p95(taken), at_most=0.15)


def _compared(index: LanceStore) -> Iterator[Row]:
    rng = np.random.default_rng(2)
    for name, filters in WINDOWS.items():
        recalls = [_recall(index, _dense(vector, filters)) for vector in vectors(rng, COMPARED)]
        yield Row(f"{name}, recall@10 against exact", statistics.mean(recalls), "", at_least=0.95)


def _dense(vector: Floats, filters: MetadataFilters) -> VectorStoreQuery:
    return VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=24, filters=filters)


def _words(rng: np.random.Generator, filters: MetadataFilters) -> VectorStoreQuery:
    mode = VectorStoreQueryMode.TEXT_SEARCH
    return VectorStoreQuery(query_str=question(rng), mode=mode, similarity_top_k=24, filters=filters)


def _seconds(index: LanceStore, queries: Sequence[VectorStoreQuery]) -> float:
    begun = perf_counter()
    for query in queries:
        index.query(query)
    return perf_counter() - begun


def _p95(taken: Sequence[float]) -> float:
    """Of all but the first, which opens what the others find open."""
    return sorted(taken[1:])[int(0.95 * (len(taken) - 1))]


def _recall(index: LanceStore, query: VectorStoreQuery) -> float:
    exact = index.client.search(query.query_embedding, vector_column_name="vector").distance_type("cosine")
    rows = exact.bypass_vector_index().where(predicate(query.filters), prefilter=True).select(["id", "_distance"])
    nearest = {row["id"] for row in rows.limit(NEAREST).to_list()}
    return len(nearest & set((index.query(query).ids or [])[:NEAREST])) / NEAREST


# Additions ----------------------------------------------------------------------------------------------------------


def added(homes: Sequence[Path]) -> Iterator[Row]:
    """What 1,000 articles more cost: one addition to a store of just that size, and the mean of twenty in a row with
    the upkeep (compaction, index updates) that falls due among them."""
    once: dict[Path, list[float]] = {home: [] for home in homes}
    for _ in range(ADDED):  # in turn, so that whatever else the machine does falls on both
        for home in homes:
            once[home] += _on_a_copy(home, 1)
    small, large = (statistics.median(once[home]) for home in homes)
    yield Row(f"1,000 articles more, to {SMALL:,}", small)
    yield Row("1,000 articles more", large)
    yield Row(f"1,000 articles more, to the same at {SMALL:,}", large / small, "times", at_most=1.2)
    sustained = [statistics.mean(_on_a_copy(home, IN_A_ROW)) for home in homes]
    yield Row(f"1,000 articles more, upkeep included, to {SMALL:,}", sustained[0])
    yield Row("1,000 articles more, upkeep included", sustained[1])


def _on_a_copy(home: Path, times: int) -> list[float]:
    copy = home.with_suffix(".copy")
    shutil.copytree(home, copy, copy_function=os.link)  # LanceDB never alters a file that is there
    try:
        index, rng = opened(copy), np.random.default_rng(0)
        index.get_nodes(["nobody"])  # what only the first use costs is not the addition's
        return [_adding(index, rng, 10**7 + n * LAST) for n in range(times)]
    finally:
        shutil.rmtree(copy)


def _adding(index: LanceStore, rng: np.random.Generator, first: int) -> float:
    more = nodes(rng, first, LAST, 10**7)
    begun = perf_counter()
    index.add(more)
    return perf_counter() - begun


def _kept(home: Path) -> float:
    """GB of a store whose old versions are gone: they live for the readers of ten minutes."""
    opened(home).client.optimize(cleanup_older_than=timedelta(0))
    return sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 2**30


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BENCH_ARTICLES") or ARTICLES)))
