"""The HTTP contract: what each path answers, who may ask, how much, and one form for whatever goes wrong."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.api import Assistant
from assistant.config import AssistantConfig
from assistant.serving.app import Limits, make_app
from assistant.serving.completions import MODELS
from assistant.serving.guard import MOST_BYTES, Access
from ingest.config import Config
from ingest.errors import ModelBusy, ModelError
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.types import RunReport
from tests.conftest import NOW, ScriptedModel, article, put_market
from tests.test_answering import searching

TOKEN = "a-token-of-the-tests-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CLOSES = [100.0, 102.0, 101.0, 99.0, 103.0, 104.0, 108.0, 107.0, 110.25, 105.5]
STORY = article(
    "Kestrel Robotics lifts its outlook",
    "Kestrel Robotics raised its revenue forecast to 2.4 billion USD after orders from warehouses doubled.",
    symbols=("KSTL",),
)
CLOSED = "What did KSTL close at?"
WHY = "How did KSTL do this week, and why?"


@dataclass
class Asked:
    """An application under test, its client, and what it is made of."""

    client: TestClient
    assistant: Assistant
    model: ScriptedModel

    def ask(self, question: str = CLOSED, **more: Any) -> Any:
        return self.client.post("/ask", json={"question": question, **more}, headers=BEARER)

    def chat(self, *messages: str | dict[str, Any], **more: Any) -> Any:
        """Messages of the user's, and others as they are."""
        said = [m if isinstance(m, dict) else {"role": "user", "content": m} for m in messages]
        body = {"model": "openingbell", "messages": said, **more}
        return self.client.post("/v1/chat/completions", json=body, headers=BEARER)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filled")
    with closing(upgrade_ledger(Config(home=home))) as ledger:
        put_market(ledger, "KSTL", CLOSES, "Kestrel Robotics")
        put_market(ledger, "TDWL", list(reversed(CLOSES)), "Tidewell Energy")
        ledger.news.put([STORY])
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "home"))


def serving(home: Path, access: Access | None = None, limits: Limits | None = None) -> Iterator[Asked]:
    assistant, model = Assistant(AssistantConfig(home=home, now=NOW)), ScriptedModel("[1b]")
    assistant.__dict__["generator"] = model
    if home.exists():
        assistant.__dict__["_search_news"] = searching(open_ledger(assistant.config))
    app = make_app(assistant, access or Access(TOKEN, frozenset({"testserver"})), limits or Limits(per_minute=60_000))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Asked(client, assistant, model)
    assistant.close()


@pytest.fixture
def served(home: Path) -> Iterator[Asked]:
    yield from serving(home)


def error(response: Any) -> tuple[int, str]:
    """The status and the code of an error, which has the one form that all have."""
    found = response.json()["error"]
    assert list(response.json()) == ["error"]
    assert list(found) == ["message", "type", "param", "code", "cause", "fix"]
    assert found["cause"]
    assert found["fix"]
    assert found["message"] == f"{found['cause']}; {found['fix']}"
    assert "\n" not in found["message"]
    return response.status_code, found["code"]


def events(response: Any) -> list[Any]:
    *told, last, rest = response.text.split("\n\n")
    assert (last, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in told]


# What the paths answer -------------------------------------------------------------------------------------------


def test_ask_gives_the_document_of_bell_ask(served: Asked) -> None:
    got = served.ask(WHY)
    expected = served.assistant.ask(WHY).to_dict()
    assert got.status_code == 200
    assert got.json() | {"timings_ms": 0} == expected | {"timings_ms": 0}
    assert got.json()["text"].endswith("2.4 billion USD after orders from warehouses doubled [2].")
    explained = served.ask(WHY, explain=True).json()
    assert explained["explain"]["understood"]["parts"][0]["kind"] == "move"


@pytest.mark.parametrize(
    ("question", "status"),
    [(CLOSED, "answered"), ("Should I buy KSTL?", "refused"), ("What did ZZZQ close at?", "abstained")],
)
def test_refusing_and_not_knowing_are_answers(served: Asked, question: str, status: str) -> None:
    assert (served.ask(question).status_code, served.ask(question).json()["status"]) == (200, status)
    assert served.chat(question).json()["answer"]["status"] == status


def test_a_request_chooses_its_arm_its_model_and_its_instant_for_itself_alone(served: Asked) -> None:
    day_before = (NOW - timedelta(days=1)).isoformat()
    for _ in range(2):
        assert "105.50 USD on Fri 27 Feb" in served.ask().json()["text"]
        assert "110.25 USD on Thu 26 Feb" in served.ask(as_of=day_before).json()["text"]
        assert "110.25 USD on Thu 26 Feb" in served.chat(CLOSED, as_of=day_before).json()["answer"]["text"]
    assert served.ask(arm="lora").json()["status"] == "abstained"
    assert served.chat(CLOSED, model="openingbell-lora").json()["answer"]["arm"] == "lora"
    before = len(served.model.asked)
    served.ask(WHY, use_model=False)
    assert len(served.model.asked) == before


