"""A real server on loopback: twenty askers at once through a real model server, OpenAI's own client, a server that is
full, hostile bytes, and `bell serve` as a process."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import APIStatusError, OpenAI

from assistant.api import Assistant
from assistant.config import AssistantConfig
from assistant.generator.remote import RemoteModel
from assistant.serving.app import Limits, make_app
from assistant.serving.guard import Access
from ingest.config import Config
from ingest.index import open_index
from tests.conftest import NOW, ROOT, ScriptedModel, hash_embedding
from tests.loopback import model_site, running
from tests.twenty_companies import NAMES, PRICE, SUM, fill, pointing

WEB = httpx.Client(trust_env=False, timeout=60)  # the environment's proxy is a dead one
TOKEN = "a-token-of-the-tests-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only, but for receipts."""
    config = Config(home=tmp_path_factory.mktemp("served"))
    fill(config, hash_embedding(), "hash", 64)
    return config.home


@contextmanager
def served(home: Path, model: Any = None, limits: Limits | None = None) -> Iterator[str]:
    """With `model`, nothing is loaded."""
    assistant = Assistant(AssistantConfig(home=home, now=NOW))
    parts = {"_news_parts": (open_index(assistant.config, "hash"), hash_embedding())}
    assistant.__dict__.update(parts | ({"generator": model} if model else {}))
    with running(make_app(assistant, Access(TOKEN, frozenset({"127.0.0.1"})), limits)) as url:
        yield url
    assistant.close()


def openai(url: str, key: str = TOKEN) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, http_client=WEB)


def asking(url: str, question: str) -> dict[str, Any]:
    got = WEB.post(f"{url}/ask", json={"question": question}, headers=BEARER)
    assert got.status_code == 200, got.text
    document: dict[str, Any] = got.json()
    return document


def test_twenty_askers_at_once_each_get_their_own_answer(home: Path) -> None:
    together = threading.Barrier(4)  # the model server sees several at a time, or nobody is served

    def hold() -> None:
        with suppress(threading.BrokenBarrierError):
            together.wait(30)
            together.abort()

    def asks(symbol: str) -> tuple[dict[str, Any], str, dict[str, Any]]:
        question = f"What contract did {symbol} win?"
        said = openai(url).chat.completions.create(
            model="openingbell", messages=[{"role": "user", "content": question}], stream=True
        )
        text = ""
        answer: dict[str, Any] = {}
        for chunk in said:
            text += chunk.choices[0].delta.content or ""
            answer = (chunk.model_extra or {}).get("answer", answer)
        return asking(url, f"What did {symbol} close at?"), text, answer

    with (
        model_site(pointing, hold) as model,
        served(home, RemoteModel(model.url, "served"), Limits(workers=8, burst=100)) as url,
        ThreadPoolExecutor(len(NAMES)) as pool,
    ):
        told = dict(zip(NAMES, pool.map(asks, NAMES), strict=True))
    for symbol, (price, text, answer) in told.items():
        assert (price["status"], answer["status"]) == ("answered", "answered")
        assert f"{NAMES[symbol]} ({symbol}) closed at {PRICE[symbol]:.2f} USD" in price["text"]
        assert f"{NAMES[symbol]} won a contract worth {SUM[symbol]} in Oslo" in text
        others = [name for other, name in NAMES.items() if other != symbol]
        assert [name for name in others if name in json.dumps([price, text, answer])] == []
        assert {f["symbol"] for f in price["figures"]} == {symbol}
    assert len(model.asked) == len(NAMES)
    assert model.most > 1


def test_openais_client_reads_answers_models_and_errors(home: Path) -> None:
    with served(home, ScriptedModel("[1a]")) as url:
        client = openai(url)
        got = client.chat.completions.create(
            model="openingbell", messages=[{"role": "user", "content": "What did AMMB close at?"}], temperature=0.7
        )
        assert "Amber Foundry (AMMB) closed at 110.01 USD" in (got.choices[0].message.content or "")
        assert (got.model_extra or {})["answer"]["figures"][0]["value"] == 110.01
        assert "openingbell-rag" in {m.id for m in client.models.list()}
        with pytest.raises(APIStatusError, match="no token") as caught:
            openai(url, "wrong").models.list()
        assert caught.value.status_code == 401
        with pytest.raises(APIStatusError, match="there is no model") as caught:
            client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "x"}])
        assert caught.value.status_code == 404


def test_it_serves_while_its_models_are_being_loaded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loading, free = threading.Event(), threading.Event()

    def load(*_: Any) -> ScriptedModel:
        loading.set()
        free.wait(60)
        return ScriptedModel("[1a]")

    monkeypatch.setattr("assistant.generator.load_generator", load)
    with served(home) as url:
        assert loading.wait(60)
        assert WEB.get(f"{url}/health").status_code == 200
        assert asking(url, "What did AMMB close at?")["status"] == "answered"
        free.set()
        assert "wins a contract" in asking(url, "What contract did AMMB win?")["text"]


def test_a_full_server_says_so_at_once_and_serves_again_when_it_is_not(home: Path) -> None:
    free = threading.Event()

    def waits(_: str) -> str:
        free.wait(60)
        return "[1a]"

    def ask(_: int) -> int:
        question = {"question": "What contract did AMMB win?"}
        return WEB.post(f"{url}/ask", json=question, headers=BEARER).status_code

    with (
        served(home, ScriptedModel(waits), Limits(workers=1, waiting=2)) as url,
        ThreadPoolExecutor(3) as pool,
    ):
        asked = [pool.submit(ask, n) for n in range(3)]
        while "bell_questions_waiting 2.0" not in WEB.get(f"{url}/metrics", headers=BEARER).text:
            time.sleep(0.01)
        got = WEB.post(f"{url}/ask", json={"question": "What did AMMB close at?"}, headers=BEARER)
        assert (got.status_code, got.json()["error"]["code"]) == (503, "busy")
        assert int(got.headers["retry-after"]) >= 1
        assert WEB.get(f"{url}/health").status_code == 200
        free.set()
        assert [a.result() for a in asked] == [200, 200, 200]
        assert asking(url, "What did AMMB close at?")["status"] == "answered"


