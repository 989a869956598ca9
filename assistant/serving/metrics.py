"""What the server counts, for Prometheus: requests by path and status, answers by outcome, times, places taken."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.types import Answer

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 2, 5, 10, 30, 60, 120)
OTHER = "other"  # every path that is none: what anybody may ask for must not make series without end


class Metrics:
    """One registry a server: two in one process do not count into each other."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter("bell_requests", "Requests answered.", ["path", "status"], registry=self.registry)
        self.answers = Counter("bell_answers", "Questions answered.", ["status"], registry=self.registry)
        self.first = Histogram("bell_first_text_seconds", "Until an answer's first text, since work on it began.",
                               buckets=_SECONDS, registry=self.registry)  # fmt: skip
        self.total = Histogram("bell_answer_seconds", "Until an answer was whole, since work on it began.",
                               buckets=_SECONDS, registry=self.registry)  # fmt: skip
        self.seconds = Histogram("bell_request_seconds", "Until a response was sent, waiting included.", ["path"],
                                 buckets=_SECONDS, registry=self.registry)  # fmt: skip

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """A gauge that is read whenever the metrics are."""
        Gauge(name, help_text, registry=self.registry).set_function(value)

    def answered(self, answer: Answer) -> None:
        self.answers.labels(answer.status).inc()
        self.first.observe(answer.timings_ms["first_token"] / 1000)
        self.total.observe(answer.timings_ms["total"] / 1000)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class Counted:
    """ASGI middleware that counts every response, those of the guard too."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self._paths else OTHER
        started = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(path, str(message["status"])).inc()
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            self._metrics.seconds.labels(path).observe(time.perf_counter() - started)
