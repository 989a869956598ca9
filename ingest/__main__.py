"""The write side's composition root and its own small shell: `python -m ingest [news|quotes|all] [--due] [--json]`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.config import Config, load_config
from ingest.errors import BellError, EmbeddingMismatch, NotAFeed, StoreError, Unreachable
from ingest.index import build_beside, embedding_name, has_index, load_embedding, open_index
from ingest.indexing import Indexer
from ingest.ledger import Ledger, upgrade_ledger
from ingest.lock import writer_lock
from ingest.parts import followed, make_fetcher, make_pipeline
from ingest.pipeline import What
from ingest.progress import Progress, Silent, shown
from ingest.recall import check_recall
from ingest.report import report_json, report_lines
from ingest.types import RunReport, SourceState

if TYPE_CHECKING:
    from ingest.moving import Moved
    from ingest.queue import Work
    from ingest.readers.news import ParsedFeed

CLOCKS = timedelta(hours=1)  # by which those of the machines that index may differ

__all__ = ["migrate", "refresh_quotes", "reindex", "report_json", "run_ingest", "run_worker", "show", "test_feed"]


def run_ingest(config: Config, what: What = "all", due: bool = False, progress: Progress | None = None) -> RunReport:
    """One ingest run: polls what is followed (`due`: what is due) and indexes what is new.

    Without `progress`, bars are drawn on stderr where that is a terminal. Raises `WriterLocked` where another process
    writes, `StoreError` and `ModelError`; what is wrong with a source is in the report.
    """
    now = config.clock()
    with _writing(config, f"bell ingest {what}", now) as ledger, shown(progress) as told:
        _ready(config, ledger)
        return asyncio.run(_ingest(config, ledger, what, due, now, told))


def refresh_quotes(config: Config, symbols: Sequence[str], seconds: float) -> RunReport:
    """Polls the quotes of `symbols` into the ledger and leaves the index to the next run: what a question can wait for.

    Raises `WriterLocked` where another process writes, `StoreError`, and `Unreachable` after `seconds`: what had come
    by then is stored, and others may write from then on. What else is wrong with Yahoo is in the report.
    """
    return asyncio.run(_refresh(config, symbols, config.clock(), seconds))


def reindex(config: Config, progress: Progress | None = None) -> int:
    """Builds a whole index from the ledger with the embedding model of `config`, beside the one in use, and puts it in
    its place when it is complete; the number of nodes in it. What was cut short goes on where it was.

    Raises `StoreError` where the new one does not find what it holds: the one in use stays.
    """
    now = config.clock()
    embedding = load_embedding(config)
    with _writing(config, "bell reindex", now) as ledger, shown(progress) as told:
        from ingest.index.embedding import dimension

        index, put_in_place = build_beside(config, embedding_name(config), dimension(embedding))
        indexer = Indexer(ledger, lambda: embedding, lambda _: index, told)
        indexer.fill(index, embedding, now)
        check_recall(ledger.news, index, embedding)
        with index.one_commit():
            put_in_place()
            ledger.forget_index(since=now - CLOCKS)  # what others marked meanwhile went into the old one
        indexer.run(now)  # marks what had waited for the old one; what the new one holds is recognised
        return index.count()


def migrate(config: Config, url: str, progress: Progress | None = None) -> "Moved":
    """Moves the store under home into the empty PostgreSQL database at `url`, whole or not at all."""
    from ingest.moving import move

    target = config.model_copy(update={"database_url": url})
    with shown(progress) as told:
        return move(config, target, config.clock(), told)


def run_worker(
    config: Config,
    queues: Sequence[str],
    concurrency: int,
    once: bool,
    brief: Callable[[str], None],
    say: Callable[[str], None],
) -> int:
    """Works on `queues` beside any number of others until SIGTERM or SIGINT (`once`: until they are empty); the number
    of jobs that failed for good. `brief` gives the briefing of a time zone, `say` is told what a person should know.

    Raises `ConfigError` and `StoreError` where the server of `database_url` cannot be used.
    """
    from ingest.queue import run

    work = partial(_work, config, brief)
    return asyncio.run(run(str(config.database_url), work, config.clock, say, queues, concurrency, once))


def test_feed(config: Config, url: str) -> "ParsedFeed":
    """Fetches and reads the feed at `url` once and stores nothing. Raises the `SourceError` that a run would report."""
    return asyncio.run(_test_feed(config, url))


def show(report: RunReport) -> None:
    """The report for a person, on stderr."""
    for line in report_lines(report):
        typer.echo("".join(c if c.isprintable() else " " for c in line), err=True)


# Composition ----------------------------------------------------------------------------------------------------


async def _ingest(
    config: Config, ledger: Ledger, what: What, due: bool, now: datetime, progress: Progress
) -> RunReport:
    symbols, feeds, off = followed(config, ledger)
    indexer, notices = _indexer(config, ledger, progress), [] if what == "quotes" else off
    async with make_fetcher(config) as fetcher:
        pipeline = make_pipeline(config, ledger, fetcher, indexer, symbols, feeds, notices)
        return await pipeline.run(what, now, due)


@asynccontextmanager
async def _work(config: Config, brief: Callable[[str], None]) -> "AsyncIterator[Work]":
    """A worker's parts, as long as its connection lasts."""
    from ingest.queue import LedgerWork
    from ingest.symbols import directory

    def to_poll() -> tuple[Sequence[str], Sequence[SourceState]]:
        symbols, feeds, _ = followed(config, ledger)
        return symbols, feeds

    def index(now: datetime) -> None:
        _ready(config, ledger)
        indexer.run(now)

    with closing(upgrade_ledger(config)) as ledger:
        if not ledger.market.has_names("directory"):
            ledger.market.put_names(directory(), "directory")
        # The model stays loaded from one job to the next.
        indexer = replace(_indexer(config, ledger, Silent()), load_embedding=cache(partial(load_embedding, config)))
        async with make_fetcher(config) as fetcher:
            pipeline = make_pipeline(config, ledger, fetcher, indexer)
            yield LedgerWork(pipeline, to_poll, index, brief, config.brief_at)


