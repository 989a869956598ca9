"""A small Yahoo on loopback for tests: the chart API, and the cookie and crumb that yfinance asks for first."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

Chart = dict[str, Any] | int | bytes

_ERRORS = {
    404: ("Not Found", "No data found, symbol may be delisted"),
    422: ("Unprocessable Entity", "1d data is not available here"),
}


@dataclass
class Yahoo:
    """A running server: its address, and the path and query of each request so far."""

    base: str
    log: list[str] = field(default_factory=list)

    @property
    def charts(self) -> list[str]:
        """The symbols whose charts were asked for, in order."""
        paths = (urlsplit(line).path for line in self.log)
        return [unquote(p.rsplit("/", 1)[1]) for p in paths if "/v8/finance/chart/" in p]


@contextmanager
def yahoo_server(charts: Mapping[str, Chart]) -> Iterator[Yahoo]:
    """Serves `charts` by symbol: a dict is the JSON answer, bytes the body as they are, a number that HTTP status with
    Yahoo's own words. Every other symbol is unknown (404)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else head and body wait 40 ms for an acknowledgement between them

        def do_GET(self) -> None:
            yahoo.log.append(self.path)
            path = unquote(urlsplit(self.path).path)
            if "/v8/finance/chart/" in path:
                status, body = _response(charts.get(path.rsplit("/", 1)[1], 404))
            else:
                status, body = (200, b"crumb") if path.endswith("/getcrumb") else (404, b"")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        yahoo = Yahoo(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield yahoo
        finally:
            server.shutdown()


def _response(chart: Chart) -> tuple[int, bytes]:
    if isinstance(chart, bytes):
        return 200, chart
    if isinstance(chart, dict):
        return 200, json.dumps(chart).encode()
    if chart in _ERRORS:
        code, description = _ERRORS[chart]
        answer = {"chart": {"result": None, "error": {"code": code, "description": description}}}
        return chart, json.dumps(answer).encode()
    return chart, b"Too Many Requests" if chart == 429 else b"Internal Server Error"


def yahoo_chart(symbol: str, rows: Sequence[Sequence[Any]], **meta: Any) -> dict[str, Any]:
    """A chart answer. A row is (day or Unix time, open, high, low, close, volume); a day stands for 9:30 of its
    exchange. `meta` goes over the metadata of an equity of NasdaqGS in USD; `events` beside it."""
    zone = ZoneInfo(meta.get("exchangeTimezoneName", "America/New_York"))
    events = meta.pop("events", None)
    known = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "NMS",
        "fullExchangeName": "NasdaqGS",
        "instrumentType": "EQUITY",
        "exchangeTimezoneName": "America/New_York",
        "longName": f"{symbol} Sample Inc.",
        "priceHint": 2,
        "dataGranularity": "1d",
        "validRanges": ["1d", "2y", "max"],
    }
    columns: list[list[Any]] = [list(c) for c in zip(*rows, strict=True)] or [[] for _ in range(6)]
    names = ("open", "high", "low", "close", "volume")
    result = {
        "meta": known | meta,
        "timestamp": [_stamp(day, zone) for day in columns[0]],
        "indicators": {"quote": [dict(zip(names, columns[1:], strict=True))], "adjclose": [{"adjclose": columns[4]}]},
    }
    return {"chart": {"result": [result | ({"events": events} if events else {})], "error": None}}


def _stamp(day: str | int, zone: ZoneInfo) -> int:
    if isinstance(day, int):
        return day
    return int(datetime.combine(date.fromisoformat(day), time(9, 30), zone).timestamp())


def unix(instant: str) -> int:
    """The Unix time of an ISO instant in UTC, such as `2026-02-27T21:00:00`."""
    return int(datetime.fromisoformat(instant).replace(tzinfo=UTC).timestamp())
