"""Real servers on loopback for the tests: ours, and a model server that says what a function tells it to."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from starlette.types import ASGIApp

from assistant.serving.run import listen, server

Reply = Callable[[dict[str, Any]], str]


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """The address of `app`, served as `bell serve` serves it."""
    listening = listen("127.0.0.1", 0)
    served = server(app)
    thread = threading.Thread(target=served.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        served.should_exit = True
        thread.join()


@dataclass
class ModelSite:
    url: str  # as generator_url
    asked: list[dict[str, Any]] = field(default_factory=list)  # bodies, in the order they came
    broken_off: threading.Event = field(default_factory=threading.Event)  # an asker left before the end
    most: int = 0  # requests that were under way at once


@contextmanager
def model_site(reply: Reply, hold: Callable[[], object] = lambda: None) -> Iterator[ModelSite]:
    """Chat completions in OpenAI's form, streamed word by word; `hold` is called before the first and after each."""
    lock = threading.Lock()
    under_way = 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal under_way
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                site.asked.append(asked)
                under_way += 1
                site.most = max(site.most, under_way)
            try:
                self.answer(re.findall(r"\S+\s*", reply(asked)))
            except OSError:
                site.broken_off.set()
            finally:
                with lock:
                    under_way -= 1

        def answer(self, words: list[str]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            hold()
            for word in words:
                chunk = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": word}}]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()
                hold()
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as made:
        site = ModelSite(f"http://127.0.0.1:{made.server_port}/v1")
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield site
        finally:
            made.shutdown()
