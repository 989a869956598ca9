"""The ASGI application: what stands before the paths, and what goes wrong in one form."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from assistant.api import Assistant
from assistant.errors import BellError
from assistant.serving.desk import Desk
from assistant.serving.guard import TOO_LARGE, Access, Guard
from assistant.serving.metrics import Counted, Metrics
from assistant.serving.paths import Paths
from assistant.serving.problems import INTERNAL, problem, problem_of
from assistant.serving.questions import complaint
from assistant.serving.rates import Rates


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be asked: `workers` questions at once and `waiting` in line, each `seconds` long; of an address
    `per_minute` requests, and `burst` at once."""

    workers: int = 4
    waiting: int = 32
    seconds: float = 120.0
    per_minute: float = 120.0
    burst: int = 30


def make_app(assistant: Assistant, access: Access, limits: Limits | None = None) -> FastAPI:
    """The application over `assistant`, which answers from several threads at once. It serves as soon as it is started
    and loads its models behind that; a question that needs them waits for the rest."""
    limits = limits or Limits()
    desk, metrics = Desk(limits.workers, limits.waiting, limits.seconds), Metrics()
    metrics.watch("bell_questions_working", "Questions being worked on.", lambda: desk.working)
    metrics.watch("bell_questions_waiting", "Questions in line.", lambda: desk.waiting)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with suppress(BellError):  # /health tells it
            if assistant.ledger.news.count():  # else no question has stories to wait for
                assistant.warm()
        yield
        desk.close()

    # The pages that FastAPI makes about an application load scripts from elsewhere: docs/SERVING.md is ours.
    app = FastAPI(title="openingbell", openapi_url=None, lifespan=lifespan, redirect_slashes=False)
    Paths(assistant, desk, metrics).add_to(app)
    _add_errors(app)
    app.add_middleware(Guard, access=access, rates=Rates(limits.per_minute, limits.burst))
    paths = frozenset(str(getattr(route, "path", "")) for route in app.routes)
    app.add_middleware(Counted, metrics=metrics, paths=paths)
    return app


_SEND_JSON = "send a JSON object with Content-Type: application/json"
_HTTP = {
    400: ("the body cannot be read as JSON", _SEND_JSON),
    404: ("there is no such path", "the paths are in docs/SERVING.md"),
    405: ("that path does not take this method", "the paths are in docs/SERVING.md"),
    413: TOO_LARGE,
}


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(BellError)
    async def _told(_: Request, error: BellError) -> Response:
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    async def _misshapen(_: Request, error: RequestValidationError) -> Response:
        return _wrong_request(error.errors())

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        return problem(error.status_code, *_HTTP.get(error.status_code, (str(error.detail), "")))

    @app.exception_handler(Exception)
    async def _broken(_: Request, __: Exception) -> Response:
        return problem(500, *INTERNAL)


def _wrong_request(errors: Any) -> Response:
    kind = errors[0]["type"]
    if kind == "json_invalid":
        return problem(400, "the body is no JSON", _SEND_JSON)
    if kind == "model_attributes_type" and isinstance(errors[0]["input"], bytes):  # by its type none that is read
        return problem(415, "the body is not said to be JSON", _SEND_JSON)
    if kind == "string_too_long" and "question" in errors[0]["loc"]:
        return problem(413, complaint(errors), "ask a shorter question")
    return problem(422, complaint(errors), "correct the request; its fields are in docs/SERVING.md")
