"""One client for one run: conditional requests, redirects hop by hop, bodies of a bounded size, typed failures."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType, TracebackType

import httpcore
import httpx

from ingest.addresses import Gate
from ingest.errors import Blocked, ConfigError, Held, RateLimited, Refused, TooLarge, Unreachable
from ingest.http.headers import retry_after
from ingest.http.transport import Transport
from ingest.schedule import server

MAX_BYTES = 15 * 2**20  # of a body, after decompression
_CONNECT_SECONDS = 5.0
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
            transport=Transport(Gate(allow_private_hosts)),
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
