"""Fetching over real loopback servers: manners, limits, and what may not be reached."""

import asyncio
import gzip
import socket
import struct
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import Blocked, ConfigError, RateLimited, Refused, SourceError, TooLarge, Unreachable
from ingest.http import MAX_HOLD, Fetched, Fetcher, fresh_until, retry_after, user_agent
from tests.feed_site import Page, Site, serve
from tests.sizes import HEADERS

NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


@pytest.fixture(autouse=True)
def _no_proxy_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def fetch(url: str, allow: tuple[str, ...] = ("127.0.0.1",), **options: Any) -> Fetched:
    validators = {k: options.pop(k) for k in ("etag", "last_modified") if k in options}

    async def once() -> Fetched:
        async with Fetcher("openingbell/test", allow, **options) as fetcher:
            return await fetcher.get(url, now=NOW, **validators)

    return asyncio.run(once())


# Manners --------------------------------------------------------------------------------------------------------


def test_an_answer_carries_status_headers_in_lower_case_and_body(site: Site) -> None:
    site.pages["/feed"] = Page(FEED, headers={"ETag": '"1"', "X-Other": "Yes"})
    answer = fetch(f"{site.base}/feed")
    assert (answer.status, answer.url, answer.body) == (200, f"{site.base}/feed", FEED)
    assert (answer.headers["etag"], answer.headers["x-other"], answer.permanent_url) == ('"1"', "Yes", None)


@pytest.mark.parametrize("etag", ['"plain"', 'W/"weak"', "no quotes at all", '"caf\xe9-\xff"', '"a, b"'])
def test_validators_go_back_byte_for_byte_and_304_is_a_normal_answer(site: Site, etag: str) -> None:
    stamp = "yesterday, about noon"  # not ours to understand

    def page(headers: Any) -> Page:
        known = headers["If-None-Match"] == etag and headers["If-Modified-Since"] == stamp
        return Page(b"" if known else FEED, 304 if known else 200, {"ETag": etag, "Last-Modified": stamp})

    site.pages["/feed"] = page
    first = fetch(f"{site.base}/feed")
    second = fetch(f"{site.base}/feed", etag=first.headers["etag"], last_modified=first.headers["last-modified"])
    assert (first.status, second.status, second.body) == (200, 304, b"")
    assert "If-None-Match" not in site.asked[0][1]


def test_it_names_itself_and_asks_for_feeds(site: Site) -> None:
    site.pages["/feed"] = Page(FEED)
    fetch(f"{site.base}/feed")
    headers = site.asked[0][1]
    assert headers["User-Agent"] == "openingbell/test"
    assert "application/rss+xml" in headers["Accept"]
    assert headers["Accept-Encoding"] == "gzip, deflate"


def test_the_user_agent_gives_the_contact_and_refuses_what_no_header_may_hold() -> None:
    assert user_agent("bell@example.com").startswith("openingbell/")
    assert user_agent("bell@example.com").endswith(" bell@example.com")
    assert " " not in user_agent(None)
    with pytest.raises(ConfigError, match="user_agent_contact"):
        user_agent("bell@example.com\r\nX-Injected: yes")


# Redirects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hops", "moved_to"),
    [
        ([301], "/1"),
        ([308, 301], "/2"),
        ([302], None),
        ([301, 302], "/1"),  # what comes after a temporary hop has not moved for good
        ([307, 301], None),
    ],
)
def test_a_permanent_move_is_reported_as_far_as_it_is_permanent(
    site: Site, hops: list[int], moved_to: str | None
) -> None:
    for step, status in enumerate(hops):
        site.pages[f"/{step}"] = Page(status=status, headers={"Location": str(step + 1)})
    site.pages[f"/{len(hops)}"] = Page(FEED)
    answer = fetch(f"{site.base}/0")
    assert answer.url == f"{site.base}/{len(hops)}"
    assert answer.permanent_url == (moved_to and site.base + moved_to)


def test_a_redirect_loop_ends(site: Site) -> None:
    site.pages["/loop"] = Page(status=302, headers={"Location": "/loop"})
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        fetch(f"{site.base}/loop")
    assert len(site.asked) == 6


def test_a_redirect_without_a_target_is_refused(site: Site) -> None:
    site.pages["/feed"] = Page(status=302)
    with pytest.raises(Refused, match="302"):
        fetch(f"{site.base}/feed")


