"""The paths, and how a question travels from a request through the desk to the assistant and back."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from fastapi import FastAPI, Query, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response, StreamingResponse

from assistant.api import Assistant
from assistant.errors import BellError, ConfigError
from assistant.serving.completions import DONE, MODELS, Completion, event, listed
from assistant.serving.desk import Desk
from assistant.serving.metrics import Metrics
from assistant.serving.problems import INTERNAL, Document, described, problem, status_of
from assistant.serving.questions import LONGEST, Conversation, Instant, Question
from assistant.types import Answer

Form = Literal["json", "html", "md", "text"]
Item = TypeVar("Item")
Told = Generator[str | Answer, None, None]
_MEDIA: dict[Form, str] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
LEFT = Response(status_code=499)  # nobody reads it; it is counted
_log = logging.getLogger(__name__)


class Paths:
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

    async def ask(self, question: Question, request: Request) -> Response:
        self._check_time(question.as_of)
        told = await _while_there(request, self._told(lambda: self._answered(question)))
        return next((Document(t.to_dict(question.explain)) for t in told if isinstance(t, Answer)), LEFT)

    async def briefing(
        self,
        request: Request,
        since: Annotated[str, Query(max_length=40)] = "24h",
        form: Annotated[Form, Query(alias="format")] = "json",
        as_of: Instant | None = None,
    ) -> Response:
        """It is not remembered: what changed is counted from the last `bell brief`."""
        self._check_time(as_of)
        made = await _while_there(request, self._desk.run(lambda: self._briefed(since, as_of, form)))
        return Response(made[0], media_type=_MEDIA[form]) if made else LEFT

    async def completions(self, asked: Conversation, request: Request) -> Response:
        if asked.model not in MODELS:
            return problem(404, f"there is no model {asked.model[:60]!r}", f"the models are {', '.join(MODELS)}")
        if not asked.questions:
            raise ConfigError("no message of the role user has text", "send the question as the last one")
        if len(asked.questions[-1]) > LONGEST:
            return problem(413, f"the question has more than {LONGEST} characters", "ask a shorter one")
        self._check_time(asked.as_of)
        completion = Completion.begun(asked.model, self._assistant.config.clock(), self._assistant.zone.key)
        told = self._told(lambda: self._conversed(asked))
        if not asked.stream:
            whole = await _while_there(request, told)
            return Document(completion.whole(whole)) if whole else LEFT
        first = await anext(told)  # what fails before any text is an error, not a stream
        return StreamingResponse(_events(completion, first, told), media_type="text/event-stream")

    # In a thread of the desk: the checked text as it becomes final, then the whole answer

    def _answered(self, question: Question) -> Told:
        stream = self._current().stream(question.question, question.arm, question.use_model, question.as_of)
        yield from stream
        yield stream.answer

    def _conversed(self, asked: Conversation) -> Told:
        *earlier, question = asked.questions
        session = self._current().session(MODELS[asked.model], as_of=asked.as_of)
        session.recall(q for q in earlier if len(q) <= LONGEST)
        stream = session.stream(question)
        yield from stream
        yield stream.answer

    def _briefed(self, since: str, as_of: datetime | None, form: Form) -> Generator[str, None, None]:
        yield self._current().briefing(since, as_of).render(form)

    # In the event loop

    async def _told(self, work: Callable[[], Told]) -> AsyncGenerator[str | Answer, None]:
        async with aclosing(self._desk.run(work)) as told:
            async for item in told:
                if isinstance(item, Answer):
                    self._metrics.answered(item)
                yield item

    def _current(self) -> Assistant:
        self._assistant.keep_up()
        return self._assistant

    def _check_time(self, as_of: datetime | None) -> None:
        if as_of is not None and as_of > self._assistant.now():
            raise ConfigError("`as_of` lies in the future", "leave it out to ask of now")


async def _while_there(request: Request, told: AsyncGenerator[Item, None]) -> list[Item]:
    """All that is told; nothing where the asker leaves before its end, and the work is then given up."""

    async def all_of_it() -> list[Item]:
        async with aclosing(told):
            return [item async for item in told]

    async def left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    listening, leaving = asyncio.create_task(all_of_it()), asyncio.create_task(left())
    try:
        await asyncio.wait({listening, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return await listening if listening.done() else []
    finally:
        listening.cancel()
        leaving.cancel()


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
        yield event(described(500, *INTERNAL)) + DONE
    finally:
        await rest.aclose()