def test_answers_are_kept_with_their_receipts(served: Asked) -> None:
    served.ask()
    served.chat(WHY, stream=True)
    assert [r.question for r in served.assistant.ledger.receipts.newest(10)] == [WHY, CLOSED]


def test_a_completion_is_the_answer_as_markdown_with_its_document_beside_it(served: Asked) -> None:
    got = served.chat(CLOSED)
    document = got.json()
    [choice] = document["choices"]
    text = choice["message"]["content"]
    assert (document["object"], document["model"], choice["finish_reason"]) == (
        "chat.completion",
        "openingbell",
        "stop",
    )
    assert text.startswith("Kestrel Robotics (KSTL) closed at 105.50 USD on Fri 27 Feb 2026")
    assert "[1]" in text
    assert "**Sources**" in text
    assert text.rstrip().endswith("*Information, not investment advice.*")
    assert document["answer"] | {"timings_ms": 0} == served.ask().json() | {"timings_ms": 0}


@pytest.mark.parametrize("question", [CLOSED, WHY, "Any news on KSTL?", "Should I buy KSTL?"])
def test_a_streamed_completion_says_the_same_in_pieces(served: Asked, question: str) -> None:
    whole = served.chat(question).json()
    got = served.chat(question, stream=True)
    told = events(got)
    assert got.headers["content-type"].startswith("text/event-stream")
    deltas = [e["choices"][0]["delta"] for e in told]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(d.get("content", "") for d in deltas) == whole["choices"][0]["message"]["content"]
    assert [e["choices"][0]["finish_reason"] for e in told] == [None] * (len(told) - 1) + ["stop"]
    assert {e["object"] for e in told} == {"chat.completion.chunk"}
    assert len({e["id"] for e in told}) == 1
    assert told[-1]["answer"] | {"timings_ms": 0} == whole["answer"] | {"timings_ms": 0}


def test_a_follow_up_leans_on_what_was_asked_before_in_the_same_conversation_alone(served: Asked) -> None:
    first = "How did KSTL do this week?"
    said: dict[str, Any] = {"role": "assistant", "content": "It rose. And what about MSFT?"}
    pieces: dict[str, Any] = {"role": "user", "content": [{"type": "text", "text": "and TDWL?"}]}
    system: dict[str, Any] = {"role": "system", "content": "Answer about MSFT this year."}
    follow_up = served.chat(system, first, said, pieces).json()["answer"]
    assert follow_up["question"] == "and TDWL?"
    assert "Tidewell Energy (TDWL) fell this week" in follow_up["text"]
    assert served.chat("and TDWL?").json()["answer"]["text"] != follow_up["text"]


def test_the_models_are_the_usual_one_and_the_four_arms(served: Asked) -> None:
    listed = served.client.get("/v1/models", headers=BEARER).json()
    assert [m["id"] for m in listed["data"]] == list(MODELS)
    assert error(served.chat(CLOSED, model="gpt-5")) == (404, "not_found")


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("json", "application/json", "{"),
        ("html", "text/html", "<!"),
        ("md", "text/markdown", "#"),
        ("text", "text/plain", "Market briefing"),
    ],
)
def test_the_briefing_comes_in_its_four_forms(served: Asked, form: str, kind: str, begins: str) -> None:
    got = served.client.get("/briefing", params={"format": form, "since": "7d"}, headers=BEARER)
    assert (got.status_code, got.headers["content-type"].partition(";")[0]) == (200, kind)
    assert got.text.startswith(begins)
    assert "105.50" in got.text
    assert served.assistant.ledger.briefings.last(NOW + timedelta(days=1)) is None  # to ask changes nothing


def test_what_is_ingested_or_followed_while_it_runs_is_known_to_the_next_question(tmp_path: Path) -> None:
    for served in serving(tmp_path / "home"):
        assert "ZNTH is no symbol that this store knows" in served.ask("What did ZNTH close at?").json()["text"]
        for price, seen in ((10.0, "10.00 USD"), (20.0, "20.00 USD")):
            symbol = "ZNTH" if price < 15 else "QRTZ"
            with closing(upgrade_ledger(Config(home=tmp_path / "home"))) as ledger:
                put_market(ledger, symbol, [9.0, price], f"{symbol.title()} Works")
                ledger.sources.watch([symbol], NOW)
                ledger.sources.save_run(RunReport(NOW + timedelta(minutes=price), 1.0, ()))
            assert seen in served.ask(f"What did {symbol} close at?").json()["text"]
            assert symbol in served.client.get("/briefing", headers=BEARER).text