async def _refresh(config: Config, symbols: Sequence[str], now: datetime, seconds: float) -> RunReport:
    try:
        async with asyncio.timeout(seconds):
            # Taken in here: the thread that goes on waiting for Yahoo only reads, and must not keep the lock.
            with _writing(config, "a refresh of prices", now) as ledger:
                indexer = _indexer(config, ledger, Silent())
                async with make_fetcher(config) as fetcher:
                    return await make_pipeline(config, ledger, fetcher, indexer, symbols).refresh(now)
    except TimeoutError as error:
        raise Unreachable(f"no answer within {seconds:g} s") from error


async def _test_feed(config: Config, url: str) -> "ParsedFeed":
    from ingest.readers import news

    async with make_fetcher(config) as fetcher:
        parsed, _ = await news.read(fetcher, SourceState(url, "news"), config.clock())
    if parsed is None:
        raise NotAFeed("the server answered 304 (not modified) to a first request")
    return parsed


def _ready(config: Config, ledger: Ledger) -> None:
    """What the index must be before anything is added to it."""
    if has_index(config):
        _check_model(config)
    else:  # new, or its folder was deleted
        ledger.forget_index()


def _check_model(config: Config) -> None:
    """An index of another embedding model is refused before any poll; one that cannot be read is met after them, when
    the ledger has all that was polled."""
    try:
        open_index(config, embedding_name(config))
    except EmbeddingMismatch:
        raise
    except StoreError:
        return


def _indexer(config: Config, ledger: Ledger, progress: Progress) -> Indexer:
    def open_made_by(embedding: Any) -> Any:
        from ingest.index.embedding import dimension

        return open_index(config, embedding_name(config), dimension(embedding), create=True)

    return Indexer(ledger, partial(load_embedding, config), open_made_by, progress)


@contextmanager
def _writing(config: Config, command: str, now: datetime) -> Iterator[Ledger]:
    with writer_lock(config, command, now), closing(upgrade_ledger(config)) as ledger:
        yield ledger


# The shell ------------------------------------------------------------------------------------------------------


def _command(
    what: Annotated[What, typer.Argument(help="What to poll.")] = "all",
    due: Annotated[bool, typer.Option("--due", help="Only the sources whose next poll has come.")] = False,
    home: Annotated[Path | None, typer.Option(help="The data folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run report as JSON.")] = False,
) -> None:
    """Poll feeds and quotes once and index what is new."""
    try:
        config, warnings = load_config({"home": home})
        for warning in warnings:
            typer.echo(f"warning: {warning}", err=True)
        report = run_ingest(config, what, due)
    except BellError as error:
        typer.echo(f"error: {error}", err=True)
        if as_json:
            document = {"error": error.cause, "fix": error.fix, "exit_code": error.exit_code}
            typer.echo(json.dumps(document, ensure_ascii=False))
        raise typer.Exit(error.exit_code) from error
    show(report)
    if as_json:
        typer.echo(json.dumps(report_json(report), ensure_ascii=False, indent=2))
    raise typer.Exit(report.exit_code)


if __name__ == "__main__":
    typer.run(_command)
