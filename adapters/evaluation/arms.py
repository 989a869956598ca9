"""What each arm is shown. Between arms only the evidence and the adapter differ; what is asked and how do not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from assistant import Assistant
from assistant.errors import ConfigError
from assistant.pointing import Line, lines_of, pointed
from assistant.prompts import closed_book_prompt, reading_prompt
from assistant.types import ARMS, Answer, Arm, Evidence, Kind
from evaluation.questions import Question, source_key

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

ADAPTED: frozenset[Arm] = frozenset({"lora", "hybrid"})
RETRIEVING: frozenset[Arm] = frozenset({"rag", "hybrid"})


@dataclass(frozen=True)
class Asked:
    """A question with what the product makes of it: its kind, its words, the evidence found, and how long that took."""

    question: Question
    kind: Kind
    text: str
    evidence: tuple[Evidence, ...]
    as_of: datetime
    seconds: float

    @property
    def known(self) -> bool | None:
        """Whether a right source is among the first five; None where there is none to find."""
        right = self.question.right
        return any(source_key(e) in right for e in self.evidence[:5]) if right else None


@dataclass(frozen=True)
class Shown:
    """One prompt of one arm: `evidence` is what the messages hold, `lines` are those a reply may point at."""

    adapted: bool
    evidence: tuple[Evidence, ...]
    messages: "Sequence[ChatMessage]"
    lines: Sequence[Line] = ()


def retrieve(bell: Assistant, question: Question) -> Asked:
    """The product's own understanding and retrieval, without a model; given evidence stays as it is, and reference
    records stay out."""
    answer = bell.answerer.ask(question.text, "rag", use_model=False, as_of=question.as_of).answer
    parts = answer.understood.parts if answer.understood else ()
    kind = parts[0].kind if parts else "other"
    text = parts[0].text if len(parts) == 1 else question.text
    evidence = question.given or tuple(e for e in answer.evidence if e.kind != "reference")
    return Asked(question, kind, text, evidence, answer.as_of, _seconds(answer))


def shown(asked: Asked, arm: Arm) -> Shown:
    """What `arm` is asked. A term goes to the weights in every arm: reference records stay out of its context."""
    adapted = arm in ADAPTED
    if asked.question.family == "term":
        return Shown(adapted, (), closed_book_prompt(asked.question.text))
    evidence = tuple(replace(e, n=i) for i, e in enumerate(asked.evidence, 1)) if arm in RETRIEVING else ()
    messages = reading_prompt(asked.text, evidence, asked.as_of)
    return Shown(adapted, evidence, messages, lines_of(evidence, asked.text))


def read_again(asked: Asked, shown: Shown, reply: str) -> Asked | None:
    """`asked` of those items alone that `reply` points at, as the product reads them again; None where it stands."""
    cited = pointed(reply, shown.lines)
    if not 0 < len(cited) < len(shown.evidence):
        return None
    return replace(asked, evidence=tuple(shown.evidence[n - 1] for n in cited))


def parse_arms(text: str) -> tuple[Arm, ...]:
    """`base,hybrid` as arms, in the usual order. Raises `ConfigError`."""
    wanted = {a.strip() for a in text.split(",") if a.strip()}
    if not wanted or wanted - set(ARMS):
        raise ConfigError(f"--arms {text!r}: no such arm", f"the arms are {', '.join(ARMS)}")
    return tuple(a for a in ARMS if a in wanted)


def _seconds(answer: Answer) -> float:
    return answer.timings_ms.get("total", 0) / 1000