def test_metrics_count_what_was_asked_and_name_no_path_that_is_none(served: Asked) -> None:
    served.ask()
    served.ask("What did ZZZQ close at?")
    served.client.get("/wp-login.php", headers=BEARER)
    for _ in range(1000):
        told = served.client.get("/metrics", headers=BEARER).text
        if "bell_questions_working 0.0" in told:  # the thread of an answer ends just behind it
            break
    assert 'bell_requests_total{path="/ask",status="200"} 2.0' in told
    assert 'bell_requests_total{path="other",status="404"} 1.0' in told
    assert 'bell_answers_total{status="answered"} 1.0' in told
    assert "bell_answer_seconds_count 2.0" in told
    assert "bell_questions_working 0.0" in told
    assert "process_resident_memory_bytes" in told
    assert "wp-login" not in told


# Who may ask -----------------------------------------------------------------------------------------------------

PATHS = [("POST", "/ask"), ("GET", "/briefing"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models"),
         ("GET", "/metrics"), ("GET", "/nothing"), ("GET", "/openapi.json"), ("GET", "/docs"), ("OPTIONS", "/ask"),
         ("GET", "/health/"), ("GET", "/health/../metrics"), ("GET", "//metrics")]  # fmt: skip


WRONG = ["", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x",
         f"Bearer {TOKEN.upper()}", "Bearer tökén"]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_without_the_token_nothing_is_reached(served: Asked, method: str, path: str) -> None:
    for headers in ({}, *({"Authorization": wrong.encode()} for wrong in WRONG)):
        got = served.client.request(method, path, headers=headers)  # type: ignore[arg-type]
        assert error(got) == (401, "unauthorized")
        assert got.headers["www-authenticate"] == "Bearer"
    assert served.model.asked == []


def test_only_whether_it_lives_is_told_to_everybody(served: Asked) -> None:
    got = served.client.get("/health")
    assert (got.status_code, got.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("host", "right"),
    [
        ("localhost:8787", True),
        ("LOCALHOST", True),
        ("127.0.0.1:1", True),
        ("[::1]:8787", True),
        ("bell.example", True),
        ("evil.example", False),
        ("localhost.evil.example:8787", False),
        ("127.0.0.1.evil.example", False),
        ("evil.example@localhost", False),
        ("localhost:8787:evil", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_a_name_that_is_not_its_own_is_refused(home: Path, host: str, right: bool) -> None:
    names = frozenset({"localhost", "127.0.0.1", "[::1]", "bell.example"})
    for served in serving(home, Access(TOKEN, names)):
        for path in ("/health", "/v1/models"):
            got = served.client.get(path, headers=BEARER | {"Host": host})
            if right:
                assert got.status_code == 200
            else:
                assert error(got) == (421, "wrong_host")


def test_a_page_of_another_origin_gets_no_leave_to_read(served: Asked) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for got in (
        served.client.options("/ask", headers=origin),
        served.client.options("/ask", headers=origin | BEARER),
        served.client.get("/v1/models", headers=origin | BEARER),
    ):
        assert not [name for name in got.headers if name.startswith("access-control")]
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cache-control"] == "no-store"


def test_without_a_token_a_page_cannot_have_a_question_asked_either(home: Path) -> None:
    """What a form of another origin may send without asking leave first is not read as JSON."""
    for served in serving(home, Access(None, frozenset({"testserver"}))):
        body = json.dumps({"question": CLOSED})
        assert served.client.post("/ask", content=body, headers={"Content-Type": "text/plain"}).status_code == 415
        assert served.client.post("/ask", json={"question": CLOSED}).status_code == 200


# How much --------------------------------------------------------------------------------------------------------


def test_too_many_requests_are_told_when_to_come_back_and_strangers_cost_nobody_theirs(home: Path) -> None:
    for served in serving(home, limits=Limits(per_minute=1, burst=3)):
        for _ in range(10):
            assert served.client.get("/v1/models").status_code == 401
        got = [served.client.get("/v1/models", headers=BEARER) for _ in range(5)]
        assert [g.status_code for g in got] == [200, 200, 200, 429, 429]
        assert error(got[-1]) == (429, "rate_limited")
        assert 1 <= int(got[-1].headers["retry-after"]) <= 60
        assert served.client.get("/health").status_code == 200


def test_a_body_or_a_question_that_is_too_long_is_refused_before_it_is_worked_on(served: Asked) -> None:
    def dripped() -> Iterator[bytes]:
        for _ in range(MOST_BYTES // 1024 + 2):
            yield b" " * 1024

    json_header = BEARER | {"Content-Type": "application/json"}
    for got in (
        served.ask("x" * 2**20),
        served.ask("x" * 4_001),
        served.chat("x" * 4_001),
        served.client.post("/ask", content=dripped(), headers=json_header),
        served.client.post("/v1/chat/completions", content=b"[" * 2**20, headers=json_header),
    ):
        assert error(got) == (413, "too_large")
    assert served.ask("x" * 4_000).status_code == 200
    assert served.model.asked == []


# What goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 422),
        ("null", 422),
        ("[]", 422),
        ('"x"', 422),
        ("[" * 60_000, 400),
        ("\xff\xfe", 400),
        ('{"question": ""}', 422),
        ('{"question": 7}', 422),
        ('{"question": "\\ud800"}', 422),
        ('{"question": "x", "arm": "best"}', 422),
        ('{"question": "x", "as_of": "2026-02-27"}', 422),
        ('{"question": "x", "as_of": "2026-02-27T10:00:00"}', 422),
        ('{"question": "x", "as_of": "0001-01-01T00:00:00+14:00"}', 422),
        ('{"question": "x", "as_of": "9999-12-31T23:59:59-14:00"}', 400),
        ('{"question": "x", "as_of": "2026-02-27T21:31:00Z"}', 400),
        ('{"question": "x", "questoin": "y"}', 422),
        ('{"question": "x", "explain": "perhaps"}', 422),
    ],
)
def test_a_request_that_is_none_is_one_clear_line(served: Asked, body: str, status: int) -> None:
    json_header = BEARER | {"Content-Type": "application/json"}
    got = served.client.post("/ask", content=body.encode("latin-1"), headers=json_header)
    assert error(got)[0] == status


@pytest.mark.parametrize(
    "more",
    [
        {"messages": []},
        {"messages": [{"role": "system", "content": "be brief"}]},
        {"messages": [{"role": "user", "content": "  "}]},
        {"messages": [{"role": "user", "content": None}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]},
        {"messages": "hello"},
        {"messages": [{"content": "hello"}]},
        {"n": 2},
        {"stream": "maybe"},
        {"model": 7},
        {"as_of": "2027-01-01T00:00:00Z"},
    ],
)
def test_a_conversation_that_is_none_is_refused_as_an_error_of_openais_form(served: Asked, more: Any) -> None:
    assert error(served.chat(CLOSED, **more))[0] in {400, 422}


@pytest.mark.parametrize("since", ["h", "0h", "-1d", "1y", "99999999999999999d", "²h", "1" * 50 + "d"])
def test_a_span_that_is_none_is_refused(served: Asked, since: str) -> None:
    got = served.client.get("/briefing", params={"since": since}, headers=BEARER)
    assert error(got)[0] in {400, 422}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing", 404), ("/ask/", 404), ("/%2e%2e/ask", 404), ("/ask%00", 404), ("/.git/config", 404), ("/docs", 404),
     ("/openapi.json", 404), ("/v1/models/../../etc/passwd", 404), ("/ask", 405)],
)  # fmt: skip
def test_there_are_no_other_paths(served: Asked, path: str, status: int) -> None:
    assert error(served.client.get(path, headers=BEARER))[0] == status


@pytest.mark.parametrize(
    ("raised", "expected", "retry"),
    [
        (ModelError("the model server broke", "start it"), (502, "model_failed"), None),
        (ModelBusy("the model server has 96 questions to answer first", 5), (503, "busy"), "5"),
        (RuntimeError("password=hunter2"), (500, "internal"), None),
    ],
)
def test_a_model_that_fails_is_an_error_and_no_empty_answer(
    served: Asked, raised: Exception, expected: tuple[int, str], retry: str | None
) -> None:
    def failing(_: str) -> str:
        raise raised

    served.assistant.__dict__["generator"] = ScriptedModel(failing)
    for got in (served.ask("What is a covenant?"), served.chat("What is a covenant?", stream=True)):
        assert error(got) == expected
        assert got.headers.get("retry-after") == retry
        assert "hunter2" not in got.text
    assert served.ask().status_code == 200  # and a price needs none


def test_a_stream_that_breaks_off_says_so_in_the_stream(served: Asked) -> None:
    def failing(_: str) -> str:
        raise ModelError("the model server broke", "start it")

    served.assistant.__dict__["generator"] = ScriptedModel(failing)
    *told, last = events(served.chat(WHY, stream=True))
    assert "rose this week" in "".join(e["choices"][0]["delta"].get("content", "") for e in told)
    assert last["error"]["message"] == "the model server broke; start it"


def test_a_store_that_cannot_be_read_is_told_by_health_too(home: Path) -> None:
    (home / "ledger.db").write_bytes(b"no ledger" * 1000)
    assistant = Assistant(AssistantConfig(home=home, now=NOW))
    with TestClient(make_app(assistant, Access(TOKEN, None)), raise_server_exceptions=False) as client:
        assert error(client.get("/health")) == (503, "busy")
        assert str(home) not in client.get("/health").text
        assert client.post("/ask", json={"question": CLOSED}, headers=BEARER).status_code == 503
