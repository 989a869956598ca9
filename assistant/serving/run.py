"""Listens on a socket and serves an application until it is told to stop."""

import socket

import uvicorn
from starlette.types import ASGIApp

from assistant.errors import BellError

CONNECTIONS = 256  # open at once: beyond them a client is turned away before it has said anything
_GRACE = 10  # seconds that running answers have once the server is told to stop


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port` (0: any that is free)."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BellError(f"cannot listen on {host} port {port}: {reason}", "choose another --host or --port") from error


def server(app: ASGIApp) -> uvicorn.Server:
    """A server without a log of requests: they may name what its owner holds. Errors go to stderr."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=_GRACE,
        )
    )
