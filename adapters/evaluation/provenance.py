"""What results are measured with. Two compare only where that is the same: code changes answers as weights do."""

from collections.abc import Iterable
from typing import Any

from assistant.generator.adapter import digest as adapter_digest
from assistant.generator.registry import base_name, in_use
from assistant.prompts import PROMPT_VERSION
from evaluation.batches import arithmetic
from evaluation.questions import DataSet, Question
from evaluation.sources import sources
from ingest.config import Config
from ingest.index import embedding_name
from ingest.types import digest

# What makes and judges answers, in whole packages: to name too much costs minutes, to name too little a wrong verdict.
DECIDING = ("assistant", "ingest", "adapters/evaluate.py", "adapters/evaluation", "adapters/knowledge")


def measured_with(sets: Iterable[DataSet], config: Config) -> dict[str, Any]:
    """By name: the code, the questions with their stores, the models, and how the adapter in use was computed."""
    adapter = in_use(config)
    return {
        "code": sources(*DECIDING),
        "questions": digest(*map(_asked, sets)),
        "prompt_version": PROMPT_VERSION,
        "base": base_name(config),
        "weights": adapter_digest(adapter) if adapter else None,
        "embedding": embedding_name(config),
        "arithmetic": arithmetic(),
    }


def _asked(data: DataSet) -> str:
    return digest(data.content, *sorted(map(_whole, data.questions)))


def _whole(question: Question) -> str:
    """Beside the id, what decides whether an answer is right."""
    right = sorted(question.right)
    return digest(question.id, question.symbol, question.day, question.term, *right, *map(repr, question.given))
