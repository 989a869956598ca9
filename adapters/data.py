"""The training mixture: what is in it, how much of each, from where and under which licence.

The repository's own part needs nothing else. Public sets are found in ../shared/data or named with --data NAME=PATH;
what is not there is left out, and said.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.prompts import NOT_SAID, closed_book_prompt, reading_prompt
from assistant.types import Evidence
from examples import Example
from examples.families import load_families
from examples.filings import filing_examples, load_convfinqa, load_tatqa
from examples.ledger import ledger_examples
from examples.market import held_out, invented_prices, load_prices, market_examples
from examples.stories import story_examples
from examples.terms import load_terms, term_examples
from ingest.config import Config
from ingest.errors import StoreMissing

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared" / "data"
# --data name -> where ../shared/data has it
PUBLIC = {"prices": "prices_daily_us", "tatqa": "tatqa", "convfinqa": "convfinqa/dev_part.jsonl.gz"}
LICENCES = {
    "term": "written for this project",
    "stories": "written for this project",
    "no evidence": "written for this project",
    "invented market": "made by this project's code",
    "prices": "facts; MIT (leehojun8450-netizen/backtest-lab), daily prices 2023 to 2025",
    "tatqa": "TAT-QA dev, CC BY 4.0 (NExTplusplus)",
    "convfinqa": "ConvFinQA dev, MIT (czyssrs)",
}
TRAINING_YEARS = range(2023, 2026)


@dataclass
class Mixture:
    """`counts`: source -> how many examples, under which licence. `told`: what was left out, for the one who trains."""

    examples: list[Example] = field(default_factory=list)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def add(self, source: str, examples: Iterable[Example], licence: str = "") -> None:
        made = list(examples)
        self.examples += made
        families = Counter[str](e.family for e in made)
        self.counts[source] = {"examples": len(made), "licence": licence or LICENCES[source], **families}


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model is shown, exactly as the assistant would, and what it is to say."""

    messages: "list[ChatMessage]"
    answer: str


def build(shares: Mapping[str, Any], seed: int, data: Mapping[str, Path], ledger: Config | None = None) -> Mixture:
    """The mixture that `shares` (`mixture` of the parameters) asks for; `data` adds or replaces public sets."""
    rng = random.Random(seed)
    mixture = Mixture()
    refusals = shares["unanswerable"]
    terms = load_terms(HERE / "knowledge")
    mixture.add("term", term_examples(terms, rng, shares["term_passes"]))
    families = load_families(HERE / "stories" / "train")
    mixture.add("stories", story_examples(families, "train", rng, shares["stories"]))
    mixture.add("no evidence", no_evidence(story_examples(families, "train", rng, shares["no_evidence"])))
    mixture.add("invented market", market_examples(invented_prices(rng), rng, shares["market"] // 2, refusals))
    public: dict[str, Callable[[Path], Iterable[Example]]] = {
        "prices": lambda folder: _real_market(folder, rng, shares["market"] - shares["market"] // 2, refusals),
        "tatqa": lambda folder: _filings(folder, rng, shares["filings_passes"], refusals),
        "convfinqa": lambda file: filing_examples(*load_convfinqa(file), rng, refusals),
    }
    for name, make in public.items():
        path = data.get(name, SHARED / PUBLIC[name])
        if path.exists():
            mixture.add(name, make(path))
        else:
            mixture.told.append(f"left out: {name} ({path} is not there)")
    for name in data.keys() - public.keys():
        mixture.add(name, _own_rows(data[name]), "as its owner says")
    if ledger:
        try:
            mixture.add("your ledger", ledger_examples(ledger, rng, shares["market"], refusals), "yours")
        except StoreMissing as error:
            mixture.told.append(f"left out: your ledger ({error.cause})")
    return mixture


def no_evidence(examples: Iterable[Example]) -> Iterator[Example]:
    """The same questions with nothing to read: whatever the weights might suggest, there is no answer."""
    for example in examples:
        yield replace(example, family="unanswerable", answer=NOT_SAID, must=(), evidence=(), cites=frozenset())


def turns(examples: Iterable[Example]) -> Iterator[Turn]:
    """The examples as conversations."""
    for example in examples:
        if example.as_of is None:
            yield Turn(closed_book_prompt(example.question), example.answer)
        else:
            yield Turn(reading_prompt(example.question, example.evidence, example.as_of), example.answer)


def _real_market(folder: Path, rng: random.Random, count: int, refusals: float) -> Iterator[Example]:
    """Two symbols of three; the third is for evaluation."""
    prices = load_prices(folder, TRAINING_YEARS)
    apart = held_out(prices)
    kept = {s: p for s, p in sorted(prices.items()) if s not in apart}
    yield from market_examples(kept, rng, count, refusals)


def _filings(folder: Path, rng: random.Random, passes: int, refusals: float) -> Iterator[Example]:
    """Questions answered from text `passes` times, each with other neighbours; some of those with tables once."""
    questions, passages = load_tatqa(folder, "dev")
    text = [q for q in questions if q.answer_from == "text"]
    tables = [q for q in questions if q.answer_from != "text"]
    for _ in range(passes):
        yield from filing_examples(text, passages, rng, refusals)
    yield from filing_examples(rng.sample(tables, len(text) // 2), passages, rng, refusals)


def _own_rows(path: Path) -> Iterator[Example]:
    """Examples as JSON lines with the fields of `Example`: evidence items as in an answer's JSON, instants ISO 8601."""
    with path.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            yield Example(
                family=row["family"], group=row.get("group", ""), question=row["question"], answer=row["answer"],
                must=tuple(row.get("must", ())), evidence=tuple(map(_evidence, row.get("evidence", ()))),
                as_of=_instant(row.get("as_of")), cites=frozenset(row.get("cites", ())),
            )  # fmt: skip


def _evidence(row: dict[str, Any]) -> Evidence:
    given = row | {"published": _instant(row.get("published")), "fetched": _instant(row.get("fetched"))}
    return Evidence(**(given | {"symbols": tuple(row.get("symbols", ()))}))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
