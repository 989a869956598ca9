"""What a piece of work took, for the bounds that `make accept` judges."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Spent:
    """`seconds` by the clock; `grown` is the peak of resident bytes above those at the start, 0 where the system does
    not tell it (it is Linux that does)."""

    seconds: float = 0.0
    grown: int = 0


@contextmanager
def spent() -> Iterator[Spent]:
    """Filled in when the block ends, however it ends."""
    found, able = Spent(), _STATUS.exists()
    if able:
        _RESET.write_text("5")  # the peak counts from here
    before = _resident("VmRSS") if able else 0
    started = time.monotonic()
    try:
        yield found
    finally:
        found.seconds = time.monotonic() - started
        found.grown = _resident("VmHWM") - before if able else 0


def _resident(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
