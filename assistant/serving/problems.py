"""Errors as one JSON form, on every path: what happened, what to do next, and the fields that OpenAI's clients read."""

import json
from typing import Any

from starlette.responses import Response

from assistant.errors import BellError, ConfigError, ModelBusy, ModelError, StoreError
from assistant.serving.desk import Busy, Late

INTERNAL = ("internal error", "the server's log has the details")
_TYPES = {401: "authentication_error", 429: "rate_limit_error"}
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    421: "wrong_host",
    422: "invalid",
    429: "rate_limited",
    500: "internal",
    502: "model_failed",
    503: "busy",
    504: "too_late",
}
_STATUS: dict[type[BellError], int] = {
    Busy: 503,
    ModelBusy: 503,
    Late: 504,
    ModelError: 502,
    StoreError: 503,
    ConfigError: 400,
    BellError: 500,
}


class Document(Response):
    """JSON in ASCII: no text that anybody stored can break it, not even half of a character."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode("ascii")


def described(status: int, cause: str, fix: str = "") -> dict[str, Any]:
    """The error document. `message` is what a chat client shows: the cause, then the next step."""
    message = f"{cause}; {fix}" if fix else cause
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    code = _CODES.get(status, "error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code, "cause": cause, "fix": fix}}


def problem(status: int, cause: str, fix: str = "", **headers: str) -> Document:
    """The error as a response; `headers` are named with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Document(described(status, cause, fix), status_code=status, headers=named)


def problem_of(error: BellError) -> Document:
    """The error of ours as a response; one that passes by itself says when to ask again."""
    headers = {"Retry_After": str(error.retry_after)} if isinstance(error, Busy | ModelBusy) else {}
    return problem(status_of(error), error.cause, error.fix, **headers)


def status_of(error: BellError) -> int:
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))
