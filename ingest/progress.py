"""What a long run tells of its progress. Shells show it; tests and libraries need not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Progress(Protocol):
    """`task` is what a person reads, and the key."""

    def start(self, task: str, total: int) -> None: ...

    def advance(self, task: str, done: int = 1) -> None: ...

    def finish(self, task: str) -> None: ...


class Silent:
    """Tells nothing."""

    def start(self, task: str, total: int) -> None:
        pass

    def advance(self, task: str, done: int = 1) -> None:
        pass

    def finish(self, task: str) -> None:
        pass


@contextmanager
def shown(progress: Progress | None) -> Iterator[Progress]:
    """`progress`, or where it is None bars on stderr if that is a terminal."""
    if progress or not sys.stderr.isatty():
        yield progress or Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichBars

    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with RichBars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    """`Progress` as rich draws it: one bar a task, gone when the run is over."""

    def __init__(self, bars: Any) -> None:
        self._bars, self._tasks = bars, dict[str, Any]()

    def start(self, task: str, total: int) -> None:
        self._tasks[task] = self._bars.add_task(task, total=total)

    def advance(self, task: str, done: int = 1) -> None:
        self._bars.advance(self._tasks[task], done)

    def finish(self, task: str) -> None:
        self._bars.stop_task(self._tasks[task])
