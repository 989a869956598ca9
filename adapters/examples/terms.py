"""Finance terms for the weights: our own records, each asked in several ways and answered by its definition."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from examples import Example

_ASKS = (
    "What is {a} {t}?", "Define {t}.", "What does {t} mean?", "{T}?", "Explain {t}.", "Meaning of {t}",
    "What do people mean by {t}?", "{t} definition", "Can you tell me what {t} is?", "In finance, what is {t}?",
)  # fmt: skip


def load_terms(folder: Path) -> list[dict[str, Any]]:
    """The records of all `*.jsonl`, in the order of the files' names."""
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.open(encoding="utf-8")]


def term_examples(records: Sequence[dict[str, Any]], rng: random.Random, passes: int) -> Iterator[Example]:
    """Every record `passes` times, each time asked in another way: its own questions first, then by name or alias."""
    for record in records:
        named = [record["term"], *record["aliases"]]
        by_name = {_by_name(t, n): None for t in rng.sample(_ASKS, len(_ASKS)) for n in rng.sample(named, len(named))}
        # The bare name comes first to most people's mind: one of the passes is always of that form.
        asks = [a for a in rng.sample(record["asks"], len(record["asks"])) if a not in by_name]
        for ask in [*asks[: passes - 1], *by_name][:passes]:
            yield Example("term", record["term"], ask, definition=record["definition"])


def _by_name(template: str, name: str) -> str:
    article = "" if name.endswith("s") or name[0].isupper() else ("an" if name[0] in "aeiou" else "a")
    text = template.format(t=name, T=name[0].upper() + name[1:], a=article)
    return " ".join(text.split())
