"""What a piece of work took, for the bounds that `make accept` judges.

What costs a processor is judged by the processor's time, and what answers somebody by the clock less the time for which
it only waited for a processor: both are the same whatever else the machine does.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_SCHEDULED = Path("/proc/thread-self/schedstat")


@dataclass
class Spent:
    """`seconds` by the clock, `cpu` seconds of this process; `grown` is the peak of resident bytes above those at the
    start, 0 where the system does not tell it (it is Linux that does)."""

    seconds: float = 0.0
    cpu: float = 0.0
    grown: int = 0


@contextmanager
def spent() -> Iterator[Spent]:
    """Filled in when the block ends, however it ends."""
    found, able = Spent(), _STATUS.exists()
    if able:
        _RESET.write_text("5")  # the peak counts from here
    before = _resident("VmRSS") if able else 0
    started, worked = time.monotonic(), time.process_time()
    try:
        yield found
    finally:
        found.seconds, found.cpu = time.monotonic() - started, time.process_time() - worked
        found.grown = _resident("VmHWM") - before if able else 0


def kept_waiting() -> float:
    """Seconds for which this thread was ready to run, ever, while others had the processors; 0 where the system does
    not tell it."""
    return int(_SCHEDULED.read_text().split()[1]) / 1e9 if _SCHEDULED.exists() else 0.0


def _resident(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
