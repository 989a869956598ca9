"""Fetches feeds politely and safely. The only file that knows httpx (and httpcore, which lies beneath it).

What a feed's address may reach: http and https only, and only public addresses, judged when the connection is made and
again on every redirect, unless the host is named in `allow_private_hosts`. A proxy in the environment (HTTP_PROXY,
HTTPS_PROXY, ALL_PROXY, NO_PROXY) is honoured: it is the operator's and exempt, and names which this machine cannot
resolve are the proxy's to judge; hosts in `allow_private_hosts` are always reached directly.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType, TracebackType
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from ingest.addresses import Gate
from ingest.errors import Blocked, ConfigError, Held, RateLimited, Refused, TooLarge, Unreachable
from ingest.schedule import server

MAX_BYTES = 15 * 2**20  # of a body, after decompression
MAX_HOLD = timedelta(days=31)  # no server may silence itself for longer
_CONNECT_SECONDS = 5.0
_PIECE = 4096  # compressed bytes decoded at a time: gzip grows at most 1,032 times, so a bomb costs 4 MB
_ENCODINGS = {"", "identity", "gzip", "deflate"}  # a list of them could be a bomb within a bomb
_REDIRECTS = {301, 302, 303, 307, 308}
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_FAILURES = (
    httpx.HTTPError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    OSError,
)


def user_agent(contact: str | None) -> str:
    """How this program names itself; `contact` (an address or a URL) is what some public servers ask for."""
    try:
        release = version("openingbell")
    except PackageNotFoundError:  # run from a checkout that was never installed
        release = "dev"
    if contact and not (contact.isascii() and contact.isprintable()):
        raise ConfigError("user_agent_contact holds characters that a header may not", "use plain ASCII")
    return f"openingbell/{release} {contact or ''}".strip()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: 2xx, or 304 with an empty body. `url` is where it came from after redirects."""

    status: int
    url: str
    headers: Mapping[str, str]  # names in lower case; values as Latin-1, so that validators go back byte for byte
    body: bytes
    permanent_url: str | None  # where the source has moved for good (301, 308 from the first hop on)


class Fetcher:
    """One client for one run: `async with Fetcher(user_agent(contact)) as fetcher`.

    `allow_private_hosts` holds `host` or `host:port`; `timeout` is the total of one fetch in seconds.
    """

    def __init__(
        self,
        user_agent: str,
        allow_private_hosts: Collection[str] = (),
        timeout: float = 20.0,
        max_bytes: int = MAX_BYTES,
        max_redirects: int = 5,
    ) -> None:
        self._timeout, self._max_bytes, self._max_redirects = timeout, max_bytes, max_redirects
        headers = {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=min(_CONNECT_SECONDS, timeout), pool=None),
            transport=_Transport(Gate(allow_private_hosts)),
        )

    async def __aenter__(self) -> "Fetcher":
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def get(
        self,
        url: str,
        *,
        now: datetime,
        etag: str | None = None,
        last_modified: str | None = None,
        holds: Mapping[str, datetime] = MappingProxyType({}),
    ) -> Fetched:
        """One conditional GET. A `Retry-After` counts from `now`. A redirect to a server in `holds` (as
        `schedule.server` names it; until when) is not followed.

        Raises `Blocked`, `Unreachable`, `Refused`, `RateLimited`, `Held` or `TooLarge`.
        """
        address = _address(url)
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = [(k.encode(), v.encode("latin-1")) for k, v in validators.items() if v]
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(address, headers, now, holds)
        except TimeoutError as error:
            raise Unreachable(f"{_host(address)} did not finish answering within {self._timeout:g} s") from error
        except httpx.InvalidURL as error:
            raise Blocked(f"{_host(address)} redirects to something that is no web address") from error
        except _FAILURES as error:
            raise Unreachable(f"{_host(address)}: {str(error)[:200] or 'the connection broke off'}") from error

    async def _follow(
        self, address: httpx.URL, headers: list[tuple[bytes, bytes]], now: datetime, holds: Mapping[str, datetime]
    ) -> Fetched:
        moved, permanent = True, None
        for _ in range(self._max_redirects + 1):
            async with self._client.stream("GET", address, headers=headers) as response:
                if response.status_code not in _REDIRECTS:
                    return await self._accept(response, permanent, now)
                address = _target(response)
            if until := holds.get(server(str(address))):
                raise Held(until, server(str(address)))
            moved = moved and response.status_code in {301, 308}
            permanent = str(address) if moved else permanent
        raise Unreachable(f"{_host(address)}: more than {self._max_redirects} redirects")

    async def _accept(self, response: httpx.Response, permanent: str | None, now: datetime) -> Fetched:
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers.raw}
        status = response.status_code
        cause = f"{_host(response.url)} answered {status} {response.reason_phrase}"
        if status in {429, 503}:
            said = server(str(response.url))
            raise RateLimited(cause, status=status, retry_after=retry_after(headers, now), server=said)
        if status >= 400:
            gone = "its address is gone for good and asked no more: `bell feeds rm` it" if status == 410 else ""
            raise Refused(cause, gone, status=status)
        return Fetched(status, str(response.url), headers, await self._body(response), permanent)

    async def _body(self, response: httpx.Response) -> bytes:
        host, encoding = _host(response.url), response.headers.get("content-encoding", "").lower()
        if encoding not in _ENCODINGS:
            raise Unreachable(f"{host} sent its answer encoded as {encoding[:40]}, which was not asked for")
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > self._max_bytes:
                raise TooLarge(f"{host} sent more than {self._max_bytes / 2**20:g} MiB")
        return bytes(body)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The instant named by `Retry-After` (seconds or a date), at most `MAX_HOLD` after `now`; None where it is absent
    or makes no sense. A date is read against the server's own clock, so that a wrong one here does no harm."""
    value = headers.get("retry-after", "").strip()
    try:
        wait = int(value) if value.isdigit() else (_date(value) - _server_time(headers, now)).total_seconds()
        return now + timedelta(seconds=min(max(wait, 0), MAX_HOLD.total_seconds()))
    except (ValueError, OverflowError):
        return None


def fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when the server calls its answer fresh, by `Cache-Control` or else `Expires`, at most `MAX_HOLD` after
    `now`; None where it does not say, says it in no usable way, or wants every use to ask anew."""
    directives = (d.partition("=") for d in headers.get("cache-control", "").split(","))
    told = {k.strip().lower(): v.strip(' "') for k, _, v in directives}
    try:
        if not told.keys().isdisjoint({"no-cache", "no-store"}):
            return None
        if "max-age" in told:
            age = headers.get("age", "")
            wait = float(int(told["max-age"]) - (int(age) if age.isdigit() else 0))
        else:
            wait = (_date(headers["expires"]) - _server_time(headers, now)).total_seconds()
        return now + timedelta(seconds=min(wait, MAX_HOLD.total_seconds())) if wait > 0 else None
    except (KeyError, ValueError, OverflowError):
        return None


def _date(value: str) -> datetime:
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    try:
        return _date(headers["date"])
    except (KeyError, ValueError):
        return now


# Addresses ------------------------------------------------------------------------------------------------------


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Blocked(f"no web address: {error}", "correct it or remove the feed") from error
    if address.scheme not in {"http", "https"} or not address.raw_host:
        raise Blocked(f"{address.scheme or 'no'} scheme: only http and https addresses of a host are read")
    return address


def _target(response: httpx.Response) -> httpx.URL:
    location = response.headers.get("location")
    if not location:
        status = response.status_code
        raise Refused(f"{_host(response.url)} answered {status} without a place to go on to", status=status)
    return _address(str(response.url.join(location)))


def _host(address: httpx.URL) -> str:
    """What error lines call a source: never more of its address, which may hold a password or a key."""
    return address.raw_host.decode("ascii", "replace")


# Transport ------------------------------------------------------------------------------------------------------


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that passed the gate: the very ones, so that a name cannot change its answer."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._inner = gate, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for address in await self._gate.addresses(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")


class _Pieces(httpx.AsyncByteStream):
    """A body in small pieces, so that decompression is looked at before it has grown."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            for start in range(0, len(chunk), _PIECE):
                yield chunk[start : start + _PIECE]

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Transport(httpx.AsyncBaseTransport):
    """httpx's road to the network: a pool of direct, checked connections, and one for each proxy in use."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._tls = httpx.create_ssl_context()
        self._pools: dict[str | None, httpcore.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        pool = self._pool(await self._proxy(request.url))
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = await pool.handle_async_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        )
        stream = _Pieces(answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def _proxy(self, url: httpx.URL) -> str | None:
        host, port = _host(url), url.port or (443 if url.scheme == "https" else 80)
        proxies = getproxies()
        proxy = proxies.get(url.scheme) or proxies.get("all")
        if not proxy or self._gate.allows(host, port) or proxy_bypass(host):
            return None
        with suppress(Unreachable):  # no name server here knows it: usual behind a proxy
            await self._gate.addresses(host, port)
        return proxy

    def _pool(self, proxy: str | None) -> httpcore.AsyncConnectionPool:
        if proxy not in self._pools:
            self._pools[proxy] = httpcore.AsyncConnectionPool(
                ssl_context=self._tls,
                proxy=_proxy(proxy) if proxy else None,
                network_backend=None if proxy else _CheckedBackend(self._gate),
                max_connections=None,
                max_keepalive_connections=8,
            )
        return self._pools[proxy]


def _proxy(address: str) -> httpcore.Proxy:
    try:
        url = httpx.URL(address if "://" in address else f"http://{address}")
    except httpx.InvalidURL as error:
        raise Blocked("the proxy in the environment is no web address", "correct HTTPS_PROXY") from error
    if url.scheme not in {"http", "https"}:
        raise Blocked(f"the proxy in the environment is of kind {url.scheme}", "use an http or https proxy")
    auth = (url.username, url.password) if url.username else None
    return httpcore.Proxy(str(url.copy_with(username=None, password=None)), auth=auth)
