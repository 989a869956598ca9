"""Serves the invented market on loopback: its feeds and its prices, for the real readers to fetch."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from assistant.sample.chart import chart
from assistant.sample.data import market
from assistant.sample.feeds import feed

SAMPLE_NOW = datetime(2026, 10, 30, 21, 30, tzinfo=UTC)  # a Friday evening, after the close
PORT = 23710  # where it is free: a feed then keeps its address, and its articles their ids, from run to run


@dataclass(frozen=True, slots=True)
class SampleMarket:
    """Where the market answers: `base_url` for Yahoo's traffic, `feeds` as urls, `hosts` as `host:port` to allow."""

    base_url: str
    hosts: tuple[str, ...]
    feeds: tuple[str, ...]
    symbols: tuple[str, ...]


@contextmanager
def serve(now: datetime) -> Iterator[SampleMarket]:
    """The market as it stood at `now`, on a port of 127.0.0.1 until the block ends."""
    server = _Server(now)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        host = f"127.0.0.1:{server.server_port}"
        feeds = tuple(f"http://{host}/feeds/{f['name']}" for f in market()["feed"])
        symbols = tuple(i["symbol"] for i in market()["instrument"])
        yield SampleMarket(f"http://{host}", (host,), feeds, symbols)
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client's idle kept-alive connection must not hold up the end

    def __init__(self, now: datetime) -> None:
        try:
            super().__init__(("127.0.0.1", PORT), _Handler)
        except OSError:  # taken: another demo runs
            super().__init__(("127.0.0.1", 0), _Handler)
        self.now = now


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path.startswith("/feeds/"):
            self._feed(path.removeprefix("/feeds/"))
        elif path.startswith("/v8/finance/chart/"):
            self._chart(path.removeprefix("/v8/finance/chart/").upper(), dict(parse_qsl(url.query)))
        elif path.endswith("/getcrumb"):
            self._send(200, b"sample", "text/plain")
        else:
            self._send(404, b"{}", "application/json")

    def _feed(self, name: str) -> None:
        found = feed(name, self.server.now)
        if found is None:
            return self._send(404, b"no such feed", "text/plain")
        body, changed = found
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        modified = format_datetime(changed.astimezone(UTC), usegmt=True)
        validators = {"ETag": etag, "Last-Modified": modified}
        if_none_match = self.headers.get("If-None-Match")  # it outranks If-Modified-Since
        fresh = etag == if_none_match if if_none_match else modified == self.headers.get("If-Modified-Since")
        return self._send(304 if fresh else 200, b"" if fresh else body, "application/xml", validators)

    def _chart(self, symbol: str, query: dict[str, str]) -> None:
        unknown = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        found = chart(symbol, query, self.server.now)
        answer = found or {"chart": {"result": None, "error": unknown}}
        self._send(200 if found else 404, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent: requests are the readers' to report."""
