"""Questions over passages of company filings: TAT-QA in its published span-and-citation form, and ConvFinQA look-ups.

Passages of other filings that share the question's words stand beside the right one, as a retriever would bring them.
"""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.prompts import NOT_SAID
from assistant.sentences import content_words, sentences
from assistant.types import Evidence
from examples import Example

SOURCE = "Company filing"
_MOST_WORDS = 45  # of an answer in the filing's own sentences
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


def load_convfinqa(path: Path) -> tuple[list[FilingQuestion], dict[str, Passage]]:
    """The first turns that look one figure up in a table; passages are the tables and the text around them."""
    questions: list[FilingQuestion] = []
    passages: dict[str, Passage] = {}
    for row in _rows(path):
        doc = row["doc"]
        told = {"table": _columns(doc["table"]), "before": doc["pre_text"], "after": doc["post_text"]}
        mine = {f"{row['id']}:{part}": text for part, text in told.items() if text.strip()}
        passages |= {key: Passage(key, row["id"], text) for key, text in mine.items()}
        asked, program = row["dialogue"]["conv_questions"][0], row["dialogue"]["turn_program"][0]
        figure = _figure(program)
        if figure and re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.])", told["table"]):
            questions.append(FilingQuestion(row["id"], asked, (figure,), (f"{row['id']}:table",), "table"))
    return questions, passages


def _columns(table: dict[str, dict[str, Any]]) -> str:
    """One line a column: `2009: segment revenue 6305; segment operating income 900.`"""
    cells = {c: "; ".join(f"{label} {_figure(str(v)) or v}" for label, v in rows.items()) for c, rows in table.items()}
    return "\n".join(f"{column}: {told}." for column, told in cells.items())


def _figure(text: str) -> str:
    """A plain number as the tables show it, or "" for a calculation."""
    return text.removesuffix(".0") if re.fullmatch(r"-?\d+(\.\d+)?", text) else ""


def filing_examples(
    questions: Sequence[FilingQuestion], passages: dict[str, Passage], rng: random.Random, unanswerable: float
) -> Iterator[Example]:
    """Each question once with its passage among two to five near ones; a share of them without it (`unanswerable`).

    What a table answers is asked among passages of its own report: tables of two reports answer the same question.
    """
    everything = list(passages.values())
    for question in questions:
        gold = [passages[g] for g in question.gold]
        own = question.answer_from != "text"
        around = [p for p in everything if p.document == question.document] if own else everything
        near = [p for p in nearest(question.question, around, 12) if p not in gold and not _holds(p, question)]
        removed = bool(near) and rng.random() < unanswerable
        shown = [*near[: rng.randint(2, 5)], *([] if removed else gold)]
        rng.shuffle(shown)
        yield _example(question, shown, removed, rng)


def nearest(question: str, passages: Sequence[Passage], most: int) -> list[Passage]:
    """The passages that share most of the question's words, long ones held back."""
    asked = content_words(question)
    return sorted(passages, key=lambda p: -len(asked & p.words) / (len(p.words) + 20) ** 0.3)[:most]


def _example(question: FilingQuestion, shown: Sequence[Passage], removed: bool, rng: random.Random) -> Example:
    filed = [_FILED + timedelta(days=rng.randint(0, 40)) for _ in shown]
    evidence = tuple(p.evidence(n, at) for n, (p, at) in enumerate(zip(shown, filed, strict=True), 1))
    cites = frozenset(n for n, p in enumerate(shown, 1) if p.id in question.gold)
    as_of = max(filed) + timedelta(days=rng.randint(1, 200))
    if removed:
        return Example("unanswerable", question.document, question.question, NOT_SAID, (), evidence, as_of)
    answer = f"{_told(question, [p.text for p in shown if p.id in question.gold])} [{min(cites)}]."
    return Example("filings", question.document, question.question, answer, question.answers, evidence, as_of, cites)


def _told(question: FilingQuestion, gold: Sequence[str]) -> str:
    """The sentences that hold the answer, as they stand: a small model copies a sentence more surely than it cuts a
    figure out of one, and a reader sees what the figure is. Where they are long or not to be found, the spans."""
    spans = [a.strip() for a in question.answers]
    told = [s for text in gold for s in sentences(text) if any(a.rstrip(".") in s for a in spans)]
    kept: list[str] = []
    for span in spans:
        best = min((s for s in told if span.rstrip(".") in s), key=len, default="")
        if not best:
            return _joined(spans)
        kept += [best] if best not in kept else []
    text = " ".join(kept)
    return text.rstrip(".") if len(text.split()) <= _MOST_WORDS and "|" not in text else _joined(spans)


def _joined(spans: Sequence[str]) -> str:
    return ", ".join(s.rstrip(".") for s in spans)


def _holds(passage: Passage, question: FilingQuestion) -> bool:
    """Whether another passage could answer too: it must not pass for a distractor."""
    folded = passage.text.casefold()
    return passage.document == question.document and all(a.casefold().strip() in folded for a in question.answers)


def _tidy(text: str) -> str:
    """Table rows as sentences of one line each: `Label: a | b | c`."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
