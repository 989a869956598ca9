"""A model server as the generator: one request an answer, clear errors, and a key that is never shown."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole

from assistant.generator import load_generator
from assistant.generator import remote as remote_module
from assistant.generator.line import Full, Line
from ingest.config import Config
from ingest.errors import ConfigError, ModelBusy, ModelError
from tests.loopback import model_site

KEY = "sk-very-secret"
SPOKEN = ["A ", "dividend ", "is ", "cash."]


class Stub(BaseHTTPRequestHandler):
    """Chat completions as OpenAI-compatible servers give them; the model's name chooses the mishap."""

    seen: list[dict[str, Any]]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append({"path": self.path, "authorization": self.headers["Authorization"], **asked})
        mishap = {
            "locked": (401, json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})),
            "absent": (404, json.dumps({"error": {"message": "no such model"}})),
            "busy": (503, "overloaded"),
            "page": (200, "<html>Welcome</html>"),
            "empty": (200, "{}"),
            "odd": (200, 'data: {"choices": 7}\n\n'),
            "torn": (200, "data: {not json\n\n"),
            "sorry": (200, 'data: {"error": {"message": "out of memory"}}\n\n'),
        }.get(asked["model"])
        if mishap:
            self.answer(*mishap, "text/event-stream" if mishap[1].startswith("data") else "application/json")
        elif asked.get("stream"):
            chunks = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": w}}]} for w in SPOKEN]
            self.answer(
                200, "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n", "text/event-stream"
            )
        else:
            message = {"role": "assistant", "content": "".join(SPOKEN)}
            self.answer(200, json.dumps({"choices": [{"index": 0, "message": message}]}), "application/json")

    def answer(self, status: int, body: str, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


def user(text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole.USER, content=text)


def system(text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole.SYSTEM, content=text)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with started(Stub) as made:
        yield made


@contextmanager
def started(stub: type[Stub]) -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), type("Fresh", (stub,), {"seen": []}))
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()


