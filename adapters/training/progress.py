"""What a run says while it goes, on stderr."""

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def progress_bar() -> Progress:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("loss {task.fields[loss]}"), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), speed_estimate_period=300)
