"""Merges what code knows, what the store holds and what the weights know into one answer, part by part.

LlamaIndex is imported only when news is searched or a model is asked: a price needs neither.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assistant.draft import Draft
from assistant.evaluator import quote_title
from assistant.market.load import FIGURE_KINDS, find
from assistant.market.measures import measure
from assistant.reference import references
from assistant.response_synthesizer import Generator, ResponseSynthesizer, number_evidence
from assistant.types import Answer, Arm, Evidence, ModelInfo, Part, Statement, Understanding
from assistant.understand import Vocabulary, understand
from ingest.ledger import Ledger

if TYPE_CHECKING:
    from llama_index.core.schema import NodeWithScore

# (text, as_of, symbols, since, until) -> nodes, best first
NewsSearch = Callable[[str, datetime, tuple[str, ...], datetime | None, datetime | None], "list[NodeWithScore]"]

NO_SOURCE = "from the model's training, no source"
REFUSAL = (
    "That is a personal decision, and this assistant gives no advice. It can show what the prices did, what was "
    "reported and when, compare symbols, and explain terms."
)


class AnswerStream:
    """Iterates over the answer's text as it becomes final: whatever it yields was checked. `answer` is the whole,
    once the iteration has ended."""

    def __init__(self, draft: Draft, pieces: Iterator[str]) -> None:
        self._draft, self._pieces = draft, pieces
        self._answer: Answer | None = None

    def __iter__(self) -> Iterator[str]:
        yield from self._pieces
        self._answer = self._draft.close()

    @property
    def answer(self) -> Answer:
        if self._answer is None:
            for _ in self:
                pass
        assert self._answer is not None
        return self._answer


class Answerer:
    """`clock` gives the instant of a question asked without `as_of`; `model` loads the generator on first use."""

    def __init__(
        self,
        ledger: Ledger,
        vocabulary: Vocabulary,
        search_news: NewsSearch,
        model: Callable[[], Generator],
        clock: Callable[[], datetime],
        zone: ZoneInfo,
        strict: bool = False,
    ) -> None:
        self._ledger, self._vocabulary, self._search_news = ledger, vocabulary, search_news
        self._model, self._clock, self._zone, self._strict = model, clock, zone, strict

    def ask(
        self,
        question: str,
        arm: Arm = "hybrid",
        use_model: bool = True,
        as_of: datetime | None = None,
        previous: Understanding | None = None,
    ) -> AnswerStream:
        """One answer as a stream. `previous` is a chat's last understanding, from which a follow-up takes symbols and
        period; without `use_model` evidence is quoted and terms are abstained from."""
        draft = Draft(question, as_of or self._clock(), arm)
        return AnswerStream(draft, self._pieces(draft, use_model, previous))

    def understand(
        self, question: str, as_of: datetime | None = None, previous: Understanding | None = None
    ) -> Understanding:
        """What the question is taken to ask, by rule, as `ask` would take it."""
        today = (as_of or self._clock()).astimezone(self._zone).date()
        return understand(question, self._vocabulary, today, previous)

    # One question, part by part

    def _pieces(self, draft: Draft, use_model: bool, previous: Understanding | None) -> Iterator[str]:
        understood = draft.understood = self.understand(draft.question, draft.as_of, previous)
        draft.warn(_ambiguities(understood))
        draft.mark("understand")
        if understood.unclear:
            yield from _abstain(draft, _unclear(understood.unclear))
            return
        for part in understood.parts:
            yield from self._part(draft, part, use_model)
        if not understood.parts:
            yield from _abstain(draft, "There is no question in that.")
        if understood.unknown and "answered" in draft.outcomes:
            draft.warn([self._unknown(understood.unknown)])

    def _part(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        if part.kind == "advice":
            yield from draft.paragraph([Statement(REFUSAL)], "refused")
        elif part.kind == "term":
            yield from self._term(draft, part, use_model)
        elif draft.arm in {"base", "lora"}:
            yield from _abstain(draft, f"Without retrieval (arm {draft.arm}) there is no evidence to answer this from.")
        elif part.kind in FIGURE_KINDS or (part.term and part.symbols):
            yield from self._figures(draft, part)
        else:
            yield from self._news(draft, part, use_model)

    # Figures: code alone

    def _figures(self, draft: Draft, part: Part) -> Iterator[str]:
        if not part.symbols:
            yield from _abstain(draft, self._which_symbol(draft))
            return
        findings, missing = find(self._ledger, part, draft.as_of, draft.next_number, self._strict)
        if part.kind == "other":
            measured = [measure(part, f.view, n) for n, f in enumerate(findings, draft.next_number)]
            findings = [m for m in measured if m]
            if not findings and not missing:
                yield from _abstain(draft, f"This version does not compute the {part.term} of a symbol.")
        draft.mark("retrieve")
        for finding in findings:
            number = draft.next_number
            draft.evidence.append(finding.evidence(number))
            if finding.warnings:
                draft.stale.add(number)
                draft.warn(finding.warnings)
            if finding.statements:
                yield from draft.paragraph(finding.statements, "answered")
            elif finding.gap:
                yield from _abstain(draft, finding.gap)
        for symbol in missing:
            yield from _abstain(draft, self._missing(symbol))

    def _missing(self, symbol: str) -> str:
        if symbol in self._vocabulary.followed:
            return f"No price of {symbol} has been ingested yet: run `bell ingest quotes`."
        return f"{symbol} is not followed, so no price of it is stored: `bell watch add {symbol}`, then `bell ingest`."

    def _which_symbol(self, draft: Draft) -> str:
        unknown = draft.understood.unknown if draft.understood else ()
        if unknown:
            return self._unknown(unknown)
        followed = ", ".join(list(self._vocabulary.followed)[:12]) or "none"
        return f"No symbol or company that this store knows is named in that. Followed: {followed}."

    def _unknown(self, words: tuple[str, ...]) -> str:
        pool = [*self._vocabulary.known, *self._vocabulary.followed]
        near = sorted({m for w in words for m in get_close_matches(w.upper(), pool, 3, 0.6)})
        hint = f" Nearest known: {', '.join(near)}." if near else ""
        verb = "is no symbol" if len(words) == 1 else "are no symbols"
        return f"{', '.join(words)} {verb} that this store knows.{hint}"

    # News and reasons: evidence, then prose that was checked against it

    def _news(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        if part.kind == "reason" and part.symbols:
            yield from self._premise(draft, part)
        since, until = self._window(part)
        nodes = self._search_news(part.text, draft.as_of, part.symbols, since, until)
        draft.mark("retrieve")
        items = number_evidence(nodes, draft.next_number)
        draft.evidence.extend(items)
        if not items:
            yield from _abstain(draft, self._no_news(part))
        elif part.kind == "news":
            yield from draft.paragraph(_headlines(items, self._zone), "answered", joint="\n")
        else:
            synthesizer = self._synthesizer(draft, use_model)
            yield from draft.paragraph(synthesizer.read(part.text, items, draft.as_of), "answered")
            draft.notes.extend(synthesizer.notes)

    def _premise(self, draft: Draft, part: Part) -> Iterator[str]:
        """The move that a why-question is about, so that a false premise shows."""
        asked = draft.understood.parts if draft.understood else ()
        if any(p.kind in {"move", "comparison"} and p.symbols == part.symbols for p in asked):
            return
        move = replace(part, kind="move", field="close")
        findings, _ = find(self._ledger, move, draft.as_of, draft.next_number, self._strict)
        for finding in findings:
            number = draft.next_number
            draft.evidence.append(finding.evidence(number))
            if finding.warnings:
                draft.stale.add(number)
            if finding.statements:
                draft.warn(finding.warnings)
                yield from draft.paragraph(finding.statements, "answered")
                draft.outcomes.pop()  # the move alone does not answer why

    def _window(self, part: Part) -> tuple[datetime | None, datetime | None]:
        """Publication times that bear on the part's period: reasons may be a weekend older than the move."""
        if part.period is None:
            return None, None
        lead = timedelta(days=3 if part.kind == "reason" else 0)
        start = datetime.combine(part.period.start, time.min, self._zone) - lead
        return start, datetime.combine(part.period.end, time.max, self._zone)

    def _no_news(self, part: Part) -> str:
        about = f" about {', '.join(part.symbols)}" if part.symbols else " about that"
        when = f" {part.period.label}" if part.period else ""
        first = self._ledger.news.first_known()
        reach = (
            f" News is known here from {first.astimezone(self._zone):%d %b %Y} on."
            if first
            else " No news has been ingested yet."
        )
        return f"The store holds no story{about}{when}.{reach}"

    # Terms: the weights

    def _term(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        synthesizer = self._synthesizer(draft, use_model)
        records = references(part.term or "", draft.next_number)
        draft.evidence.extend(records)
        told = len(draft.statements)
        yield from draft.paragraph(synthesizer.explain(part.text, records), "answered")
        draft.notes.extend(synthesizer.notes)
        if len(draft.statements) > told:
            draft.warn([NO_SOURCE])
        else:
            draft.outcomes.pop()
            reason = "the model said nothing that could be let through" if use_model else "no model is used"
            yield from _abstain(draft, f"No explanation can be given: {reason}.")

    def _synthesizer(self, draft: Draft, use_model: bool) -> ResponseSynthesizer:
        if not use_model:
            return ResponseSynthesizer(None, self._zone)
        model = self._model()
        tuned = draft.arm in {"lora", "hybrid"}
        info = model.model_info
        if tuned and not info.get("adapter"):
            draft.warn([f"no adapter is installed: arm {draft.arm} answers with the base model alone"])
        draft.model = ModelInfo(info.get("base"), info.get("adapter") if tuned else None)
        return ResponseSynthesizer(model.with_adapter(tuned), self._zone)


def _abstain(draft: Draft, text: str) -> Iterator[str]:
    return draft.paragraph([Statement(text)], "abstained")


def _headlines(items: list[Evidence], zone: ZoneInfo) -> Iterator[Statement]:
    """One line a story, written by code: what was reported, by whom, when."""
    yield from (quote_title(item, zone) for item in items)


def _unclear(dates: tuple[str, ...]) -> str:
    shown = " and ".join(f"“{d}”" for d in dates)
    return f"{shown} names no day, or two: write the month in words, or the date as 2026-02-27."


def _ambiguities(understood: Understanding) -> list[str]:
    return [
        f"“{a.text}” may be {' or '.join(a.candidates)}; taken for {a.candidates[0]}" for a in understood.ambiguities
    ]