def test_an_allowed_private_host_opens_no_other(site: Site) -> None:
    with serve("127.0.0.2") as other:
        other.pages["/secret"] = Page(FEED)
        site.pages["/feed"] = Page(status=302, headers={"Location": f"{other.base}/secret"})
        with pytest.raises(Blocked, match=r"127\.0\.0\.2"):
            fetch(f"{site.base}/feed", allow=(site.host,))
        assert other.asked == []
        assert fetch(f"{site.base}/feed", allow=(site.host, other.host)).body == FEED


def test_an_allowed_port_opens_no_other_port(site: Site) -> None:
    with serve() as other:
        site.pages["/feed"] = Page(status=301, headers={"Location": f"{other.base}/secret"})
        with pytest.raises(Blocked):
            fetch(f"{site.base}/feed", allow=(site.host,))
        assert other.asked == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1", "data:,x"])
def test_redirects_lead_to_web_addresses_only(site: Site, target: str) -> None:
    site.pages["/feed"] = Page(status=302, headers={"Location": target})
    with pytest.raises(Blocked):
        fetch(f"{site.base}/feed")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "feed.xml", "", "http://", "http://a:b/"])
def test_what_is_no_web_address_is_not_fetched(url: str) -> None:
    with pytest.raises(Blocked, match="address"):
        fetch(url)


# What may not be reached ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "[::1]", "[::]"),
        *("[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1"),
        *("[fc00::1]", "[fe80::1]", "[ff02::1]", "user:pass@127.0.0.1"),
    ],
)
def test_private_addresses_are_refused_however_they_are_written(site: Site, host: str) -> None:
    port = site.host.rpartition(":")[2]
    with pytest.raises(Blocked, match="public address"):
        fetch(f"http://{host}:{port}/feed", allow=())
    assert site.asked == []


def test_a_name_is_judged_by_the_address_behind_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    port = site.host.rpartition(":")[2]
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: real("127.0.0.1", *a, **k))
    site.pages["/feed"] = Page(FEED)
    with pytest.raises(Blocked, match=r"feeds\.example is at 127\.0\.0\.1"):
        fetch(f"http://feeds.example:{port}/feed", allow=())
    assert site.asked == []
    assert fetch(f"http://feeds.example:{port}/feed", allow=("feeds.example",)).body == FEED


def test_a_name_nobody_knows_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"feeds\.example: the name cannot be resolved"):
        fetch("http://feeds.example/feed")


# Bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", FEED),
        ("gzip", gzip.compress(FEED)),
        ("deflate", zlib.compress(FEED)),
        ("GZIP", gzip.compress(FEED)),
    ],
)
def test_compressed_bodies_come_out_plain(site: Site, encoding: str, body: bytes) -> None:
    site.pages["/feed"] = Page(body, headers={"Content-Encoding": encoding})
    assert fetch(f"{site.base}/feed").body == FEED


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(site: Site) -> None:
    site.pages |= {"/fits": Page(b"x" * 1000), "/more": Page(b"x" * 1001)}
    assert len(fetch(f"{site.base}/fits", max_bytes=1000).body) == 1000
    with pytest.raises(TooLarge):
        fetch(f"{site.base}/more", max_bytes=1000)


def test_a_compression_bomb_is_stopped_before_it_fills_the_memory(site: Site) -> None:
    site.pages["/bomb"] = Page(gzip.compress(bytes(64 * 2**20), 9), headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            fetch(f"{site.base}/bomb", max_bytes=2**20)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(FEED, headers={"Content-Encoding": "gzip"}), "incorrect header"),  # a lie
        (Page(FEED, headers={"Content-Encoding": "br"}), "encoded as br"),
        (Page(gzip.compress(gzip.compress(FEED)), headers={"Content-Encoding": "gzip, gzip"}), "encoded as"),
        (Page(FEED[:20], length=len(FEED)), "complete message"),  # cut off
    ],
)
def test_a_body_that_cannot_be_trusted_is_not_handed_on(site: Site, page: Page, reason: str) -> None:
    site.pages["/feed"] = page
    with pytest.raises(Unreachable, match=reason):
        fetch(f"{site.base}/feed")


