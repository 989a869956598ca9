"""The ASGI application: paths, and how a question travels from a request to the assistant and back."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from assistant.api import Assistant
from assistant.errors import BellError, ConfigError
from assistant.serving.completions import DONE, MODELS, Completion, event, listed
from assistant.serving.desk import Desk
from assistant.serving.guard import TOO_LARGE, Access, Guard
from assistant.serving.metrics import Counted, Metrics
from assistant.serving.problems import Document, described, problem, problem_of, status_of
from assistant.serving.questions import LONGEST, Conversation, Instant, Question, complaint
from assistant.serving.rates import Rates
from assistant.types import Answer

Form = Literal["json", "html", "md", "text"]
_MEDIA: dict[Form, str] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
_log = logging.getLogger(__name__)


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
    """The application over `assistant`, which answers from several threads at once. Nothing is loaded yet."""
    limits = limits or Limits()
    desk, metrics = Desk(limits.workers, limits.waiting, limits.seconds), Metrics()
    metrics.watch("bell_questions_working", "Questions being worked on.", lambda: desk.working)
    metrics.watch("bell_questions_waiting", "Questions in line.", lambda: desk.waiting)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    # The pages that FastAPI makes about an application load scripts from elsewhere: docs/SERVING.md is ours.
    app = FastAPI(title="openingbell", openapi_url=None, lifespan=lifespan, redirect_slashes=False)
    _Paths(assistant, desk, metrics).add_to(app)
    _add_errors(app)
    app.add_middleware(Guard, access=access, rates=Rates(limits.per_minute, limits.burst))
    paths = frozenset(str(getattr(route, "path", "")) for route in app.routes)
    app.add_middleware(Counted, metrics=metrics, paths=paths)
    return app


class _Paths:
    """One method a path."""

    def __init__(self, assistant: Assistant, desk: Desk, metrics: Metrics) -> None:
        self._assistant, self._desk, self._metrics = assistant, desk, metrics

    def add_to(self, app: FastAPI) -> None:
        app.get("/health")(self.health)
        app.get("/metrics")(self.metrics)
        app.post("/ask")(self.ask)
        app.get("/briefing")(self.briefing)
        app.get("/v1/models")(self.models)
        app.post("/v1/chat/completions")(self.completions)

    def health(self) -> Response:
        """Whether questions can be answered: the store can be read."""
        try:
            self._assistant.ledger.sources.last_run()
        except Exception:
            _log.exception("the store cannot be read")
            return problem(503, "the store cannot be read", "the server's log says why")
        return Document({"status": "ok"})

    async def metrics(self) -> Response:
        return Response(self._metrics.text(), media_type=CONTENT_TYPE_LATEST)

    async def models(self) -> Response:
        return Document(listed(datetime.fromtimestamp(0, UTC)))

    async def ask(self, question: Question) -> Response:
        self._check_time(question.as_of)
        asked = (question.question, question.arm, question.use_model, question.as_of)
        answer = await self._desk.call(lambda: self._current().ask(*asked))
        self._metrics.answered(answer)
        return Document(answer.to_dict(question.explain))

    async def briefing(
        self,
        since: Annotated[str, Query(max_length=40)] = "24h",
        form: Annotated[Form, Query(alias="format")] = "json",
        as_of: Instant | None = None,
    ) -> Response:
        """It is not remembered: what changed is counted from the last `bell brief`."""
        self._check_time(as_of)
        made = await self._desk.call(lambda: self._current().briefing(since, as_of).render(form))
        return Response(made, media_type=_MEDIA[form])

    async def completions(self, asked: Conversation) -> Response:
        if asked.model not in MODELS:
            return problem(404, f"there is no model {asked.model[:60]!r}", f"the models are {', '.join(MODELS)}")
        if not asked.questions:
            raise ConfigError("no message of the role user has text", "send the question as the last one")
        if len(asked.questions[-1]) > LONGEST:
            return problem(413, f"the question has more than {LONGEST} characters", "ask a shorter one")
        self._check_time(asked.as_of)
        completion = Completion.begun(asked.model, self._assistant.config.clock(), self._assistant.zone.key)
        told = self._counted(self._desk.run(lambda: self._pieces(asked)))
        if not asked.stream:
            return Document(completion.whole([t async for t in told]))
        first = await anext(told)  # what fails before any text is an error, not a stream
        return StreamingResponse(_events(completion, first, told), media_type="text/event-stream")

    def _pieces(self, asked: Conversation) -> Generator[str | Answer, None, None]:
        """The checked text as it becomes final, then the whole answer."""
        *earlier, question = asked.questions
        session = self._current().session(MODELS[asked.model], as_of=asked.as_of)
        session.recall(q for q in earlier if len(q) <= LONGEST)
        stream = session.stream(question)
        yield from stream
        yield stream.answer

    async def _counted(self, told: AsyncGenerator[str | Answer, None]) -> AsyncGenerator[str | Answer, None]:
        try:
            async for item in told:
                if isinstance(item, Answer):
                    self._metrics.answered(item)
                yield item
        finally:
            await told.aclose()

    def _current(self) -> Assistant:
        self._assistant.keep_up()
        return self._assistant

    def _check_time(self, as_of: datetime | None) -> None:
        if as_of is not None and as_of > self._assistant.now():
            raise ConfigError("`as_of` lies in the future", "leave it out to ask of now")


async def _events(
    completion: Completion, first: str | Answer, rest: AsyncGenerator[str | Answer, None]
) -> AsyncGenerator[str, None]:
    yield completion.opening()
    yield completion.piece(first)
    try:
        async for told in rest:
            yield completion.piece(told)
    except BellError as error:
        yield event(described(status_of(error), error.cause, error.fix)) + DONE
    except Exception:
        _log.exception("an answer broke off")
        yield event(described(500, *_INTERNAL)) + DONE
    finally:
        await rest.aclose()


_INTERNAL = ("internal error", "the server's log has the details")
_HTTP = {
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
        return problem(500, *_INTERNAL)


def _wrong_request(errors: Any) -> Response:
    kind = errors[0]["type"]
    if kind == "json_invalid":
        return problem(400, "the body is no JSON", "send a JSON object with Content-Type: application/json")
    if kind == "model_attributes_type" and isinstance(errors[0]["input"], bytes):  # by its type none that is read
        return problem(415, "the body is no JSON object", "send one, with Content-Type: application/json")
    if kind == "string_too_long" and "question" in errors[0]["loc"]:
        return problem(413, complaint(errors), "ask a shorter question")
    return problem(422, complaint(errors), "correct the request; its fields are in docs/SERVING.md")
