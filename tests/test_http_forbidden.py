"""What no feed's address may make this machine connect to: judged at `connect()` itself, by an audit hook."""

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import pytest

from ingest.errors import Blocked, Unreachable
from ingest.http import Fetched, Fetcher
from tests.feed_site import Page, Site, serve

NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>t</title></channel></rss>"

HOSTS = [
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "localhost", "LOCALHOST", "localhost."),
    *("2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "0", "0.0.0.0"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.1.254", "3232235777"),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.170.2", "100.100.100.200"),
    *("100.64.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]"),
    *("[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]"),
    *("[ff02::1]", "[fec0::1]", "[2001:db8::1]", "[2001::1]"),
    *("user:pass@127.0.0.1", "8.8.8.8@127.0.0.1", "feeds.example%40x@127.0.0.1", "127。0。0。1", "①②⑦.⓪.⓪.①"),
]
OTHERS = [
    *("file:///etc/passwd", "file://127.0.0.1/etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "data:,x"),
    *("dict://127.0.0.1:11211/x", "ldap://127.0.0.1/x", "jar:http://127.0.0.1!/x", "//127.0.0.1/x", "HTTP:127.0.0.1"),
]
_watching: list[list[Any]] = []


def _note(event: str, given: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _watching:
        _watching[-1].append(given[1])


sys.addaudithook(_note)  # cannot be removed: it does nothing outside these tests


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The addresses that were connected to, or would have been but for the tests' own guard; no proxy in between."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    _watching.append([])
    guarded = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        _watching[-1].append(address)
        guarded(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield _watching[-1]
    _watching.pop()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        running.pages["/feed"] = Page(FEED)
        yield running


def fetch(url: str, *allow: str) -> Fetched:
    async def once() -> Fetched:
        async with Fetcher("openingbell/test", allow, timeout=5) as fetcher:
            return await fetcher.get(url, now=NOW)

    return asyncio.run(once())


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Names under `.example` resolve to these, one a question, in turn; everything else as it does."""
    real, turn = socket.getaddrinfo, cycle(addresses)

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        named = str(host if isinstance(host, str) else host.decode()).endswith(".example")
        return real(next(turn) if named else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_there_are_as_many_addresses_as_promised(record_property: Callable[[str, object], None]) -> None:
    assert len({*HOSTS, *OTHERS}) >= 60
    record_property("addresses", len({*HOSTS, *OTHERS}))


@pytest.mark.parametrize("host", HOSTS)
def test_a_private_address_is_not_connected_to_however_it_is_written(
    connected: list[Any], site: Site, host: str
) -> None:
    with pytest.raises((Blocked, Unreachable)):
        fetch(f"http://{host}:{site.host.rpartition(':')[2]}/feed")
    assert (connected, site.asked) == ([], [])


@pytest.mark.parametrize("url", OTHERS)
def test_only_web_addresses_are_fetched(connected: list[Any], url: str) -> None:
    with pytest.raises(Blocked):
        fetch(url, "127.0.0.1")
    assert connected == []


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/feed", "http://0x7f.2:{port}/feed", *OTHERS[:4]])
def test_a_redirect_leads_to_nothing_private_at_any_depth(
    connected: list[Any], site: Site, target: str, depth: int
) -> None:
    with serve("127.0.0.2") as secret:
        for hop in range(1, depth):
            site.pages[f"/{hop}"] = Page(status=302, headers={"Location": f"/{hop + 1}"})
        end = target.format(port=secret.host.rpartition(":")[2])
        site.pages[f"/{depth}"] = Page(status=302, headers={"Location": end})
        with pytest.raises(Blocked):
            fetch(f"{site.base}/1", site.host)
        assert secret.asked == []
    assert {address[0] for address in connected} == {"127.0.0.1"}


def test_a_name_that_changes_its_answer_gains_nothing(
    connected: list[Any], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Public when asked first, private when asked again: what was judged is what is connected to, and a second
    connection is judged anew."""
    answers(monkeypatch, "192.88.99.1", "127.0.0.1")
    monkeypatch.setattr("ingest.addresses.is_public", lambda address: address == "192.88.99.1")
    port = site.host.rpartition(":")[2]
    with pytest.raises(Unreachable):
        fetch(f"http://rebinds.example:{port}/feed")  # the public address: the tests' own guard stops it there
    with pytest.raises(Blocked):
        fetch(f"http://rebinds.example:{port}/feed")
    assert {address[0] for address in connected} == {"192.88.99.1"}
    assert site.asked == []


def test_a_redirect_back_to_a_name_is_judged_again(
    connected: list[Any], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "127.0.0.2")
    port = site.host.rpartition(":")[2]
    site.pages["/feed"] = Page(status=302, headers={"Location": f"http://inside.example:{port}/feed"})
    with pytest.raises(Blocked, match=r"inside\.example is at 127\.0\.0\.2"):
        fetch(f"{site.base}/feed", site.host)
    assert {address[0] for address in connected} == {"127.0.0.1"}


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:{port}"])
def test_what_the_user_named_is_reached(connected: list[Any], site: Site, allowed: str) -> None:
    port = site.host.rpartition(":")[2]
    assert fetch(f"{site.base}/feed", allowed.format(port=port)).body == FEED
    assert {address[0] for address in connected} == {"127.0.0.1"}
