"""Where questions are worked on: a few threads, a short queue before them, and a clear no when both are full."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Event
from typing import Generic, TypeVar

from assistant.errors import BellError

Item = TypeVar("Item")
Work = Callable[[], Generator[Item, None, None]]


class Busy(BellError):
    """All places are taken. `retry_after`: seconds after which one is likely to be free."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("as many questions wait as may wait", f"ask again in {retry_after} s")
        self.retry_after = retry_after


class Late(BellError):
    """Nothing came within the time a question has."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s", "ask for less at once, or give `bell serve` more --timeout")


@dataclass(frozen=True, slots=True)
class _End:
    """The last that a thread tells: that all is said, or why no more comes."""

    error: BaseException | None = None


class Desk:
    """`workers` questions at once and `waiting` more in line, each for at most `seconds`, waiting included.

    A question whose asker has left is not begun, or is given up with its next piece of text; until then it keeps its
    place, so that what is promised is what there is room for. Used from one event loop.
    """

    def __init__(self, workers: int, waiting: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="answer")
        self._workers, self._places, self._seconds = workers, workers + waiting, seconds
        self._taken = 0
        self._usual = 1.0  # seconds that a question took, of late

    @property
    def working(self) -> int:
        return min(self._taken, self._workers)

    @property
    def waiting(self) -> int:
        return self._taken - self.working

    def close(self) -> None:
        """Takes no more; what is being worked on ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def run(self, work: Work[Item]) -> AsyncGenerator[Item, None]:
        """What `work` brings, as it comes; it is called, and iterated over, in one thread of the desk.

        Raises `Busy` at once where there is no place; iterating raises what `work` raises, and `Late`.
        """
        if self._taken >= self._places:
            raise Busy(self._until_free())
        self._taken += 1
        loop = asyncio.get_running_loop()
        job = _Job(work, loop)
        done = self._pool.submit(job.run)
        done.add_done_callback(lambda _: job.soon(self._leave, job))
        return self._told(job, done, loop.time() + self._seconds)

    async def _told(self, job: "_Job[Item]", done: "Future[None]", deadline: float) -> AsyncGenerator[Item, None]:
        try:
            while True:
                left = deadline - asyncio.get_running_loop().time()
                try:
                    told = await asyncio.wait_for(job.told.get(), max(left, 0))
                except TimeoutError:
                    raise Late(self._seconds) from None
                if isinstance(told, _End):
                    break
                yield told
            if told.error:
                raise told.error
        finally:
            job.left.set()
            done.cancel()

    def _leave(self, job: "_Job[Item]") -> None:
        self._taken -= 1
        if job.took is not None:
            self._usual = 0.8 * self._usual + 0.2 * job.took

    def _until_free(self) -> int:
        ahead = self._taken - self._workers + 1
        return min(60, max(1, math.ceil(self._usual * ahead / self._workers)))


class _Job(Generic[Item]):
    """One question on its way through a thread; `told` is what it brings, for the event loop `loop`."""

    def __init__(self, work: Work[Item], loop: asyncio.AbstractEventLoop) -> None:
        self._work, self._loop = work, loop
        self.told: asyncio.Queue[Item | _End] = asyncio.Queue()
        self.left = Event()  # whoever asked has gone
        self.took: float | None = None  # seconds, once it was worked on

    def run(self) -> None:
        started, end = time.perf_counter(), _End()
        try:
            self._work_on()
        except BaseException as error:  # it is the asker's to hear, whatever it is
            end = _End(error)
        self.took = time.perf_counter() - started
        self.soon(self.told.put_nowait, end)

    def _work_on(self) -> None:
        with closing(self._work()) as items:  # a model stops when its stream is closed
            for item in items:
                if self.left.is_set():
                    return
                self.soon(self.told.put_nowait, item)

    def soon(self, call: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is there any more
            self._loop.call_soon_threadsafe(call, *arguments)