def test_a_server_that_does_not_finish_is_left(site: Site) -> None:
    site.pages["/hangs"] = Page(FEED[:10], length=len(FEED), then=site.hang)
    with pytest.raises(Unreachable, match=r"did not finish answering within 0\.3 s"):
        fetch(f"{site.base}/hangs", timeout=0.3)


def test_a_connection_that_breaks_off_is_unreachable() -> None:
    def hang_up(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, no goodbye
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, args=[listener], daemon=True).start()
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1: \w+"):
            fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/feed")


def test_connections_that_fail_are_unreachable(site: Site) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        fetch(f"https://{site.host}/feed")  # no TLS there
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            fetch(f"http://127.0.0.1:{taken.getsockname()[1]}/feed")  # nobody listens


# Refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500, 502])
def test_a_refusal_names_host_and_status(site: Site, status: int) -> None:
    site.pages["/feed"] = Page(status=status)
    with pytest.raises(Refused, match=rf"127\.0\.0\.1 answered {status}") as caught:
        fetch(f"{site.base}/feed")
    assert (caught.value.status, type(caught.value)) == (status, Refused)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_says_until_when(site: Site, status: int) -> None:
    site.pages["/feed"] = Page(status=status, headers={"Retry-After": "120"})
    with pytest.raises(RateLimited) as caught:
        fetch(f"{site.base}/feed")
    assert (caught.value.status, caught.value.retry_after) == (status, NOW + timedelta(seconds=120))


