"""What stands before every path: the right host, the token, a rate, a size. Nothing behind it is reached without."""

import math
import re
import time
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.serving.problems import problem
from assistant.serving.rates import Rates
from assistant.serving.token import matches

OPEN = frozenset({"/health"})  # asked by what supervises the process, without a token
MOST_BYTES = 128 * 1024  # of a body: a long conversation fits
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::\d{1,5})?")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask: bearers of `token` (None: everybody), of servers called one of `hosts` (None: by any name)."""

    token: str | None
    hosts: frozenset[str] | None


class Guard:
    """ASGI middleware. A web page that has its name resolve to this machine asks under that name, and is refused for
    it; one of another origin gets no leave to read, for no CORS header is ever sent."""

    def __init__(self, app: ASGIApp, access: Access, rates: Rates) -> None:
        self._app, self._access, self._rates = app, access, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_ALWAYS)
            await send(message)

        refused = self._refused(scope, Headers(scope=scope))
        await (refused or self._app)(scope, _limited(receive), hardened)

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        if not self._right_host(headers.get("host", "")):
            return problem(421, "this server does not go by that name", "start it with --allow-host NAME to let it")
        if scope["path"] in OPEN:
            return None
        if self._access.token is not None and not matches(self._access.token, headers.get("authorization", "")):
            fix = "send the header Authorization: Bearer TOKEN; `bell serve` says where the token is kept"
            return problem(401, "no token, or not this server's", fix, WWW_Authenticate="Bearer")
        wait = math.ceil(self._rates.wait(scope["client"][0] if scope.get("client") else "", time.monotonic()))
        if wait:
            return problem(429, "too many requests", f"ask again in {wait} s", Retry_After=str(wait))
        return problem(413, *TOO_LARGE) if _too_long(headers.get("content-length", "")) else None

    def _right_host(self, host: str) -> bool:
        if self._access.hosts is None:
            return True
        found = _HOST.fullmatch(host)
        return found is not None and found[1].lower() in self._access.hosts


TOO_LARGE = (f"the body has more than {MOST_BYTES // 1024} KiB", "ask one question at a time, with a shorter history")


def _too_long(length: str) -> bool:
    return length.isdecimal() and (len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES)


def _limited(receive: Receive) -> Receive:
    """A body without an honest length is cut off where it grows too long."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise HTTPException(413)
        return message

    return limited
