"""What a question costs from the outside: `python -m tests.bench.bench_ask`, over the bundled sample market.

Start-up and cold answers are whole processes, the REPL is timed to its prompt at a terminal, warm answers are asked of
one assistant. Ends with 1 where a bound of ours does not hold. On a quiet machine only.
"""

import os
import pty
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from assistant import Assistant, make_assistant
from assistant.sample.market import SAMPLE_NOW
from tests.bench.results import Row, finish
from tests.bench.sample import sample

PRICES = (
    "What did KSTL close at?",
    "How did Tidewell Energy do this week?",
    "Which moved more in October, HRWM or LNTD?",
    "What was the high of SKRW on 28 October?",
    "What is the drawdown of MRWF this year?",
)
NEWS = (
    "Why did KSTL rise on Wednesday?",
    "What did Harrowmere Bank earn in the third quarter?",
    "How many packs of oat bars does Ovenbrook recall?",
    "Why did Tidewell Energy fall on 21 October?",
    "When did Skerrow Air and its pilots reach a deal?",
    "What will the dividend of Lanthorn Devices be?",
)
TERM = "What is a yield curve?"
BARE = [sys.executable, "-c", "import typer, sqlalchemy"]
REPEATS = 5


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        config = sample(Path(folder))
        os.environ |= {"BELL_HOME": folder, "BELL_NOW": SAMPLE_NOW.isoformat()}
        return finish("ask", [*_processes(), *_warm(make_assistant(config))])


def _processes() -> Iterator[Row]:
    """Whole processes, in turn, so that whatever else the machine does falls on all of them."""
    timed: dict[str, Callable[[], float]] = {
        "python -c 'import typer, sqlalchemy'": lambda: _process(BARE),
        "bell quote KSTL": lambda: _process(_bell("quote", "KSTL")),
        "bell, to its prompt": _to_the_prompt,
        "bell ask, a price, cold": lambda: _process(_bell("ask", PRICES[0])),
        "bell ask, a story, cold": lambda: _process(_bell("ask", NEWS[0])),
    }
    for run in timed.values():
        run()  # files are in the page cache, models are converted
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(REPEATS):
        for name, run in timed.items():
            taken[name].append(run())
    bare, quote, prompt, price, story = (statistics.median(t) for t in taken.values())
    names = list(timed)
    yield Row(names[0], bare)
    yield Row(names[1], quote, at_most=2 * bare)
    yield Row(names[2], prompt, at_most=1.0)
    yield Row(names[3], price)
    yield Row(names[4], story, at_most=6.0)


def _warm(bell: Assistant) -> Iterator[Row]:
    for question in (*PRICES, *NEWS, TERM):
        bell.ask(question)
    prices = sorted(_asked(bell, q)[1] for _ in range(4 * REPEATS) for q in PRICES)
    yield Row("price question, warm, p95", prices[int(0.95 * len(prices))], at_most=0.06)
    news = [_asked(bell, q) for _ in range(REPEATS) for q in NEWS]
    yield Row("news question, warm, first text p50", statistics.median(t for t, _ in news), at_most=0.6)
    yield Row("news question, warm, p50", statistics.median(t for _, t in news), at_most=1.5)
    yield Row("term, warm, p50", statistics.median(_asked(bell, TERM)[1] for _ in range(REPEATS)))


def _asked(bell: Assistant, question: str) -> tuple[float, float]:
    """Seconds to the first text and to the end."""
    timings = bell.ask(question).timings_ms
    return timings["first_token"] / 1000, timings["total"] / 1000


def _bell(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "assistant", *arguments]


def _process(command: Sequence[str]) -> float:
    begun = perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    return perf_counter() - begun


def _to_the_prompt() -> float:
    """Seconds until the REPL shows its prompt at a terminal; it is then left."""
    ours, theirs = pty.openpty()
    begun = perf_counter()
    with subprocess.Popen(_bell(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True):
        os.close(theirs)  # so that its end is seen here
        shown = b""
        while b"bell>" not in shown:
            shown += os.read(ours, 4096)
        taken = perf_counter() - begun
        os.write(ours, b"\x04")
        with suppress(OSError):
            while os.read(ours, 4096):
                pass
    os.close(ours)
    return taken


if __name__ == "__main__":
    sys.exit(main())
