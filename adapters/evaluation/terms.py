"""Finance terms asked in wording never trained on: drawn from the glossary, judged by meaning and by key words."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.sentences import content_words, sentences
from evaluation.questions import Question
from evaluation.scoring import bare

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

COUNT = 60  # the definitions among which the own one must come first
# A right explanation in other words shares about half of a definition's key words; what is about another term of the
# same field, a fifth.
KEYWORD_RECALL = 1 / 3
JUDGED_SENTENCES = 2  # of every arm's answer: length wins nothing
TEMPLATES = (
    "Explain {term} to someone new to investing.",
    "I keep reading about {term}. What is meant by it?",
    "Put {term} into plain words, please.",
    "{term}: meaning for a beginner?",
    "How would you describe {term} in a sentence or two?",
    "Give me a short definition of {term}.",
    "What should a student know about the term {term}?",
    "In finance, what does {term} refer to?",
)


@dataclass(frozen=True)
class Entry:
    """A term with its definition. `asks` are the wordings that training uses."""

    term: str
    definition: str
    asks: tuple[str, ...]

    @cached_property
    def keywords(self) -> frozenset[str]:
        return frozenset(content_words(self.definition) - content_words(self.term))


@dataclass(frozen=True)
class Glossary:
    entries: tuple[Entry, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of which finance terms are made."""
        return frozenset(w for e in self.entries for w in content_words(e.term))

    def questions(self, count: int = COUNT, seed: int = 11) -> tuple[Question, ...]:
        """`count` terms, each asked once, in a wording that is in no entry's `asks`."""
        rng = random.Random(seed)
        used = {fold(a) for e in self.entries for a in e.asks}
        chosen = rng.sample(self.entries, count)
        return tuple(Question("term", _asked(e, rng, used), (e.definition,), term=e.term) for e in chosen)


def load_glossary(folder: Path) -> Glossary:
    rows = (json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.open(encoding="utf-8"))
    return Glossary(tuple(Entry(r["term"], r["definition"], tuple(r["asks"])) for r in rows))


def fold(question: str) -> str:
    return " ".join(question.lower().split()).rstrip("?.!")


def _asked(entry: Entry, rng: random.Random, used: set[str]) -> str:
    wordings = [t.format(term=entry.term) for t in TEMPLATES]
    return rng.choice([w for w in wordings if fold(w) not in used])


class TermJudge:
    """Whether an answer explains its term: nearest in meaning to its own definition of those of all `questions`, and
    holding at least `KEYWORD_RECALL` of its key words."""

    def __init__(self, questions: Sequence[Question], embedding: "BaseEmbedding") -> None:
        self._embedding = embedding
        vectors = embedding.get_text_embedding_batch([q.must[0] for q in questions])
        self._definitions = {q.term: v for q, v in zip(questions, vectors, strict=True)}

    def __call__(self, question: Question, text: str) -> bool:
        answer = first_sentences(text)
        if keyword_recall(question, answer) < KEYWORD_RECALL:
            return False
        vector = self._embedding.get_text_embedding(answer)
        return max(self._definitions, key=lambda t: _dot(vector, self._definitions[t])) == question.term


def keyword_recall(question: Question, answer: str) -> float:
    """The share of the definition's content words, those of the term aside, that the answer holds."""
    wanted = Entry(question.term, question.must[0], ()).keywords
    return len(wanted & content_words(answer)) / len(wanted) if wanted else 1.0


def first_sentences(text: str) -> str:
    return " ".join(sentences(bare(text))[:JUDGED_SENTENCES])


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
