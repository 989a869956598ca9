"""httpx's road to the network: connections to checked addresses only, or by way of the operator's proxy."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from ingest.addresses import Gate
from ingest.errors import Blocked, Unreachable

_PIECE = 4096  # compressed bytes decoded at a time: gzip grows at most 1,032 times, so a bomb costs 4 MB


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


class Transport(httpx.AsyncBaseTransport):
    """A pool of direct, checked connections, and one for each proxy in use."""

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
        host, port = url.raw_host.decode("ascii", "replace"), url.port or (443 if url.scheme == "https" else 80)
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
