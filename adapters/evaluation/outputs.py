"""Every generated text, kept: a killed run goes on where it was, and both tables use the same texts."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

BATCH = 24
Job = tuple[bool, str]  # adapter on, rendered prompt


@dataclass(frozen=True, slots=True)
class Output:
    """`seconds` is this text's share of its batch."""

    text: str
    tokens: int
    seconds: float


class BatchModel(Protocol):
    """A language model with its adapter on or off, asked several prompts at a time."""

    @property
    def model_info(self) -> dict[str, Any]: ...

    def identity(self, adapted: bool) -> str:
        """What a text depends on beside its prompt: the base, the adapter's weights where it is on, and how both are
        served."""
        ...

    def render(self, messages: "Sequence[ChatMessage]") -> str: ...

    def generate(self, prompts: Sequence[str], adapted: bool) -> list[tuple[str, int]]:
        """Text and number of tokens for each prompt."""
        ...


@dataclass
class Writer:
    """Gives the text for a prompt: the kept one, or a new one that it keeps in `file` at once.

    `spent` collects what was handed out since it was last cleared.
    """

    model: BatchModel
    file: Path
    tell: Callable[[str], None]
    spent: list[Output] = field(default_factory=list)
    _kept: dict[str, Output] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if self.file.exists():
            self._kept = dict(_read(self.file))

    def write(self, prompt: str, adapted: bool) -> Output:
        self.fill([(adapted, prompt)], silent=True)
        output = self._kept[self._key(prompt, adapted)]
        self.spent.append(output)
        return output

    def has(self, prompt: str, adapted: bool) -> bool:
        return self._key(prompt, adapted) in self._kept

    def fill(self, jobs: Iterable[Job], silent: bool = False) -> None:
        """Generates what is missing of `jobs`, prompts of like length together."""
        missing = {self._key(p, a): (a, p) for a, p in jobs if not self.has(p, a)}
        # Longest first: what does not fit fails at once, and the time left is not told too short.
        order = sorted(missing, key=lambda k: (missing[k][0], -len(missing[k][1])))
        started, done = time.monotonic(), 0
        while order:
            adapted = missing[order[0]][0]
            batch = [k for k in order[:BATCH] if missing[k][0] == adapted]
            order = order[len(batch) :]
            self._generate({k: missing[k][1] for k in batch}, adapted)
            done += len(batch)
            if not silent and (not order or done % (5 * BATCH) == 0):
                left = (time.monotonic() - started) / done * len(order)
                self.tell(f"generated {done} of {len(missing)}, about {left / 60:.1f} minutes left")

    def _generate(self, prompts: dict[str, str], adapted: bool) -> None:
        started = time.monotonic()
        made = self.model.generate(list(prompts.values()), adapted)
        share = (time.monotonic() - started) / len(prompts)
        with self.file.open("a", encoding="utf-8") as file:
            for key, (text, tokens) in zip(prompts, made, strict=True):
                self._kept[key] = Output(text, tokens, round(share, 3))
                file.write(json.dumps({"key": key, **asdict(self._kept[key])}, ensure_ascii=False) + "\n")

    def _key(self, prompt: str, adapted: bool) -> str:
        return hashlib.sha256(f"{self.model.identity(adapted)}\x1f{prompt}".encode()).hexdigest()


def _read(file: Path) -> Iterable[tuple[str, Output]]:
    text = file.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:  # a killed run left half a line: what is added must not be glued to it
        file.write_text(whole, encoding="utf-8")
    for line in whole.splitlines():
        row = json.loads(line)
        yield row.pop("key"), Output(**row)
