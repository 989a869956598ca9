"""What a long run tells of its progress. Shells show it; tests and libraries need not."""

from typing import Protocol


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