def test_a_question_in_line_whose_asker_leaves_makes_room(home: Path) -> None:
    free = threading.Event()
    story, price = ({"question": f"What {q}?"} for q in ("contract did AMMB win", "did AMMB close at"))
    with (
        served(home, ScriptedModel(lambda _: str(free.wait(60))), Limits(workers=1, waiting=1)) as url,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(WEB.post, f"{url}/ask", json=story, headers=BEARER)
        while "bell_questions_working 1.0" not in WEB.get(f"{url}/metrics", headers=BEARER).text:
            time.sleep(0.01)
        for _ in range(3):  # each takes the one place in line, and leaves it again
            with pytest.raises(httpx.ReadTimeout):
                WEB.post(f"{url}/ask", json=price, headers=BEARER, timeout=0.1)
            while "bell_questions_waiting 1.0" in WEB.get(f"{url}/metrics", headers=BEARER).text:
                time.sleep(0.01)
        free.set()
        assert first.result().status_code == 200


def test_a_question_has_its_time_and_no_more(home: Path) -> None:
    free = threading.Event()
    with served(home, ScriptedModel(lambda _: str(free.wait(60))), Limits(workers=2, seconds=0.3)) as url:
        got = WEB.post(f"{url}/ask", json={"question": "What contract did AMMB win?"}, headers=BEARER)
        assert (got.status_code, got.json()["error"]["code"]) == (504, "too_late")
        free.set()


# Hostile bytes ---------------------------------------------------------------------------------------------------


def raw(url: str, sent: bytes) -> bytes:
    """What the server says to `sent`, until it closes or stays silent."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except (ConnectionError, TimeoutError):
            return b""


AUTH = f"Authorization: Bearer {TOKEN}\r\n".encode()
HOST = b"Host: 127.0.0.1\r\n"
HOSTILE = [
    (b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + AUTH + b"\r\n", b"404"),
    (b"GET /v1/../metrics HTTP/1.1\r\n" + HOST + AUTH + b"\r\n", b"404"),
    (b"GET /health/../metrics HTTP/1.1\r\n" + HOST + b"\r\n", b"401"),
    (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + HOST + AUTH + b"\r\n", b"404"),
    (b"GET //metrics HTTP/1.1\r\n" + HOST + b"\r\n", b"401"),
    (b"GET http://evil.example/metrics HTTP/1.1\r\n" + HOST + b"\r\n", b"401"),
    (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n" + AUTH + b"\r\n", b"421"),
    (b"GET /metrics HTTP/1.0\r\n" + AUTH + b"\r\n", b"421"),
    (b"GET /metrics HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n" + AUTH + b"\r\n", b"400"),
    (b"GET /metrics HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 200_000 + b"\r\n\r\n", b"4"),
    (b"POST /ask HTTP/1.1\r\n" + HOST + AUTH + b"Content-Length: 999999999\r\n\r\n{", b"413"),
    (b"POST /ask HTTP/1.1\r\n" + HOST + AUTH + b"Content-Length: -5\r\n\r\n{}", b"400"),
    (
        b"POST /ask HTTP/1.1\r\n" + HOST + AUTH + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"4",
    ),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b""),
    (b"\x00" * 100_000, b""),
]  # fmt: skip


def test_hostile_bytes_reach_nothing_and_leave_the_server_as_it_was(home: Path) -> None:
    with served(home, ScriptedModel()) as url:
        for sent, status in HOSTILE:
            said = raw(url, sent)
            assert not said or said.split(b" ", 2)[1].startswith(status), (sent[:60], said[:200])
            assert b"root:" not in said
            assert b"bell_requests" not in said
        assert asking(url, "What did AMMB close at?")["status"] == "answered"


# The command -----------------------------------------------------------------------------------------------------


@contextmanager
def bell_serve(home: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", str, list[str]]]:
    """`bell serve`, its address and what it said until it listened."""
    command = [sys.executable, "-m", "assistant", "serve", "--home", str(home), "--port", "0", *options]
    environ = os.environ | {"BELL_NOW": NOW.isoformat()}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environ) as process:
        try:
            assert process.stderr is not None
            said = []
            for line in process.stderr:
                said.append(line)
                if found := re.match(r"Listening on (\S+)", line):
                    yield process, found[1], said
                    break
            else:
                pytest.fail("".join(said))
        finally:
            process.kill()


def test_bell_serve_shows_its_token_once_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with bell_serve(tmp_path) as (process, url, said):
        [token] = re.findall(r"shown this once: (\S+)", "".join(said))
        file = tmp_path / "serve.token"
        assert (file.read_text(), file.stat().st_mode & 0o777) == (f"{token}\n", 0o600)
        assert WEB.get(f"{url}/health").status_code == 200
        assert WEB.get(f"{url}/v1/models").status_code == 401
        assert WEB.get(f"{url}/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        process.send_signal(signal.SIGINT)
        # A shell that starts the tests in the background has interrupts ignored, and children inherit that: the server
        # ends all the same, without having been interrupted.
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert process.wait(30) == (0 if ignored else 130)
    with bell_serve(tmp_path) as (_, url, said):
        assert token not in "".join(said)
        assert WEB.get(f"{url}/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code == 200
