"""What stories and the weights tell to one part of a question: evidence first, then prose that was checked against it.

LlamaIndex is imported only when news is searched or a model is asked.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant import gaps
from assistant.antecedent import with_headlines
from assistant.dating import dated
from assistant.deeds import deeds
from assistant.disagreement import otherwise
from assistant.draft import Draft
from assistant.evaluator import quote_line, quote_title
from assistant.glossary import entry
from assistant.market.finding import Finding
from assistant.reasons import reasons
from assistant.reference import references
from assistant.relevance import defines
from assistant.response_synthesizer import Generator as Model
from assistant.response_synthesizer import ResponseSynthesizer, number_evidence
from assistant.types import Evidence, Found, ModelInfo, Part, Statement
from assistant.understand import Vocabulary
from assistant.understand.particular import in_general
from ingest.ledger import Ledger

# (text, as_of, symbols, since, until) -> nodes, best first, and what was left out
NewsSearch = Callable[[str, datetime, tuple[str, ...], datetime | None, datetime | None], Found]

NEAREST = 2  # headlines shown where no story answers
NOT_TOLD = "No answer was found in the stories. Nearest:"
REASON_TOLD = "The stories give as a reason:"
OTHER_FIGURE = "Another source gives another figure:"
DEED_TOLD = "The stories say in their own words:"
NO_SOURCE = "from the model's training, no source"
AS_STORED = "headlines: quoted as stored, no model"
OF_READING = "the model's sentences: figures, dates, names and direction held against the line they cite"
OF_WEIGHTS = "the weights' sentences: figures held against reference records, the first against the glossary"
DENIED = "So the stored prices do not bear out what the question takes for granted."


class Reader:
    """Reads for one part at a time into the draft that is handed in. `model` loads the generator on first use."""

    def __init__(
        self,
        ledger: Ledger,
        vocabulary: Vocabulary,
        search_news: NewsSearch,
        model: Callable[[], Model],
        zone: ZoneInfo,
        strict: bool = False,
    ) -> None:
        self._ledger, self._vocabulary, self._search_news = ledger, vocabulary, search_news
        self._model, self._zone, self._strict = model, zone, strict

    def stored(self, part: Part, as_of: datetime) -> str:
        """What there is of the part's symbols, and up to when."""
        said = (gaps.stored(s, self._ledger.market.span(s, as_of, self._strict)) for s in part.symbols[:3])
        return "".join(f" {text}" for text in said if text)

    def headlines(self, items: Sequence[Evidence]) -> Iterator[Statement]:
        """One line a story, written by code: what was reported, by whom, when."""
        yield from (quote_title(item, self._zone) for item in items)

    # News as such, and what the stories answer

    def news(self, draft: Draft, part: Part) -> Iterator[str]:
        items = self._evidence(draft, part)
        if items:
            draft.check(AS_STORED)
            yield from draft.paragraph(self.headlines(items), "answered", joint="\n")
        else:
            yield from draft.abstain(self._no_story(draft, part))

    def fact(self, draft: Draft, part: Part, moves: Sequence[Finding] = ()) -> Iterator[str]:
        """What the stories say to a question of fact, or to a why about `moves`."""
        otherwise = self._no_story(draft, part)
        if not part.symbols and (part.kind == "other" or (draft.understood and draft.understood.unknown)):
            otherwise += f" {gaps.no_symbol(draft.understood, self._vocabulary)}"
        yield from self.read(draft, part, otherwise, moves)

    def denial(self, draft: Draft, part: Part) -> Iterator[str]:
        """That prices told before do not bear out what a why takes for granted, and what was reported then."""
        nearest = self.headlines(self._evidence(draft, part)[:NEAREST])
        yield from draft.paragraph((Statement(DENIED), *nearest), "abstained", joint="\n")

    def _no_story(self, draft: Draft, part: Part) -> str:
        said = gaps.no_story(part, self._ledger.news.first_known(), self._zone)
        return said + self.stored(part, draft.as_of)

    def read(self, draft: Draft, part: Part, otherwise: str, moves: Sequence[Finding] = ()) -> Iterator[str]:
        """What the stored stories answer; `otherwise` where none bears on the question. Where the model finds nothing,
        a line is quoted that gives a reason for one of `moves`, or tells in so many words what a company did."""
        items = self._evidence(draft, part)
        if not items:
            yield from draft.abstain(otherwise)
            return
        told = len(draft.statements)
        yield from self._told(draft, part, items)
        if len(draft.statements) > told:
            return
        reported = [r for m in moves for r in reasons(part.text, items, m)]
        given = reported or deeds(part.text, items, _names(draft, part))
        if given:
            draft.check(AS_STORED)
            quoted = (quote_line(line, item, self._zone) for line, item in given[:NEAREST])
            lead = Statement(REASON_TOLD if reported else DEED_TOLD)
            yield from draft.paragraph((lead, *quoted), "answered", joint="\n")
        else:
            yield from self._nearest(draft, items)

    def _nearest(self, draft: Draft, items: list[Evidence]) -> Iterator[str]:
        """That the stories found hold no answer, and what they are."""
        yield from draft.paragraph((Statement(NOT_TOLD), *self.headlines(items[:NEAREST])), "abstained", joint="\n")

    def _told(self, draft: Draft, part: Part, items: list[Evidence]) -> Iterator[str]:
        """What the model reads in `items`, as a paragraph; no paragraph where it finds no answer there."""
        synthesizer = self._synthesizer(draft)
        told = len(draft.statements)
        read: list[Statement] = []

        def said() -> Iterator[Statement]:
            for statement in synthesizer.read(part.text, items, draft.as_of):
                read.append(statement)
                yield dated(statement, items, draft.as_of, self._zone)

        yield from draft.paragraph(with_headlines(said(), items), "answered")
        if draft.asked.use_model:
            draft.check(OF_READING)
        draft.note(synthesizer.notes)
        if len(draft.statements) == told:
            draft.outcomes.pop()
        yield from self._disagreement(draft, read, items)

    def _disagreement(self, draft: Draft, read: Sequence[Statement], items: list[Evidence]) -> Iterator[str]:
        """Beside what was `read`, the lines of other sources that tell the same with another figure."""
        others = dict(o for statement in read for o in otherwise(statement, items))
        if others:
            draft.warn(["sources disagree on a figure"])
        unsaid = [(line, e) for line, e in others.items() if not any(e.n in s.citations for s in read)]
        if unsaid:
            quoted = (quote_line(line, item, self._zone) for line, item in unsaid)
            yield from draft.paragraph((Statement(OTHER_FIGURE), *quoted), "answered", joint="\n")

    def _evidence(self, draft: Draft, part: Part) -> list[Evidence]:
        """Stories of the part's symbols; for a fact also those that no symbol was linked to."""
        since, until = self._window(part, draft.as_of)
        found = self._search_news(part.text, draft.as_of, part.symbols, since, until)
        if not found.nodes and part.symbols and part.kind == "other":
            found = self._search_news(part.text, draft.as_of, (), since, until)
        draft.mark("retrieve")
        draft.dropped.extend(found.dropped)
        items = number_evidence(found.nodes, draft.next_number)
        draft.evidence.extend(items)
        return items

    def _window(self, part: Part, as_of: datetime) -> tuple[datetime | None, datetime | None]:
        """Publication times that bear on the part's period: reasons may be a weekend older than the move, and a fact
        of a time is reported during or after it, unless that time is still to come."""
        if part.period is None:
            return None, None
        start = datetime.combine(part.period.start, time.min, self._zone)
        if part.kind not in {"news", "reason"}:
            return (start if start <= as_of else None), None
        lead = timedelta(days=3 if part.kind == "reason" else 0)
        return start - lead, datetime.combine(part.period.end, time.max, self._zone)

    # Terms

    def term(self, draft: Draft, part: Part) -> Iterator[str]:
        """What the glossary lists from the weights, or from a stored text that defines it; others from the stories."""
        told = len(draft.statements)
        items = self._evidence(draft, part) if draft.arm in {"rag", "hybrid"} else []
        listed = entry(part.term or "", draft.next_number)
        if items and (not listed or any(defines(part.term or "", item.text) for item in items)):
            yield from self._told(draft, part, items)
        elif items:
            draft.check(f"no stored text defines “{part.term}”: the stories found are left aside")
        if len(draft.statements) > told:
            return
        if items and not listed and not in_general(part.text):  # of documents, and the weights would make it up
            yield from self._nearest(draft, items)
        else:
            yield from self._explained(draft, part)

    def _explained(self, draft: Draft, part: Part) -> Iterator[str]:
        synthesizer = self._synthesizer(draft)
        records = references(part.term or "", draft.next_number)
        draft.evidence.extend(records)
        if defined := entry(part.term or "", draft.next_number):
            draft.evidence.append(defined)
        told = len(draft.statements)
        yield from draft.paragraph(synthesizer.explain(part.text, records, defined), "answered")
        if draft.asked.use_model:
            draft.check(OF_WEIGHTS)
        draft.note(synthesizer.notes)
        if len(draft.statements) > told:
            if not all(s.citations for s in draft.statements[told:]):
                draft.warn([NO_SOURCE])
        else:
            draft.outcomes.pop()
            reason = "the model said nothing that could be let through" if draft.asked.use_model else "no model is used"
            yield from draft.abstain(f"No explanation can be given: {reason}.")

    def _synthesizer(self, draft: Draft) -> ResponseSynthesizer:
        if not draft.asked.use_model:
            return ResponseSynthesizer(None, self._zone)
        model = self._model()
        tuned = draft.arm in {"lora", "hybrid"}
        info = model.model_info
        if tuned and not info.get("adapter"):
            draft.warn([f"no adapter is installed: arm {draft.arm} answers with the base model alone"])
        draft.model = ModelInfo(info.get("base"), info.get("adapter") if tuned else None)
        return ResponseSynthesizer(model.with_adapter(tuned), self._zone)


def _names(draft: Draft, part: Part) -> set[str]:
    """The words, in lower case, of what the part's company is called here; none of several."""
    called = [f"{told.text} {told.name} {told.symbol}" for told in draft.listings if (told.symbol,) == part.symbols]
    return {w.strip("$().,").lower().removesuffix("'s") for words in called for w in words.split()}
