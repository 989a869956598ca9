"""The public Python API is this short list."""

from datetime import timedelta

import pytest

import assistant
from assistant.api import parse_span
from ingest.errors import ConfigError


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
