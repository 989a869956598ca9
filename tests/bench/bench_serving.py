"""`bell serve` under load: 1, 10 and 50 askers at once, of prices (code alone) and of stories (a scripted model server
that takes as long as a GPU would, so that what is measured is this product).

    python -m tests.bench.bench_serving

Askers, each at an address of its own, model server and server share the machine. Every answer is checked to be the
asker's own.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from ingest.config import Config
from ingest.index import embedding_name, load_embedding
from ingest.index.embedding import dimension
from tests.conftest import NOW, ROOT
from tests.loopback import model_site
from tests.twenty_companies import NAMES, PRICE, SUM, fill, pointing

WORD = 0.05  # seconds that the model server takes before its first word and after each
EACH = 4  # questions of each asker
LOADS = (1, 10, 50)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, model_site(pointing, lambda: time.sleep(WORD)) as model:
        config = Config(home=Path(folder), now=NOW)
        embedding = load_embedding(config)
        fill(config, embedding, embedding_name(config), dimension(embedding))
        with serving(config.home, model.url) as (url, token):
            askers = [asking_from(f"127.0.0.{n + 2}", url, token) for n in range(max(LOADS))]
            for symbol in NAMES:  # everything is loaded
                ask(askers[0], f"What contract did {symbol} win?", SUM[symbol])
            sys.stdout.write(f"{'asked of':<10}{'askers':>7}{'p50 s':>8}{'p95 s':>8}{'a second':>10}{'MB':>6}\n")
            for load in LOADS:
                measure(askers[:load], "prices")
                measure(askers[:load], "stories")


def asking_from(address: str, url: str, token: str) -> httpx.Client:
    """An asker at an address of its own, since requests are limited by it (Linux: all of 127.0.0.0/8 is loopback)."""
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120,
        transport=httpx.HTTPTransport(local_address=address),
    )  # fmt: skip


def measure(askers: Sequence[httpx.Client], kind: str) -> None:
    def asker(n: int) -> list[float]:
        told = []
        for turn in range(EACH):
            symbol = list(NAMES)[(n + turn) % len(NAMES)]
            price, story = f"What did {symbol} close at?", f"What contract did {symbol} win?"
            question, expected = (price, f"{PRICE[symbol]:.2f} USD") if kind == "prices" else (story, SUM[symbol])
            told.append(ask(askers[n], question, expected))
        return told

    started = time.perf_counter()
    with ThreadPoolExecutor(len(askers)) as pool:
        times = sorted(t for told in pool.map(asker, range(len(askers))) for t in told)
    took = time.perf_counter() - started
    p50, p95 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.95))]
    rates = f"{p50:>8.2f}{p95:>8.2f}{len(times) / took:>10.1f}"
    sys.stdout.write(f"{kind:<10}{len(askers):>7}{rates}{memory(askers[0]):>6.0f}\n")
    sys.stdout.flush()


def ask(client: httpx.Client, question: str, expected: str) -> float:
    """Seconds until the answer was there; it has to be the right one."""
    started = time.perf_counter()
    got = client.post("/ask", json={"question": question})
    assert got.status_code == 200, got.text
    assert expected in got.json()["text"], (question, got.json()["text"])
    return time.perf_counter() - started


def memory(client: httpx.Client) -> float:
    told = re.search(r"^process_resident_memory_bytes (\S+)", client.get("/metrics").text, re.MULTILINE)
    return float(told[1]) / 2**20 if told else 0.0


@contextmanager
def serving(home: Path, model: str) -> Iterator[tuple[str, str]]:
    """`bell serve` as a process: its address and token."""
    settings = {"NOW": NOW.isoformat(), "GENERATOR_URL": model, "GENERATOR_MODEL": "scripted"}
    options = ["--port", "0", "--workers", "16", "--queue", "100", "--rate", "100000"]
    command = [sys.executable, "-m", "assistant", "--home", str(home), "serve", *options]
    environ = os.environ | {f"BELL_{key}": value for key, value in settings.items()}
    log = home / "serve.log"
    with log.open("w") as told, subprocess.Popen(command, stderr=told, cwd=ROOT, env=environ) as process:
        while not (found := re.search(r"Listening on (\S+)", log.read_text())):
            time.sleep(0.05)
        try:
            yield found[1], (home / "serve.token").read_text().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
