"""One writer and eight readers at once: no reader waits for it, is told of a lock, or sees half of an article.

In full each reads four times a second, and 95 of 100 reads take less than 50 ms.
"""

import statistics
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from time import monotonic, perf_counter
from typing import Any

from ingest.config import Config
from ingest.errors import BellError
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.types import Article
from tests.bounds import kept_waiting
from tests.conftest import NOW, article, put_market
from tests.crash import processes
from tests.sizes import ACCEPT, READERS, READING_BATCHES, READING_SECONDS

PAUSE = 0.25 if ACCEPT else 0.01  # seconds between two reads of one reader


def text_of(version: int) -> str:
    return f"version {version}. " * 200


def read_on(config: Config, ended: Any, tell: Any) -> None:
    """Reads until the writer has ended, and tells what went wrong and how long each read took: by the clock, and
    without the time for which it only waited for a processor."""
    wrong, took, last = list[str](), list[tuple[float, float]](), False
    with closing(open_ledger(config)) as ledger:
        while not last:
            last = ended.wait(PAUSE)
            begun, waited = perf_counter(), kept_waiting()
            try:
                stories = ledger.news.latest(NOW + timedelta(days=9), limit=20)
                ledger.market.bars("KSTL", NOW)
            except BellError as error:
                wrong.append(str(error))
                continue
            clock = perf_counter() - begun
            took.append((clock, clock - (kept_waiting() - waited)))
            wrong += [f"half of {s.title}" for s in stories if not is_whole(s)]
    tell.send((wrong, took))


def is_whole(story: Article) -> bool:
    version = int(story.title.rpartition(" ")[2])
    return (story.text, story.symbols) == (text_of(version), ("KSTL", f"V{version}"))


def write_on(config: Config) -> int:
    """Articles that all change at once, again and again; how often."""
    begun, version = monotonic(), 0
    with closing(open_ledger(config)) as ledger:
        while monotonic() - begun < READING_SECONDS if ACCEPT else version < READING_BATCHES:
            version += 1
            ledger.news.put(versioned(version))
    return version


def versioned(version: int) -> list[Article]:
    at = NOW + timedelta(minutes=version)
    told, symbols = text_of(version), ("KSTL", f"V{version}")
    first = (article(f"Story {n}") for n in range(10))
    return [replace(a, title=f"{a.title}, {version}", text=told, fetched=at, symbols=symbols) for a in first]


def test_readers_go_on_while_a_writer_writes(config: Config, record_property: Callable[[str, object], None]) -> None:
    with closing(upgrade_ledger(config)) as ledger:
        put_market(ledger, "KSTL", [100.0 + n for n in range(250)])
    ended = processes.Event()
    pipes = [processes.Pipe() for _ in range(READERS)]
    readers = [processes.Process(target=read_on, args=(config, ended, theirs)) for _, theirs in pipes]
    for reader in readers:
        reader.start()
    versions = write_on(config)
    ended.set()
    told = [ours.recv() for ours, _ in pipes]
    for reader in readers:
        reader.join()
    assert [line for wrong, _ in told for line in wrong] == []
    reads = [read for _, took in told for read in took]
    assert (versions > 10, len(reads) >= READERS) == (True, True)
    clock, own = (statistics.quantiles(seconds, n=20)[-1] for seconds in zip(*reads, strict=True))
    for name, count in (("reads", len(reads)), ("p95 in ms", own * 1000), ("p95 in ms by the clock", clock * 1000)):
        record_property(name, round(count))
    assert not ACCEPT or own < 0.05
