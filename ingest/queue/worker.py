"""One worker: serves queues until it is told to stop, and comes back when the server does."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate import App, JobContext
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from psycopg import Error, OperationalError

from ingest.errors import StoreError
from ingest.ledger.postgres import told
from ingest.queue import plan
from ingest.queue.schema import prepare
from ingest.queue.tasks import make_app
from ingest.queue.work import Work

OpenWork = Callable[[], AbstractAsyncContextManager[Work]]


@dataclass(frozen=True)
class Rhythm:
    """In seconds. `look`: how often a worker with room looks for a job by itself, as nobody tells when a place at a
    host comes free. `beat`: between signs of life. `silent`: without one, a worker's jobs are taken over. `again`:
    between attempts to reach a server that is lost."""

    look: float = 0.5
    beat: float = 10
    silent: float = 30
    again: float = 5


async def run(
    url: str,
    open_work: OpenWork,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    queues: Sequence[str] = plan.QUEUES,
    concurrency: int = 8,
    once: bool = False,
    rhythm: Rhythm | None = None,
) -> int:
    """Serves `queues` of the Postgres at `url`, `concurrency` jobs at a time, until SIGTERM or SIGINT, after which the
    jobs under way are finished; `once`: until nothing is waiting or under way. The number of jobs that failed for good.
    `say` is told a line at the start, at the end, and for what goes wrong between.

    Raises `ConfigError` where the server refuses the address, and with `once` `StoreError` where it cannot be reached.
    """
    stop = asyncio.Event()
    jobs = _Jobs(say)
    worker = _Worker(url, open_work, clock, jobs, queues, concurrency, once, rhythm or Rhythm(), stop)
    with _ended_by_signals(stop):
        say(f"worker on {socket.gethostname()}: {', '.join(queues)}; {concurrency} jobs at a time")
        await worker.run()
        say(f"worker stopped: {jobs.done} jobs done, {jobs.failed} failed")
    return jobs.failed


def quiet() -> None:
    """What these log of a lost server fills pages; what a user needs of it is one line of ours."""
    for name in ("procrastinate", "psycopg.pool", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@dataclass
class _Jobs:
    """Counts the jobs, and says what breaks one: once, until another has succeeded."""

    say: Callable[[str], None]
    done: int = 0
    failed: int = 0
    _last: str = ""

    async def __call__(self, job: Callable[[], Awaitable[Any]], context: JobContext, _: object) -> Any:
        try:
            result = await job()
        except Exception as error:
            again = context.app.tasks[context.job.task_name].get_retry_exception(error, context.job)
            self.failed += again is None
            next_step = "it is tried again" if again else "given up"
            said = f"a job of {context.job.queue} broke: {_words(error)}; {next_step}"
            if said != self._last:
                self.say(said)
            self._last = said
            raise
        self.done, self._last = self.done + 1, ""
        return result


@dataclass
class _Worker:
    url: str
    open_work: OpenWork
    clock: Callable[[], datetime]
    jobs: _Jobs
    queues: Sequence[str]
    concurrency: int
    once: bool
    rhythm: Rhythm
    stop: asyncio.Event
    lost: bool = False

    async def run(self) -> None:
        while not self.stop.is_set():
            try:
                return await self._serve_until_lost()
            except StoreError as error:
                if self.once or type(error) is not StoreError:  # its kinds are what no waiting mends
                    raise
                if not self.lost and not self.stop.is_set():
                    self.jobs.say(f"{error.cause}; trying again every {self.rhythm.again:g} s")
                self.lost = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), self.rhythm.again)

    async def _serve_until_lost(self) -> None:
        try:
            await prepare(self.url)
            async with self.open_work() as work:
                app = make_app(self.url, work, self.clock, self.rhythm.silent)
                async with app.open_async():
                    await self._serve(app)
        except Error as error:
            raise told(error) from error
        except ConnectorException as error:  # procrastinate's, around the driver's
            raise told(error.__cause__ or OperationalError(str(error))) from error

    async def _serve(self, app: App) -> None:
        """Until told to stop, or done; raises where the server is lost."""
        if self.lost:
            self.jobs.say("the database is back")
            self.lost = False
        if not self.once:
            app.periodic(cron="* * * * *")(app.tasks["tick"])
        serving = asyncio.create_task(self._procrastinate(app))
        ending = asyncio.create_task(self._done(app) if self.once else self.stop.wait())
        await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
        broke_off = serving.done()
        serving.cancel()  # it finishes the jobs under way
        ending.cancel()
        for task in (serving, ending):
            with suppress(asyncio.CancelledError):
                await task
        if broke_off:  # procrastinate ends so where one of its side tasks has met an error
            raise OperationalError("the connection broke off")

    async def _procrastinate(self, app: App) -> None:
        await app.run_worker_async(
            queues=[*self.queues, plan.UPKEEP],
            concurrency=self.concurrency,
            fetch_job_polling_interval=self.rhythm.look,
            update_heartbeat_interval=self.rhythm.beat,
            stalled_worker_timeout=self.rhythm.silent,
            delete_jobs="successful",
            install_signal_handlers=False,
            worker_middleware=[self.jobs],
        )

    async def _done(self, app: App) -> None:
        """Returns when nothing is waiting or under way; procrastinate's own `wait=False` would end as soon as nothing
        is free. A tick now and then takes over what others have left lying."""
        loop = asyncio.get_running_loop()
        next_tick = loop.time()
        while not self.stop.is_set():
            if loop.time() >= next_tick:
                with suppress(AlreadyEnqueued):
                    await app.tasks["tick"].defer_async()
                next_tick = loop.time() + self.rhythm.silent
            await asyncio.sleep(self.rhythm.look)
            if not await _is_busy(app, {*self.queues, plan.UPKEEP}):
                return


async def _is_busy(app: App, queues: set[str]) -> bool:
    return any(q["todo"] or q["doing"] for q in await app.job_manager.list_queues_async() if q["name"] in queues)


def _words(error: BaseException) -> str:
    """The first line of what a driver or a library says: the others are advice on its own use."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


@contextmanager
def _ended_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """The first SIGTERM or SIGINT sets `stop`; a second one acts as it always does."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        restore()

    def restore() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        restore()