SERVER_CLOCK = "Fri, 27 Feb 2026 23:00:00 GMT"  # an hour and a half ahead of ours


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", None, 120),
        (" 0 ", None, 0),
        ("Fri, 27 Feb 2026 21:31:00 GMT", None, 60),
        ("Fri, 27 Feb 2026 16:31:00 -0500", None, 60),
        ("Fri, 27 Feb 2026 21:31:00", None, 60),  # no zone: taken as GMT
        ("Fri, 27 Feb 2026 23:05:00 GMT", SERVER_CLOCK, 300),  # the wait counts by the server's clock
        ("Fri, 27 Feb 2026 23:05:00 GMT", "nonsense", 5700),
        ("Fri, 27 Feb 2026 20:00:00 GMT", None, 0),  # past
        ("999999999", None, 31 * 86400),
        ("9" * 5000, None, None),
        ("Fri, 27 Feb 2026 21:30:00 GMT", None, 0),
        ("Friday, 27-Feb-26 21:31:00 GMT", None, 60),
        ("Fri Feb 27 21:31:00 2026", None, 60),
        ("Sat, 28 Feb 2026 06:31:00 +0900", None, 60),
        ("Fri, 27 Feb 2026 21:31:00 CET", None, 60),  # a zone that no standard names: as GMT
        ("Fri, 27 Feb 2099 21:31:00 GMT", None, 31 * 86400),
        ("Fri, 31 Feb 2026 21:31:00 GMT", None, None),
        ("2026-02-27T21:31:00Z", None, None),
        ("2678401", None, 31 * 86400),
        ("0120", None, 120),
        ("120, 60", None, None),
        ("120s", None, None),
        ("0x78", None, None),
        ("²", None, None),
        ("-5", None, None),
        ("1.5", None, None),
        ("soon", None, None),
        ("", None, None),
    ],
)
def test_retry_after(value: str, date: str | None, seconds: int | None) -> None:
    headers = {"retry-after": value} | ({"date": date} if date else {})
    assert retry_after(headers, NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


@given(st.text(), st.text())
def test_retry_after_is_never_further_than_a_month(value: str, date: str) -> None:
    until = retry_after({"retry-after": value, "date": date}, NOW)
    assert until is None or NOW <= until <= NOW + MAX_HOLD


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'public, Max-Age="600" , must-revalidate'}, 600),
        ({"cache-control": "max-age=600", "age": "500"}, 100),
        ({"cache-control": "max-age=600", "age": "700"}, None),
        ({"cache-control": "max-age=600", "age": "old"}, 600),
        ({"cache-control": "max-age=600", "expires": "Fri, 27 Feb 2026 21:31:00 GMT"}, 600),  # max-age goes first
        ({"expires": "Fri, 27 Feb 2026 21:31:00 GMT"}, 60),
        ({"expires": "Fri, 27 Feb 2026 23:05:00 GMT", "date": SERVER_CLOCK}, 300),
        ({"expires": "Fri, 27 Feb 2026 20:00:00 GMT"}, None),
        ({"expires": "0"}, None),
        ({"cache-control": "max-age=999999999999999"}, 31 * 86400),
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "max-age=-5"}, None),
        ({"cache-control": "max-age=soon", "expires": "Fri, 27 Feb 2026 21:31:00 GMT"}, None),
        ({"cache-control": "max-age=" + "9" * 5000}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "no-store", "expires": "Fri, 27 Feb 2026 21:31:00 GMT"}, None),
        ({}, None),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: int | None) -> None:
    assert fresh_until(headers, NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


@settings(max_examples=HEADERS)
@given(st.text(), st.integers(), st.text(), st.text(), st.text())
def test_whatever_a_server_says_of_freshness_lies_ahead_and_within_a_month(
    told: str, seconds: int, expires: str, date: str, age: str
) -> None:
    for cache_control in (told, f"max-age={seconds}", f"max-age={told}"):
        until = fresh_until({"cache-control": cache_control, "expires": expires, "date": date, "age": age}, NOW)
        assert until is None or NOW < until <= NOW + MAX_HOLD


def test_error_lines_hold_no_password(site: Site) -> None:
    site.pages["/feed"] = Page(status=403)
    with pytest.raises(SourceError) as caught:
        fetch(f"http://reader:hunter2@{site.host}/feed?token=hunter2")
    assert "hunter2" not in str(caught.value)
    assert site.asked[0][1]["Authorization"].startswith("Basic ")


# Proxies --------------------------------------------------------------------------------------------------------


def test_a_proxy_of_the_environment_is_used_and_may_be_private(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_addresses(host: str, *a: Any, **k: Any) -> Any:
        if host.endswith(".example"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return real(host, *a, **k)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", only_addresses)
    monkeypatch.setenv("HTTP_PROXY", f"http://me:pw@{site.host}")
    site.pages["http://feeds.example/feed"] = Page(FEED)
    assert fetch("http://feeds.example/feed", allow=()).body == FEED
    assert site.asked[0][1]["Proxy-Authorization"].startswith("Basic ")


def test_behind_a_proxy_private_addresses_stay_closed_and_allowed_hosts_direct(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody there
    site.pages["/feed"] = Page(FEED)
    with pytest.raises(Blocked):
        fetch("http://127.0.0.2/feed", allow=())
    assert fetch(f"{site.base}/feed", allow=(site.host,)).body == FEED


def resolving(monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: real(address if host == name else host, *a, **k))


@pytest.mark.parametrize("target", ["http://127.0.0.2/feed", "http://inside.example/feed", "http://0x7f.1/feed"])
def test_behind_a_proxy_every_hop_is_judged_before_the_proxy_hears_of_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    resolving(monkeypatch, "inside.example", "10.0.0.1")
    monkeypatch.setenv("HTTP_PROXY", site.base)
    site.pages["http://8.8.8.8/feed"] = Page(status=302, headers={"Location": target})
    for url in ("http://8.8.8.8/feed", target):
        with pytest.raises(Blocked):
            fetch(url, allow=())
    assert [path for path, _ in site.asked] == ["http://8.8.8.8/feed"]


def test_a_secure_address_is_a_tunnel_through_the_proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", site.base)
    with pytest.raises(Unreachable):  # this proxy makes none
        fetch("https://8.8.8.8/feed", allow=())
    assert [path for path, _ in site.asked] == ["8.8.8.8:443"]
    with pytest.raises(Blocked):
        fetch("https://127.0.0.2/feed", allow=())
    assert len(site.asked) == 1


def test_what_goes_past_the_proxy_is_judged_at_the_connection(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "here.example", "127.0.0.1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody there
    monkeypatch.setenv("NO_PROXY", "here.example")
    url = f"http://here.example:{site.host.rpartition(':')[2]}/feed"
    site.pages["/feed"] = Page(FEED)
    with pytest.raises(Blocked, match=r"here\.example is at 127\.0\.0\.1"):
        fetch(url, allow=())
    assert site.asked == []
    assert fetch(url, allow=("here.example",)).body == FEED


def test_a_proxy_of_an_unknown_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(Blocked, match="socks5"):
        fetch("http://8.8.8.8/feed", allow=())
