"""`bell worker` before it works: what it refuses, in one line with the next step."""

import importlib.util

import pytest

from tests.test_cli import Bell, bell

__all__ = ["bell"]

NOWHERE = "postgresql+psycopg://postgres@/none?host=/nowhere"


@pytest.mark.parametrize(
    ("url", "options", "code", "complaint"),
    [
        (
            "",
            [],
            2,
            "bell worker needs a PostgreSQL server to share its queue; set BELL_DATABASE_URL=postgresql+psycopg:",
        ),
        ("sqlite:///ledger.db", [], 2, "bell worker needs a PostgreSQL server"),
        (NOWHERE, ["--queues", "news,gossip"], 2, "names no queue of ours; choose among news,quotes,index,briefings"),
        (NOWHERE, ["--queues", " , "], 2, "names no queue of ours"),
        (NOWHERE, ["--concurrency", "0"], 2, "--concurrency"),
        (NOWHERE, ["--json"], 2, "bell worker has no JSON form"),
    ],
)
def test_what_cannot_work_is_refused(
    bell: Bell, monkeypatch: pytest.MonkeyPatch, url: str, options: list[str], code: int, complaint: str
) -> None:
    monkeypatch.setenv("BELL_DATABASE_URL", url)
    got, _, err = bell("worker", *options)
    assert (got, err.count("\n")) == (code, 1)
    assert complaint in err


def test_without_its_packages_the_next_step_is_named(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setenv("BELL_DATABASE_URL", NOWHERE)
    monkeypatch.setattr("assistant.commands.worker.find_spec", lambda name: None if name[0] == "p" else real(name))
    code, _, err = bell("worker")
    assert (code, err) == (1, "bell: `bell worker` needs procrastinate, psycopg; pip install 'openingbell[postgres]'\n")


def test_a_server_that_is_not_there_fails_a_single_round(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELL_DATABASE_URL", NOWHERE)
    code, _, err = bell("worker", "--once", "--queues", "news")
    said, failure = err.splitlines()
    assert said.endswith(": news; 8 jobs at a time")
    assert (code, failure.split(";")[0]) == (
        1,
        "bell: the database server of database_url cannot be reached: there is no such socket",
    )
