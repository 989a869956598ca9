"""A site of many feeds on loopback, fast enough not to be what is measured: `python -m tests.bench.feeds FEEDS`.

Feed n lies at http://127.0.0.H:PORT/n, H from 1 to `HOSTS`: as many hosts as real feeds have, on one machine. `GET
/turn` has all of them carry new entries from then on. Prints its port; ends with its input.
"""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.client import HTTPConnection
from subprocess import PIPE, Popen

ENTRIES, HOSTS = 30, 100
NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
_WORDS = [f"{a}{b}{c}" for a in ("mar", "ter", "sol", "ven", "lo") for b in "aeiou" for c in ("ket", "n", "ting", "st")]


@dataclass(frozen=True)
class Site:
    urls: list[str]
    hosts: tuple[str, ...]
    port: int

    def turn(self) -> None:
        """From here on every feed carries other entries."""
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/turn")
        connection.getresponse().read()
        connection.close()


@contextmanager
def site(feeds: int) -> Iterator[Site]:
    """The site in a process of its own."""
    with Popen([sys.executable, "-m", "tests.bench.feeds", str(feeds)], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        urls = [f"http://127.0.0.{1 + n % HOSTS}:{port}/{n}" for n in range(feeds)]
        yield Site(urls, tuple(f"127.0.0.{1 + n}" for n in range(HOSTS)), port)


def document(feed: int, edition: int) -> bytes:
    """RSS of some 21 kB, its entries an hour apart."""
    rng = random.Random(feed * 1_000 + edition)
    items = (_item(rng, f"{feed}-{edition}-{n}", NOW - timedelta(hours=n)) for n in range(ENTRIES))
    head = f"<title>Wire {feed}</title><link>https://wire{feed}.test/</link><description>News</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def _item(rng: random.Random, name: str, at: datetime) -> str:
    words = rng.choices(_WORDS, k=60)
    title, text = " ".join(words[:9]).capitalize(), " ".join(words[9:]).capitalize()
    link = f"https://wire.test/story/{name}?utm_source=rss"
    return (
        f"<item><title>{title} (NYSE: T{rng.randrange(90)})</title><link>{link}</link><guid>{name}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><description><![CDATA[<p>{text}.</p> <a href='{link}'>More</a>]]>"
        "</description></item>"
    )


class _Pages:
    """All documents of one edition, made beforehand so that no measurement waits for them."""

    def __init__(self, feeds: int) -> None:
        self._edition, self._feeds = 0, feeds
        self._turn()

    def _turn(self) -> None:
        self._edition += 1
        self._documents = [document(n, self._edition) for n in range(self._feeds)]

    def answer(self, request: bytes) -> bytes:
        path, tag = request.split(b" ", 2)[1], b'"%d"' % self._edition
        if path == b"/turn":
            self._turn()
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        if b"if-none-match: " + tag in request.lower():
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + tag + b"\r\n\r\n"
        body = self._documents[int(path[1:])]
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
        return head % (tag, len(body)) + body


class _Connection(asyncio.Protocol):
    def __init__(self, pages: _Pages) -> None:
        self._pages, self._asked = pages, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            request, _, self._asked = self._asked.partition(b"\r\n\r\n")
            self._transport.write(self._pages.answer(request))


async def _serve(feeds: int) -> None:
    pages, loop = _Pages(feeds), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(pages), "0.0.0.0", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
