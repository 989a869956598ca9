"""Feeds a minute: `python -m tests.bench.bench_ingest [FEEDS]`, over loopback, 30 entries each.

The whole of `bell ingest news`, process start apart: fetching, parsing, linking, the ledger, chunks and the index. The
embedding alone is a stand-in that costs nothing (`bench_embedding` measures the real one).
"""

import gc
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding

from ingest.__main__ import run_ingest
from ingest.config import Config
from ingest.ledger import upgrade_ledger
from tests.bench.feeds import ENTRIES, NOW, Site, site
from tests.bench.results import Row, finish

FEEDS = 600
DIMENSION = 384


class Free(BaseEmbedding):
    """Drawn vectors."""

    _drawn: Any = np.random.default_rng(0)

    def _get_text_embedding(self, text: str) -> list[float]:
        vector: list[float] = self._drawn.standard_normal(DIMENSION).tolist()
        return vector

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def main(feeds: int = FEEDS) -> int:
    gc.set_threshold(50_000, 20, 10)  # as `bell` has it
    with site(feeds) as served, tempfile.TemporaryDirectory() as folder:
        return finish("ingest", measured(served, Path(folder)))


def measured(served: Site, home: Path) -> Iterator[Row]:
    config = Config(home=home, allow_private_hosts=served.hosts, now=NOW)
    ledger = upgrade_ledger(config)
    ledger.sources.add_feeds(served.urls, NOW)
    ledger.close()
    feeds = len(served.urls)
    with patch("ingest.__main__.load_embedding", lambda _: Free(model_name="free", embed_batch_size=512)):
        _run(config, new=feeds * ENTRIES)  # all that only a first run costs
        served.turn()
        changed = _run(config, new=feeds * ENTRIES)
        unchanged = _run(config, new=0)
    yield Row("feeds with 30 new entries, a minute", feeds * 60 / changed, "feeds", at_least=600)
    yield Row("feeds not modified, a minute", feeds * 60 / unchanged, "feeds", at_least=5_000)
    yield Row("memory at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


def _run(config: Config, new: int) -> float:
    """Seconds of one run, which has to bring that many articles."""
    begun = perf_counter()
    report = run_ingest(config, "news")
    taken = perf_counter() - begun
    assert not report.failed, next(s.error for s in report.sources if s.failed)
    assert sum(s.counts.new for s in report.sources) == new
    return taken


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
