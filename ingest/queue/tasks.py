"""The jobs: thin, each in terms of `Work`; and the tick that queues them, once a minute for all machines together."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Job, Status

from ingest.queue import plan
from ingest.queue.schema import alone, conninfo
from ingest.queue.work import Work
from ingest.types import SourceKind, SourceState, digest

# Of a job that broke, as when the server went away under it. What is wrong with a source breaks none: the ledger knows.
_AGAIN = RetryStrategy(max_attempts=3, exponential_wait=5)
_KEPT = 72  # hours that a job which failed for good can be looked at


def make_app(url: str, work: Work, clock: Callable[[], datetime], silent: float) -> App:
    """The jobs on the queue at `url`. `silent`: seconds without a sign of life after which a worker's jobs are taken
    over."""
    connector = PsycopgConnector(conninfo=conninfo(url), min_size=1, max_size=4, timeout=5)
    app = App(connector=connector)

    @app.task(name="poll", retry=_AGAIN)
    async def poll(kind: SourceKind, url: str, title: str) -> None:
        if await work.poll(SourceState(url, kind, title), clock()):
            with suppress(AlreadyEnqueued):
                await index.defer_async()

    @app.task(name="index", queue="index", lock="index", queueing_lock="index", retry=_AGAIN)
    async def index() -> None:
        await asyncio.to_thread(work.index, clock())  # else the signs of life would wait for a model

    @app.task(name="brief", queue="briefings", retry=_AGAIN)
    async def brief(timestamp: int, zone: str) -> None:  # noqa: ARG001  # the key by which it is queued once
        await asyncio.to_thread(work.brief, zone)

    @app.task(name="tick", queue=plan.UPKEEP, queueing_lock="tick")
    async def tick(timestamp: int = 0) -> None:  # noqa: ARG001  # procrastinate passes it
        async with alone(url) as free:
            if free:
                await take_over(app, silent)
                now = clock()
                await queue_polls(app, await asyncio.to_thread(work.due, now))
                await queue_briefings(app, work.brief_at, now)
                await app.job_manager.delete_old_jobs(nb_hours=_KEPT, include_failed=True, include_aborted=True)

    return app


async def take_over(app: App, silent: float) -> None:
    """Queues again what workers were at that have given no sign of life for `silent` seconds."""
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silent):
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # the next of its kind waits already
            await manager.finish_job(job, Status.FAILED, delete_job=True)


async def queue_polls(app: App, due: Sequence[SourceState]) -> None:
    """A poll of each of these sources that none is waiting or under way for."""
    at_it: set[str | None] = set()
    for status in (Status.TODO, Status.DOING):
        at_it |= {job.queueing_lock for job in await app.job_manager.list_jobs_async(task="poll", status=status.value)}
    jobs = [job for job in (_poll(app, source) for source in due) if job.queueing_lock not in at_it]
    if jobs:
        await app.job_manager.batch_defer_jobs_async(jobs)


def _poll(app: App, source: SourceState) -> Job:
    task = app.configure_task(
        "poll", queue=source.kind, lock=plan.place(source), queueing_lock=digest("poll", source.url)
    )
    return task.make_new_job(kind=source.kind, url=source.url, title=source.title)


async def queue_briefings(app: App, times: Sequence[str], now: datetime) -> None:
    """The briefings whose time has come, each once: the queue remembers the last instant of each entry."""
    for entry, moment in plan.briefings(times, now):
        stamp, zone = int(moment.timestamp()), entry.split()[1]
        task = app.configure_task("brief", lock=f"brief {zone}", queueing_lock=f"brief {entry}")
        job = task.make_new_job(timestamp=stamp, zone=zone)
        with suppress(AlreadyEnqueued):
            await app.job_manager.defer_periodic_job(job=job, periodic_id=entry, defer_timestamp=stamp)
