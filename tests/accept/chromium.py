"""The HTML briefing in a real browser: opening it asks the network for nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from tests.hostile import vectors
from tests.sizes import VECTORS
from tests.test_render_hostile import poisoned_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-default-apps"),
    *("--disable-background-networking", "--disable-component-update", "--disable-domain-reliability"),
    *("--disable-features=OptimizationHints,MediaRouter,Translate", "--metrics-recording-only", "--no-pings"),
]
SEEN = "http://seen.test/"
OWN = re.compile(r"\b(?:google|googleapis|gstatic|gvt1)\.com\b")  # whom the browser itself asks, whatever is opened

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")


@contextmanager
def recorder() -> Iterator[tuple[str, list[str]]]:
    """A proxy that fetches nothing: its address, and the first line of whatever was asked of it."""
    asked: list[str] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().decode("latin-1").strip())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()


def opened(folder: Path, pages: list[str]) -> set[str]:
    """What the browser asks of the network when it opens `pages`, all of them as frames of one."""
    for n, page in enumerate(pages):
        (folder / f"{n}.html").write_text(page, encoding="utf-8", errors="replace")
    frames = "".join(f"<iframe src='{n}.html'></iframe>" for n in range(len(pages)))
    index = folder / "index.html"
    index.write_text(f"<!doctype html><meta charset=utf-8>{frames}", encoding="utf-8")
    with recorder() as (proxy, asked):
        road = [f"--user-data-dir={folder / 'profile'}", f"--proxy-server=http://{proxy}"]
        command = [str(BROWSER), *QUIET, *road, "--proxy-bypass-list=<-loopback>", "--dump-dom", index.as_uri()]
        quiet = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, env=quiet)
    assert done.stdout.count("<iframe") == len(pages)
    return {line.split()[1] for line in asked if line}


def test_opening_a_briefing_asks_the_network_for_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    pages = [poisoned_page(vector) for vector in vectors(VECTORS)]
    control = f"<!doctype html><img src={SEEN}>"  # what is asked for would be seen
    assert not [page for page in pages if OWN.search(page)]
    assert {url for url in opened(tmp_path, [*pages, control]) if not OWN.search(url)} == {SEEN}
    record_property("pages", len(pages))
