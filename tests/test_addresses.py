"""Which addresses a feed may be reached at."""

import asyncio
import socket
from typing import Any

import pytest

from ingest.addresses import Gate, is_public
from ingest.errors import Blocked


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),  # 8.8.8.8 behind a NAT64
        ("127.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff0e::1", False),
        ("192.0.0.192", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("64:ff9b:1::7f00:1", False),
        ("fec0::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("allowed", "host", "port", "allows"),
    [
        ("feeds.local", "feeds.local", 80, True),
        ("Feeds.Local", "FEEDS.local", 443, True),
        ("feeds.local:8080", "feeds.local", 8080, True),
        ("feeds.local:8080", "feeds.local", 80, False),
        ("feeds.local", "x.feeds.local", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]", "::1", 80, True),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8080", "::1", 80, False),
    ],
)
def test_named_hosts_are_allowed_with_their_port_where_one_is_named(
    allowed: str, host: str, port: int, allows: bool
) -> None:
    assert Gate([allowed]).allows(host, port) is allows


def _resolver(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def _addresses(gate: Gate, host: str = "feeds.example") -> Any:
    return asyncio.run(gate.addresses(host, 80))


def test_of_mixed_answers_only_the_public_ones_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolver(monkeypatch, "127.0.0.1", "8.8.8.8", "10.0.0.1", "8.8.8.8")
    assert _addresses(Gate([])) == ["8.8.8.8"]
    assert _addresses(Gate(["feeds.example"])) == ["127.0.0.1", "8.8.8.8", "10.0.0.1"]


def test_a_name_with_private_answers_only_is_blocked_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolver(monkeypatch, "10.0.0.1")
    with pytest.raises(
        Blocked, match=r"10\.0\.0\.1, which is no public address; add feeds\.example:80 to allow_private"
    ):
        _addresses(Gate([]))
