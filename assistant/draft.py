"""An answer in the making: collects evidence and statements, numbers the citations, and closes into an `Answer`."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assistant.citations import Numbering, cite, stale_news
from assistant.types import (
    Answer,
    Arm,
    Asked,
    Dropped,
    Evidence,
    Kind,
    Listing,
    ModelInfo,
    Statement,
    Status,
    Understanding,
)

NOTICE = "Information, not investment advice."


@dataclass
class Draft:
    """Mutable while one question is being answered, by one thread."""

    question: str
    as_of: datetime
    asked: Asked
    arm: Arm  # of the part in hand
    arms: dict[Kind, Arm] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    understood: Understanding | None = None
    evidence: list[Evidence] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    text: str = ""
    statements: list[Statement] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outcomes: list[Status] = field(default_factory=list)
    stale: set[int] = field(default_factory=set)  # evidence numbers, before renumbering
    model: ModelInfo = field(default_factory=lambda: ModelInfo(None, None))
    timings: dict[str, int] = field(default_factory=dict)
    _numbering: Numbering = field(default_factory=Numbering)

    @property
    def next_number(self) -> int:
        return len(self.evidence) + 1

    def warn(self, warnings: Iterable[str]) -> None:
        self.warnings.extend(w for w in warnings if w and w not in self.warnings)

    def note(self, told: Sequence[str]) -> None:
        """Keeps what the checks did to a model's sentences, and warns where one was withheld or is not its own."""
        self.notes.extend(told)
        for outcome, means in (("withheld", "withheld"), ("repaired", "put right from the evidence")):
            count = sum(note.startswith(outcome) for note in told)
            subject = "a sentence of the model was" if count == 1 else f"{count} sentences of the model were"
            self.warn([f"{subject} {means}: `--explain` or /why tells which"] if count else [])

    def check(self, told: str) -> None:
        """Notes which check is going to be run, or what needs none."""
        if told not in self.ran:
            self.ran.append(told)

    def mark(self, name: str) -> None:
        """Notes the first time that `name` was reached, in milliseconds since the question."""
        self.timings.setdefault(name, round((time.perf_counter() - self.started) * 1000))

    def paragraph(self, statements: Iterable[Statement], outcome: Status, joint: str = " ") -> Iterator[str]:
        """Adds a paragraph statement by statement, with `joint` between them, and yields the text as it may be shown.
        One that turns out empty counts as abstained."""
        told: list[Statement] = []
        for statement in statements:
            shown = self._numbering.apply(statement)
            self.mark("first_token")
            piece = (joint if told else "\n\n" if self.text else "") + shown.text
            told.append(shown)
            self.text += piece
            yield piece
        self.statements += told
        self.outcomes.append(outcome if told else "abstained")

    def abstain(self, text: str) -> Iterator[str]:
        """A paragraph of code's own that says why there is no answer."""
        return self.paragraph([Statement(text)], "abstained")

    def close(self) -> Answer:
        self.mark("first_token")
        self.mark("total")
        items = self._numbering.evidence(self.evidence)
        stale = {self._numbering.number_of(n) for n in self.stale}
        cited = [cite(e, self.statements, self.as_of, e.n in stale) for e in items[: self._numbering.used]]
        self.warn(stale_news(cited))
        return Answer(
            question=self.question,
            text=self.text,
            status=overall(self.outcomes),
            arm=self.arm,
            as_of=self.as_of,
            figures=tuple(dict.fromkeys(f for s in self.statements for f in s.figures)),
            citations=tuple(cited),
            warnings=tuple(self.warnings),
            model=self.model,
            timings_ms=self.timings,
            notice=NOTICE,
            listings=tuple(self.listings),
            understood=self.understood,
            evidence=items,
            dropped=tuple(dict.fromkeys(self.dropped)),
            ran=tuple(self.ran),
            checks=tuple(self.notes),
            asked=self.asked,
            arms=self.arms,
        )


class AnswerStream:
    """Iterates over the answer's text as it becomes final: whatever it yields was checked. `answer` is the whole,
    once the iteration has ended."""

    def __init__(self, draft: Draft, pieces: Iterator[str]) -> None:
        self._draft, self._pieces = draft, pieces
        self._answer: Answer | None = None
        self._then: Callable[[Answer], object] | None = None

    def then(self, done: Callable[[Answer], object]) -> "AnswerStream":
        """Itself; `done` is called once with the whole answer, and never for one that is given up half-way."""
        self._then = done
        return self

    def __iter__(self) -> Iterator[str]:
        yield from self._pieces
        if self._answer is None:
            self._answer = self._draft.close()
            if self._then:
                self._then(self._answer)

    @property
    def answer(self) -> Answer:
        if self._answer is None:
            for _ in self:
                pass
        assert self._answer is not None
        return self._answer


def overall(outcomes: Sequence[Status]) -> Status:
    """Answered if any part was; else refused if any part was; else abstained."""
    for status in ("answered", "refused"):
        if status in outcomes:
            return status
    return "abstained"
