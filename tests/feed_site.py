"""A web site on loopback whose pages are functions: what the tests of fetching and of feeds talk to."""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """One answer. `length` overrides the honest Content-Length; `then` runs after the body was sent; `instead` has the
    bare connection to itself, and nothing else is sent."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    then: Callable[[], object] = lambda: None
    instead: Callable[[socket.socket], object] | None = None


@dataclass
class Site:
    base: str  # http://127.0.0.1:PORT
    host: str  # 127.0.0.1:PORT
    pages: dict[str, Page | Callable[[Message], Page]] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)  # path, headers
    closing: threading.Event = field(default_factory=threading.Event)  # for a page that hangs until the test is over

    def hang(self) -> None:
        self.closing.wait(60)

    def trickle(self, connection: socket.socket) -> None:
        """A body of which a byte comes now and then, until the test is over."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        while not self.closing.wait(0.2):
            connection.sendall(b"<")


def reset(connection: socket.socket) -> None:
    """Breaks the connection off without a word (RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


@contextmanager
def serve(address: str = "127.0.0.1") -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers))
            found = site.pages.get(self.path, Page(b"no such page", 404))
            page = found(self.headers) if callable(found) else found
            if page.instead:
                self.close_connection = True
                with suppress(OSError):  # the client has seen enough
                    page.instead(self.connection)
                return
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if page.status != 304:
                self.send_header("Content-Length", str(len(page.body) if page.length is None else page.length))
            self.end_headers()
            try:
                self.wfile.write(page.body)
                self.wfile.flush()
            except OSError:
                return  # the client has seen enough
            page.then()
            self.close_connection = page.length is not None

        do_CONNECT = do_GET  # as a proxy is asked for a tunnel: its page is named `host:port`

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer((address, 0), Handler) as server:
        server.daemon_threads = True
        host = f"{address}:{server.server_port}"
        site = Site(f"http://{host}", host)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield site
        finally:
            site.closing.set()
            server.shutdown()
