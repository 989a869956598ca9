"""The training mixture: what is in it, how much of each, from where and under which licence.

The repository's own part needs nothing else. Public sets are found in ../shared/data or named with --data NAME=PATH;
what is not there is left out, and said.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.pointing import Line, lines_of
from assistant.prompts import NOT_SAID, ask, closed_book_prompt, reading_prompt, reply
from assistant.types import Evidence
from examples import Example
from examples.drawing import holds
from examples.families import load_families
from examples.filings import load_tatqa
from examples.ledger import ledger_examples
from examples.market import held_out, invented_prices, load_prices, market_examples
from examples.reports import cloze_examples, report_examples
from examples.stories import story_examples
from examples.terms import load_terms, term_examples
from ingest.config import Config
from ingest.errors import StoreMissing

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared" / "data"
# --data name -> where ../shared/data has it
PUBLIC = {"prices": "prices_daily_us", "tatqa": "tatqa"}
LICENCES = {
    "term": "written for this project",
    "stories": "written for this project",
    "no evidence": "written for this project",
    "invented market": "made by this project's code",
    "prices": "facts; MIT (leehojun8450-netizen/backtest-lab), daily prices 2023 to 2025",
    "tatqa": "TAT-QA dev, CC BY 4.0 (NExTplusplus)",
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
class Conversation:
    """What the model is shown, exactly as the assistant would, and what it is to say: the assistant's messages."""

    messages: "list[ChatMessage]"


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
        "tatqa": lambda folder: _filings(folder, rng, shares),
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
        yield replace(example, family="unanswerable", must=(), evidence=(), cites=frozenset())


def conversations(examples: Iterable[Example]) -> Iterator[Conversation]:
    """The examples as they are asked: those in a row that share their evidence as one conversation that shows it once.

    Of those, a question is left out whose answer the prompt's trimming took away.
    """
    for _, shared in groupby(examples, lambda e: id(e.evidence) if e.evidence else id(e)):
        asked = list(shared)
        first = asked[0]
        if first.as_of is None:
            yield from (Conversation([*closed_book_prompt(e.question), reply(e.definition)]) for e in asked)
            continue
        matters = " ".join(e.question for e in asked)
        answers = [(e.question, pointer(e, lines_of(e.evidence, matters))) for e in asked]
        if kept := [(question, answer) for question, answer in answers if answer]:
            (question, answer), *rest = kept
            messages = [*reading_prompt(question, first.evidence, first.as_of, matters), reply(answer)]
            yield Conversation([*messages, *(m for q, a in rest for m in (ask(q), reply(a)))])


def pointer(example: Example, lines: Sequence[Line]) -> str | None:
    """What the model is to say: the marks of the first lines that bear a right answer out. None where no line does."""
    if not example.must:
        return NOT_SAID
    right = [line for line in lines if line.n in example.cites]
    found = [next((li.mark for li in right if holds(li.text, must.strip(". "))), None) for must in example.must]
    return None if None in found else " ".join(dict.fromkeys(m for m in found if m))


def _real_market(folder: Path, rng: random.Random, count: int, refusals: float) -> Iterator[Example]:
    """Two symbols of three; the third is for evaluation."""
    prices = load_prices(folder, TRAINING_YEARS)
    apart = held_out(prices)
    kept = {s: p for s, p in sorted(prices.items()) if s not in apart}
    yield from market_examples(kept, rng, count, refusals)


def _filings(folder: Path, rng: random.Random, shares: Mapping[str, Any]) -> Iterator[Example]:
    """Questions answered from text `filings_passes` times, each time with other neighbours, and `clozes` made of the
    passages' own sentences."""
    questions, passages = load_tatqa(folder, "dev")
    text = [q for q in questions if q.answer_from == "text"]
    for _ in range(shares["filings_passes"]):
        yield from report_examples(text, passages, rng, shares["unanswerable"])
    yield from cloze_examples(passages, rng, shares["clozes"])


def _own_rows(path: Path) -> Iterator[Example]:
    """Examples as JSON lines with the fields of `Example`: evidence items as in an answer's JSON, instants ISO 8601."""
    with path.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            yield Example(
                family=row["family"], group=row.get("group", ""), question=row["question"],
                must=tuple(row.get("must", ())), evidence=tuple(map(_evidence, row.get("evidence", ()))),
                as_of=_instant(row.get("as_of")), cites=frozenset(row.get("cites", ())),
                definition=row.get("definition", ""),
            )  # fmt: skip


def _evidence(row: dict[str, Any]) -> Evidence:
    given = row | {"published": _instant(row.get("published")), "fetched": _instant(row.get("fetched"))}
    return Evidence(**(given | {"symbols": tuple(row.get("symbols", ()))}))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