def url_of(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/v1"


def seen_by(server: ThreadingHTTPServer) -> list[dict[str, Any]]:
    return server.RequestHandlerClass.seen  # type: ignore[attr-defined,no-any-return]


def remote(home: Path, url: str, model: str = "served", key: str | None = KEY) -> Any:
    return load_generator(Config(home=home, generator_url=url, generator_model=model, generator_api_key=key))


def test_a_server_answers_whole_and_in_pieces(home: Path, server: ThreadingHTTPServer) -> None:
    llm = remote(home, url_of(server))
    asked = [system("Be brief."), user("What is a dividend?")]
    assert llm.chat(asked).message.content == "A dividend is cash."
    assert [p.delta for p in llm.stream_chat(asked)] == SPOKEN
    assert llm.complete("What is a dividend?").text == "A dividend is cash."
    assert [p.delta for p in llm.stream_complete("What is a dividend?")] == SPOKEN
    first = seen_by(server)[0]
    assert (first["path"], first["authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert (first["model"], first["temperature"], first["max_tokens"]) == ("served", 0, 160)
    assert [m["role"] for m in first["messages"]] == ["system", "user"]
    assert llm.with_adapter(False).model_info == {"base": "served", "adapter": "as served"}


def test_a_call_may_ask_the_server_for_fewer_tokens(home: Path, server: ThreadingHTTPServer) -> None:
    remote(home, url_of(server)).complete("What is a dividend?", max_tokens=5)
    assert [r["max_tokens"] for r in seen_by(server)] == [5]


def test_a_key_of_the_environment_is_not_sent_to_a_server_that_has_none(
    home: Path, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody-elses")
    remote(home, url_of(server), key=None).complete("What is a dividend?")
    assert seen_by(server)[0]["authorization"] == "Bearer none"


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        ("locked", r"answered 401: .*\*\*\*.*; set generator_api_key"),
        ("absent", "answered 404: .*no such model.*; generator_url usually ends in /v1"),
        ("busy", "answered 503: .*; ask again in 5 s"),
        ("page", "gave no OpenAI chat answer"),
        ("empty", "gave no OpenAI chat answer"),
    ],
)
def test_a_server_that_refuses_is_one_clear_line(
    home: Path, server: ThreadingHTTPServer, model: str, complaint: str
) -> None:
    llm = remote(home, url_of(server), model)
    asks = [llm.complete] if model in {"page", "empty"} else [llm.complete, lambda p: list(llm.stream_complete(p))]
    for ask in asks:
        with pytest.raises(ModelError, match=complaint) as caught:
            ask("What is a dividend?")
        assert url_of(server) in str(caught.value)
        assert KEY not in str(caught.value)
    assert len(seen_by(server)) <= 2  # no retries


@pytest.mark.parametrize(
    ("model", "complaint"),
    [("odd", "gave no OpenAI chat answer"), ("torn", "gave no OpenAI chat answer"), ("sorry", "failed: out of memory")],
)
def test_a_stream_that_goes_wrong_is_one_clear_line(
    home: Path, server: ThreadingHTTPServer, model: str, complaint: str
) -> None:
    with pytest.raises(ModelError, match=complaint):
        list(remote(home, url_of(server), model).stream_chat([user("What is a dividend?")]))


def test_a_server_that_is_not_there_is_named_without_its_password(home: Path, server: ThreadingHTTPServer) -> None:
    port = server.server_address[1]
    server.server_close()
    llm = remote(home, f"http://me:{KEY}@127.0.0.1:{port}/v1")
    for ask in (llm.complete, lambda p: list(llm.stream_complete(p))):
        with pytest.raises(ModelError, match=f"http://127.0.0.1:{port}/v1 cannot be reached") as caught:
            ask("What is a dividend?")
        assert KEY not in str(caught.value)


def test_the_key_is_in_no_description_of_the_model(home: Path, server: ThreadingHTTPServer) -> None:
    llm = remote(home, url_of(server))
    assert KEY not in f"{llm!r} {llm} {llm.to_dict()} {llm.metadata} {llm.model_info}"


@pytest.mark.parametrize(
    ("url", "model", "complaint"),
    [
        ("127.0.0.1:8000", "served", "generator_url is no http address"),
        ("http://", "served", "generator_url is no http address"),
        ("http://[::1", "served", "generator_url is no http address"),
        ("http://127.0.0.1:8000/v1", None, "generator_model is not"),
    ],
)
def test_a_server_that_is_set_up_in_part_is_a_config_error(
    home: Path, url: str, model: str | None, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_generator(Config(home=home, generator_url=url, generator_model=model))


# Limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("header", "seconds"), [("17", 17), ("0", 1), ("999999999999", 5), ("soon", 5), (None, 5)])
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_without_room_tells_when_to_come_back(
    home: Path, status: int, header: str | None, seconds: int
) -> None:
    class NoRoom(Stub):
        def do_POST(self) -> None:
            self.send_response(status)
            if header:
                self.send_header("Retry-After", header)
            self.end_headers()

    with started(NoRoom) as made:
        url = url_of(made)
        for ask in (remote(home, url).complete, lambda p: list(remote(home, url).stream_complete(p))):
            with pytest.raises(ModelBusy, match=f"answered {status}") as caught:
                ask("What is a dividend?")
            assert caught.value.retry_after == seconds


def test_a_server_that_says_nothing_or_no_end_is_given_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_module, "TIMEOUT", 0.1)
    over = threading.Event()
    with model_site(lambda _: "never", lambda: over.wait(30)) as silent:
        with pytest.raises(ModelError, match="did not answer in time"):
            list(remote(home, silent.url).stream_chat([user("What is a dividend?")]))
        over.set()
    monkeypatch.setattr(remote_module, "WHOLE", -1.0)
    with (
        model_site(lambda _: "word " * 100) as endless,
        pytest.raises(ModelError, match="was not done in -1 s; read that server's log"),
    ):
        list(remote(home, endless.url).stream_chat([user("What is a dividend?")]))


def test_a_stream_that_is_closed_has_the_server_stop(home: Path) -> None:
    with model_site(lambda _: "word " * 200_000) as site:
        stream = remote(home, site.url).stream_chat([user("What is a dividend?")])
        assert next(stream).delta == "word "
        stream.close()
        assert site.broken_off.wait(30)


def test_a_server_that_breaks_off_says_so(home: Path) -> None:
    class Torn(Stub):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ff\r\ndata: {")
            self.close_connection = True

    with started(Torn) as made, pytest.raises(ModelError, match="broke off its answer"):
        list(remote(home, url_of(made)).stream_chat([user("What is a dividend?")]))


def test_many_threads_are_let_through_a_few_at_a_time_and_each_hears_its_own_answer(home: Path) -> None:
    def echo(asked: dict[str, Any]) -> str:
        return f"about {asked['messages'][-1]['content']}"

    with model_site(echo) as site, ThreadPoolExecutor(20) as pool:
        llm = remote(home, site.url)
        llm._line = Line(at_once=3, waiting=20, patience=30)
        told = list(pool.map(lambda n: "".join(p.delta for p in llm.stream_chat([user(f"bond {n}")])), range(20)))
    assert told == [f"about bond {n}" for n in range(20)]
    assert site.most <= 3


def test_beyond_the_line_a_question_is_turned_away_at_once(home: Path) -> None:
    over = threading.Event()
    with model_site(lambda _: "done", lambda: over.wait(30)) as site, ThreadPoolExecutor(3) as pool:
        llm = remote(home, site.url)
        llm._line = Line(at_once=1, waiting=2, patience=30)
        asked = [pool.submit(lambda: list(llm.stream_chat([user("bond")]))) for _ in range(3)]
        while llm._line.length < 3:
            pass
        with pytest.raises(ModelBusy, match="has 3 questions to answer first; ask again in 5 s"):
            llm.with_adapter(False).complete("What is a dividend?")
        over.set()
        assert all(a.result() for a in asked)


def test_a_place_in_the_line_is_given_back_whatever_happens() -> None:
    line = Line(at_once=1, waiting=0, patience=0.01)
    for _ in range(3):
        with pytest.raises(KeyError), line.place():
            raise KeyError
    with line.place(), pytest.raises(Full), line.place():
        pass
    patient = Line(at_once=1, waiting=1, patience=0.01)
    with patient.place(), pytest.raises(Full), patient.place():
        pass
    assert (line.length, patient.length) == (0, 0)


# The adapter -----------------------------------------------------------------------------------------------------


def test_base_and_adapter_are_asked_for_by_their_names(home: Path, server: ThreadingHTTPServer) -> None:
    config = Config(
        home=home,
        generator_url=url_of(server),
        generator_model="base",
        generator_adapter="tuned",
        generator_api_key=KEY,
    )
    llm: Any = load_generator(config)
    for view in (llm, llm.with_adapter(True), llm.with_adapter(False)):
        view.complete("What is a dividend?")
        list(view.stream_chat([user("What is a dividend?")]))
    assert [r["model"] for r in seen_by(server)] == ["tuned"] * 4 + ["base"] * 2
    assert llm.model_info == {"base": "base", "adapter": "tuned"}
    assert llm.with_adapter(False).model_info == {"base": "base", "adapter": None}
