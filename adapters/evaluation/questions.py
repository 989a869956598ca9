"""What is asked, what is right, and what came of it: the records that the rooms of the evaluation pass on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from assistant.types import Answer, Evidence
from examples import Family
from ingest.types import Article, History, Session, digest

Outcome = Literal["correct", "abstained", "wrong"]
SILENT: frozenset[Family] = frozenset({"unanswerable", "false_premise"})  # here saying so is the right answer


@dataclass(frozen=True, slots=True)
class Question:
    """`must` is what a right answer holds; `right` are the sources of which any bears it out (see `source_key`).

    `symbol` and `day` are those a price or move figure must carry. `given` is evidence that is handed over instead of
    being retrieved. `term` is the entry of the glossary that a term question is about.
    """

    family: Family
    text: str
    must: tuple[str, ...] = ()
    right: frozenset[str] = frozenset()
    as_of: datetime | None = None
    symbol: str = ""
    day: date | None = None
    given: tuple[Evidence, ...] = ()
    term: str = ""

    @property
    def id(self) -> str:
        """The same for the same question, whatever the run."""
        return digest(self.family, self.text, self.as_of, *self.must, len(self.given))

    @property
    def answerable(self) -> bool:
        return self.family not in SILENT


@dataclass(frozen=True, slots=True)
class DataSet:
    """Questions and the store they are asked of. `names` are (name, symbol) pairs, as a directory would have them."""

    name: str
    questions: tuple[Question, ...]
    articles: tuple[Article, ...] = ()
    histories: tuple[History, ...] = ()
    sessions: tuple[Session, ...] = ()
    names: tuple[tuple[str, str], ...] = ()

    @property
    def content(self) -> str:
        """A checksum of all that goes into the store."""
        bars = (b.checksum for h in self.histories for b in h.bars)
        articles = (digest(a.id, a.content_hash, a.first_seen, *a.symbols) for a in self.articles)
        return digest(*articles, *bars, *(f"{n}={s}" for n, s in self.names))


@dataclass(frozen=True, slots=True)
class Response:
    """What an arm said: its raw text with the numbered sources it was shown, or (product) a whole `Answer`."""

    text: str
    sources: Mapping[int, str] = field(default_factory=dict)  # number -> source_key
    answer: Answer | None = None


def source_key(evidence: Evidence) -> str:
    """What identifies a source: the symbol of price records, the address of an article."""
    return evidence.symbols[0] if evidence.kind == "quote" and evidence.symbols else evidence.url or evidence.title


def sources_of(evidence: tuple[Evidence, ...]) -> dict[int, str]:
    return {e.n: source_key(e) for e in evidence}
