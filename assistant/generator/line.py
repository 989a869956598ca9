"""A line before a server: so many requests are let through at once, so many may wait, and each only for so long."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock


class Full(Exception):
    """There is no place, or none came free in time; `before`: the requests that were to be answered first."""

    def __init__(self, before: int) -> None:
        super().__init__(before)
        self.before = before


class Line:
    """For many threads. A place is held until the block that asked for it ends."""

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        self._free, self._lock = BoundedSemaphore(at_once), Lock()
        self._most, self._patience, self._in_it = at_once + waiting, patience, 0

    @property
    def length(self) -> int:
        """Requests in line or let through."""
        return self._in_it

    @contextmanager
    def place(self) -> Iterator[None]:
        """Waits for its turn, at most `patience` seconds. Raises `Full`."""
        with self._lock:
            before = self._in_it
            if before >= self._most:
                raise Full(before)
            self._in_it += 1
        try:
            if not self._free.acquire(timeout=self._patience):
                raise Full(before)
            try:
                yield
            finally:
                self._free.release()
        finally:
            with self._lock:
                self._in_it -= 1
