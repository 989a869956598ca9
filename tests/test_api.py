"""The public Python API is this short list."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import assistant
from assistant.api import Assistant, parse_span
from assistant.config import AssistantConfig
from ingest.errors import ConfigError, ModelMissing


def test_the_exported_names_are_these() -> None:
    assert sorted(assistant.__all__) == [
        "Answer",
        "Assistant",
        "AssistantConfig",
        "Citation",
        "Figure",
        "make_assistant",
    ]
    for name in assistant.__all__:
        assert getattr(assistant, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = assistant.nothing_of_the_kind


@pytest.mark.parametrize(("text", "hours"), [("24h", 24), ("7d", 168), ("90m", 1.5), ("2w", 336)])
def test_spans_are_read(text: str, hours: float) -> None:
    assert parse_span(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "h", "0h", "-1d", "5 days", "1y", "1.5h"])
def test_a_span_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match="--since"):
        parse_span(text)


# Warming up --------------------------------------------------------------------------------------------------------


@pytest.fixture
def bell(tmp_path: Path) -> Assistant:
    return Assistant(AssistantConfig(home=tmp_path))


def warmed() -> None:
    """Waits for the warm-up to end."""
    for thread in threading.enumerate():
        if thread.name == "warm-up":
            thread.join(timeout=60)


def test_a_question_waits_for_the_model_that_is_being_loaded_and_loads_no_other(
    bell: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, asked, made = threading.Event(), threading.Event(), []

    def load(*_: object) -> object:
        loading.set()
        asked.wait(timeout=60)
        made.append(object())
        return made[-1]

    monkeypatch.setattr("assistant.generator.load_generator", load)
    bell.warm()
    loading.wait(timeout=60)
    got: list[Any] = []
    question = threading.Thread(target=lambda: got.append(bell.generator))
    question.start()
    asked.set()
    question.join(timeout=60)
    warmed()
    assert got == made
    assert len(made) == 1


def test_what_cannot_be_warmed_up_is_told_to_the_question_that_needs_it(
    bell: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> object:
        raise ModelMissing("no model")

    monkeypatch.setattr("assistant.generator.load_generator", missing)
    bell.warm()
    warmed()
    with pytest.raises(ModelMissing):
        _ = bell.generator


def test_a_chat_that_is_left_loads_nothing_more(bell: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []
    monkeypatch.setattr("assistant.generator.load_generator", lambda *_: loaded.append(1))
    monkeypatch.setattr(Assistant, "_load_news_parts", lambda self: self._closed.set())
    bell.warm()
    bell.close()
    assert "_news_parts" in bell.__dict__
    assert loaded == []
