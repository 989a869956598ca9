"""Questions over passages of company filings: TAT-QA in its published span-and-citation form.

Passages of other filings that share the question's words stand beside the right one, as a retriever would bring them.
"""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.sentences import content_words
from assistant.types import Evidence
from examples import Example

SOURCE = "Company filing"
_FILED = datetime(2020, 3, 2, 21, 0, tzinfo=UTC)  # the filings are of 2018 to 2020 and carry no date of their own


@dataclass(frozen=True)
class Passage:
    id: str
    document: str
    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(content_words(self.text))

    @property
    def title(self) -> str:
        """Where in its report it stands: a passage has no heading of its own."""
        part = self.id.rpartition(":")[2]
        return f"Annual report, {f'paragraph {part[1:]}' if part[1:].isdigit() else part}"

    def evidence(self, n: int, published: datetime = _FILED) -> Evidence:
        return Evidence(n, "news", self.title, self.text, "", SOURCE, published, published)


@dataclass(frozen=True, slots=True)
class FilingQuestion:
    """`answers` are spans that all belong to the answer; `gold` are the passages that hold them."""

    document: str
    question: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]
    answer_from: str  # text, table or table-text


def load_tatqa(folder: Path, part: str) -> tuple[list[FilingQuestion], dict[str, Passage]]:
    """`part`_span_cited.jsonl.gz and its contexts; passages by id. Questions worded like another one are left out:
    they have several answers."""
    passages = {
        f"{c['context_id']}:{p['id']}": Passage(f"{c['context_id']}:{p['id']}", c["context_id"], _tidy(p["text"]))
        for c in _rows(folder / f"{part}_span_cited_contexts.jsonl.gz")
        for p in c["passages"]
        if p["text"].strip()
    }
    rows = list(_rows(folder / f"{part}_span_cited.jsonl.gz"))
    wordings = Counter(r["question"] for r in rows)
    questions = [
        FilingQuestion(
            r["context_id"], " ".join(r["question"].split()), tuple(r["answers"]),
            tuple(f"{r['context_id']}:{g}" for g in r["gold_passages"]), r["answer_from"],
        )
        for r in rows
        if wordings[r["question"]] == 1
    ]  # fmt: skip
    return questions, passages


def filing_examples(
    questions: Sequence[FilingQuestion], passages: dict[str, Passage], rng: random.Random, unanswerable: float
) -> Iterator[Example]:
    """Each question once with its passage among two to five near ones; a share of them without it (`unanswerable`)."""
    everything = list(passages.values())
    for question in questions:
        gold = [passages[g] for g in question.gold]
        near = [
            p for p in nearest(question.question, everything, 12) if p not in gold and not holds_answer(p, question)
        ]
        removed = bool(near) and rng.random() < unanswerable
        shown = [*near[: rng.randint(2, 5)], *([] if removed else gold)]
        rng.shuffle(shown)
        yield _example(question, shown, removed, rng)


def nearest(question: str, passages: Sequence[Passage], most: int) -> list[Passage]:
    """The passages that share most of the question's words, long ones held back."""
    asked = content_words(question)
    return sorted(passages, key=lambda p: -len(asked & p.words) / (len(p.words) + 20) ** 0.3)[:most]


def _example(question: FilingQuestion, shown: Sequence[Passage], removed: bool, rng: random.Random) -> Example:
    evidence, as_of = filed(shown, rng)
    cites = frozenset(n for n, p in enumerate(shown, 1) if p.id in question.gold)
    if removed:
        return Example("unanswerable", question.document, question.question, (), evidence, as_of)
    return Example("filings", question.document, question.question, question.answers, evidence, as_of, cites)


def filed(shown: Sequence[Passage], rng: random.Random) -> tuple[tuple[Evidence, ...], datetime]:
    """The passages as evidence, filed within weeks of each other, and an instant some time later."""
    at = [_FILED + timedelta(days=rng.randint(0, 40)) for _ in shown]
    evidence = tuple(p.evidence(n, day) for n, (p, day) in enumerate(zip(shown, at, strict=True), 1))
    return evidence, max(at) + timedelta(days=rng.randint(1, 200))


def holds_answer(passage: Passage, question: FilingQuestion) -> bool:
    """Whether another passage could answer too: it must not pass for a distractor."""
    folded = passage.text.casefold()
    return passage.document == question.document and all(a.casefold().strip() in folded for a in question.answers)


def _tidy(text: str) -> str:
    """Table rows as sentences of one line each: `Label: a | b | c`."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
