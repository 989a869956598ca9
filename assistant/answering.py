"""Merges what code knows, what the store holds and what the weights know into one answer, part by part.

LlamaIndex is imported only when news is searched or a model is asked: a price needs neither.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant import gaps
from assistant.antecedent import with_headlines
from assistant.dating import dated
from assistant.draft import AnswerStream, Draft
from assistant.evaluator import quote_line, quote_title
from assistant.glossary import entry
from assistant.market.conflict import contradicting
from assistant.market.finding import Finding
from assistant.market.load import FIGURE_KINDS, find
from assistant.market.measures import measure
from assistant.market.premise import denied, takes_sides
from assistant.reasons import reasons
from assistant.reference import references
from assistant.refreshing import Refresher
from assistant.relevance import defines
from assistant.response_synthesizer import Generator as Model
from assistant.response_synthesizer import ResponseSynthesizer, number_evidence
from assistant.types import (
    Arm,
    Asked,
    Evidence,
    Found,
    Kind,
    Listing,
    ModelInfo,
    Part,
    Period,
    Statement,
    Understanding,
)
from assistant.understand import Vocabulary, understand
from assistant.understand.particular import in_general
from ingest.ledger import Ledger

# (text, as_of, symbols, since, until) -> nodes, best first, and what was left out
NewsSearch = Callable[[str, datetime, tuple[str, ...], datetime | None, datetime | None], Found]

USUAL_ARM: Arm = "hybrid"
NEAREST = 2  # headlines shown where no story answers
NOT_TOLD = "No answer was found in the stories. Nearest:"
REASON_TOLD = "The stories give as a reason:"
NO_SOURCE = "from the model's training, no source"
BY_CODE = "figures: computed by code from the ledger's rows, no model"
AS_STORED = "headlines: quoted as stored, no model"
OF_READING = "the model's sentences: figures, dates, names and direction held against the line they cite"
OF_WEIGHTS = "the weights' sentences: figures held against reference records, the first against the glossary"
BY_RULE = "personal advice: refused by rule, no model"
DENIED = "So the stored prices do not bear out what the question takes for granted."
OTHER_PRICE = "A headline gives another price, which the stored one does not bear out:"
REFUSAL = (
    "That is a personal decision, and this assistant gives no advice. It can show what the prices did, what was "
    "reported and when, compare symbols, and explain terms."
)


class Answerer:
    """`clock` gives the instant of a question asked without `as_of`; `model` loads the generator on first use;
    `routes` tells the arm that was measured to answer a kind of question best; `refresher` may ask for newer prices,
    of questions that are asked without `as_of`."""

    def __init__(
        self,
        ledger: Ledger,
        vocabulary: Vocabulary,
        search_news: NewsSearch,
        model: Callable[[], Model],
        clock: Callable[[], datetime],
        zone: ZoneInfo,
        strict: bool = False,
        routes: Callable[[], Mapping[Kind, Arm]] = dict,
        refresher: Refresher | None = None,
    ) -> None:
        self._ledger, self._vocabulary, self._search_news = ledger, vocabulary, search_news
        self._model, self._clock, self._zone, self._strict = model, clock, zone, strict
        self._routes, self._refresher = routes, refresher

    def ask(
        self,
        question: str,
        arm: Arm | None = None,
        use_model: bool = True,
        as_of: datetime | None = None,
        previous: Understanding | None = None,
        arms: Mapping[Kind, Arm] | None = None,
    ) -> AnswerStream:
        """One answer as a stream. Without `arm` each part takes its kind's: of `arms` (those of an earlier answer)
        where given, else the best measured. `previous` is a chat's last understanding, from which a follow-up takes
        symbols and period; without `use_model` evidence is quoted and terms are abstained from."""
        asked = Asked(arm, use_model, self._strict, previous)
        draft = Draft(question, as_of or self._clock(), asked, arm or USUAL_ARM)
        return AnswerStream(draft, self._pieces(draft, arms, as_of is None))

    def understand(
        self, question: str, as_of: datetime | None = None, previous: Understanding | None = None
    ) -> Understanding:
        """What the question is taken to ask, by rule, as `ask` would take it."""
        today = (as_of or self._clock()).astimezone(self._zone).date()
        return understand(question, self._vocabulary, today, previous)

    # One question, part by part

    def _pieces(self, draft: Draft, arms: Mapping[Kind, Arm] | None, present: bool) -> Iterator[str]:
        understood = draft.understood = self.understand(draft.question, draft.as_of, draft.asked.previous)
        draft.warn(gaps.ambiguities(understood))
        draft.listings += self._listings(understood, draft.as_of)
        draft.mark("understand")
        if understood.unclear:
            yield from _abstain(draft, gaps.unclear(understood.unclear))
            return
        if present and draft.arm not in {"base", "lora"}:
            self._freshen(draft, understood)
        advised = any(p.kind == "advice" for p in understood.parts)
        for part in understood.parts:
            if advised and part.kind in {"term", "other"} and not part.term:
                continue  # "my broker says sell. Is he right?" wants advice twice
            if draft.asked.arm is None:
                self._route(draft, part, arms)
            yield from self._part(draft, part, draft.asked.use_model)
        if not understood.parts:
            yield from _abstain(draft, "There is no question in that.")
        if understood.unknown and "answered" in draft.outcomes:
            draft.warn([gaps.unknown(understood.unknown, self._vocabulary)])
        if understood.symbols:  # else the answer says so itself
            draft.warn([gaps.nearest_names(draft.question, self._vocabulary, capital=True).strip()])

    def _listings(self, understood: Understanding, as_of: datetime) -> list[Listing]:
        said = {m.symbol: m.text for m in understood.mentions}
        known = self._ledger.market.instruments(understood.symbols, as_of) if understood.symbols else {}
        told = [(s, known.get(s)) for s in understood.symbols]
        return [
            Listing(said.get(s, s), s, i.name, i.exchange, i.currency) if i else Listing(said.get(s, s), s, "", "", "")
            for s, i in told
        ]

    def _stored(self, part: Part, as_of: datetime) -> str:
        """What there is of the part's symbols, and up to when."""
        said = (gaps.stored(s, self._ledger.market.span(s, as_of, self._strict)) for s in part.symbols[:3])
        return "".join(f" {text}" for text in said if text)

    def _route(self, draft: Draft, part: Part, arms: Mapping[Kind, Arm] | None) -> None:
        draft.arm = USUAL_ARM
        if part.kind not in FIGURE_KINDS:  # those need no model, and so no adapter's table
            draft.arm = draft.arms[part.kind] = (arms or self._routes()).get(part.kind, USUAL_ARM)

    def _freshen(self, draft: Draft, understood: Understanding) -> None:
        """Lets prices past their time be asked for; what that brings is known, and answered, from then on."""
        outcome = self._refresher.freshen(understood, draft.as_of) if self._refresher else None
        if outcome is not None:
            draft.as_of = self._clock()
            draft.warn([outcome])
            draft.mark("refresh")

    def _part(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        if part.kind == "advice":
            draft.check(BY_RULE)
            yield from draft.paragraph([Statement(REFUSAL)], "refused")
        elif part.kind == "term":
            yield from self._term(draft, part, use_model)
        elif draft.arm in {"base", "lora"}:
            yield from _abstain(draft, f"Without retrieval (arm {draft.arm}) there is no evidence to answer this from.")
        elif part.kind in FIGURE_KINDS or (part.term and part.symbols):
            yield from self._figures(draft, part, use_model)
        elif part.kind == "news":
            yield from self._news(draft, part)
        else:
            yield from self._fact(draft, part, use_model)

    # Figures: code alone, where it has any; else a story may tell them

    def _figures(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        if not part.symbols:
            otherwise = gaps.no_symbol(draft.understood, self._vocabulary)
            named = draft.understood and draft.understood.unknown  # else there is nothing to search for
            yield from self._read(draft, part, use_model, otherwise) if named else _abstain(draft, otherwise)
            return
        findings, missing = self._find(draft, part)
        if part.kind == "other":
            findings = measure(part, [f.view for f in findings], draft.next_number)
            if not findings:
                known = f"This version does not compute the {part.term} of a symbol, and no story stored tells it."
                known += self._stored(part, draft.as_of)
                otherwise = " ".join(gaps.no_price(s, self._vocabulary) for s in missing) or known
                yield from self._read(draft, part, use_model, otherwise)
                return
        draft.mark("retrieve")
        for finding in findings:
            number = draft.next_number
            draft.evidence.append(finding.evidence(number))
            draft.warn(finding.warnings)
            if finding.stale:
                draft.stale.add(number)
            if finding.statements:
                draft.check(BY_CODE)
                yield from draft.paragraph(finding.statements, "answered")
                if part.kind == "price":
                    yield from self._conflict(draft, finding)
            elif finding.gap:
                yield from _abstain(draft, finding.gap)
        for symbol in missing:
            yield from _abstain(draft, gaps.no_price(symbol, self._vocabulary))

    def _find(self, draft: Draft, part: Part, asked: Part | None = None) -> tuple[list[Finding], list[str]]:
        """What the ledger says to `part` (or to `asked` in its place), "today" being each exchange's own."""

        def period_on(day: date) -> Period | None:
            if draft.understood is None or day == draft.as_of.astimezone(self._zone).date():
                return part.period
            there = understand(draft.question, self._vocabulary, day, draft.asked.previous).parts
            at = draft.understood.parts.index(part)
            return there[at].period if at < len(there) and there[at].symbols == part.symbols else part.period

        return find(self._ledger, asked or part, draft.as_of, draft.next_number, self._strict, period_on)

    def _conflict(self, draft: Draft, finding: Finding) -> Iterator[str]:
        """Headlines that give another price than the one just told: the stored one stands, and the conflict is said."""
        view, point = finding.view, finding.points[0]
        since = datetime.combine(point.day, time.min, view.zone)
        told = self._ledger.news.latest(draft.as_of, [view.instrument.symbol], since, strict=self._strict)
        wrong = contradicting(view, point, told)[:NEAREST]
        if not wrong:
            return
        items = [
            Evidence(n, "news", a.title, a.text, a.url, a.source, a.published, a.fetched, a.symbols)
            for n, a in enumerate(wrong, draft.next_number)
        ]
        draft.evidence += items
        draft.warn([f"sources disagree on the price of {view.instrument.symbol}"])
        yield from draft.paragraph((Statement(OTHER_PRICE), *_headlines(items, self._zone)), "answered", joint="\n")

    # News as such: headlines

    def _news(self, draft: Draft, part: Part) -> Iterator[str]:
        items = self._evidence(draft, part)
        if items:
            draft.check(AS_STORED)
            yield from draft.paragraph(_headlines(items, self._zone), "answered", joint="\n")
        else:
            yield from _abstain(draft, self._no_story(draft, part))

    # Facts and reasons: evidence, then prose that was checked against it

    def _fact(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        wrong, moves = (
            (yield from self._premise(draft, part)) if part.kind == "reason" and part.symbols else (False, [])
        )
        if wrong:
            headlines = _headlines(self._evidence(draft, part)[:NEAREST], self._zone)
            yield from draft.paragraph((Statement(DENIED), *headlines), "abstained", joint="\n")
            return
        otherwise = self._no_story(draft, part)
        if not part.symbols and (part.kind == "other" or (draft.understood and draft.understood.unknown)):
            otherwise += f" {gaps.no_symbol(draft.understood, self._vocabulary)}"
        yield from self._read(draft, part, use_model, otherwise, moves)

    def _no_story(self, draft: Draft, part: Part) -> str:
        said = gaps.no_story(part, self._ledger.news.first_known(), self._zone)
        return said + self._stored(part, draft.as_of)

    def _read(
        self, draft: Draft, part: Part, use_model: bool, otherwise: str, moves: Sequence[Finding] = ()
    ) -> Iterator[str]:
        """What the stored stories answer; `otherwise` where none bears on the question. Of a why about `moves` a line
        that gives a reason is quoted where the model finds none."""
        items = self._evidence(draft, part)
        if not items:
            yield from _abstain(draft, otherwise)
            return
        told = len(draft.statements)
        yield from self._told(draft, part, items, use_model)
        given = [r for m in moves for r in reasons(part.text, items, m)][:NEAREST]
        if len(draft.statements) == told and given:
            draft.check(AS_STORED)
            quoted = (quote_line(line, item, self._zone) for line, item in given)
            yield from draft.paragraph((Statement(REASON_TOLD), *quoted), "answered", joint="\n")
        elif len(draft.statements) == told:
            yield from self._nearest(draft, items)

    def _nearest(self, draft: Draft, items: list[Evidence]) -> Iterator[str]:
        """That the stories found hold no answer, and what they are."""
        nearest = (quote_title(item, self._zone) for item in items[:NEAREST])
        yield from draft.paragraph((Statement(NOT_TOLD), *nearest), "abstained", joint="\n")

    def _told(self, draft: Draft, part: Part, items: list[Evidence], use_model: bool) -> Iterator[str]:
        """What the model reads in `items`, as a paragraph; no paragraph where it finds no answer there."""
        synthesizer = self._synthesizer(draft, use_model)
        told = len(draft.statements)
        read = synthesizer.read(part.text, items, draft.as_of)
        said = (dated(s, items, draft.as_of, self._zone) for s in read)
        yield from draft.paragraph(with_headlines(said, items), "answered")
        if use_model:
            draft.check(OF_READING)
        draft.notes.extend(synthesizer.notes)
        if len(draft.statements) == told:
            draft.outcomes.pop()

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

    def _premise(self, draft: Draft, part: Part) -> Generator[str, None, tuple[bool, list[Finding]]]:
        """The move that a why-question is about, and whether it contradicts what the question takes for granted: only
        of a time that it names; and the move itself."""
        asked = draft.understood.parts if draft.understood else ()
        told = any(p.kind in {"move", "comparison"} and p.symbols == part.symbols for p in asked)
        move = replace(part, kind="comparison" if len(part.symbols) > 1 else "move", field="close")
        findings, _ = self._find(draft, part, move)
        for finding in findings if not told else ():
            number = draft.next_number
            draft.evidence.append(finding.evidence(number))
            if finding.stale:
                draft.stale.add(number)
            if finding.statements:
                draft.warn(finding.warnings)
                draft.check(BY_CODE)
                yield from draft.paragraph(finding.statements, "answered")
                draft.outcomes.pop()  # the move alone does not answer why
        moves = [f.change for f in findings if f.change]
        said = part.text if takes_sides(part.text) else draft.question
        wrong = any(f.denied for f in findings) or (part.period is not None and denied(said, moves))
        return wrong, findings

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

    # Terms: what the glossary lists from the weights, or from a stored text that defines it; others from the stories

    def _term(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        told = len(draft.statements)
        items = self._evidence(draft, part) if draft.arm in {"rag", "hybrid"} else []
        listed = entry(part.term or "", draft.next_number)
        if items and (not listed or any(defines(part.term or "", item.text) for item in items)):
            yield from self._told(draft, part, items, use_model)
        elif items:
            draft.check(f"no stored text defines “{part.term}”: the stories found are left aside")
        if len(draft.statements) > told:
            return
        if items and not listed and not in_general(part.text):  # of documents, and the weights would make it up
            yield from self._nearest(draft, items)
        else:
            yield from self._explained(draft, part, use_model)

    def _explained(self, draft: Draft, part: Part, use_model: bool) -> Iterator[str]:
        synthesizer = self._synthesizer(draft, use_model)
        records = references(part.term or "", draft.next_number)
        draft.evidence.extend(records)
        if defined := entry(part.term or "", draft.next_number):
            draft.evidence.append(defined)
        told = len(draft.statements)
        yield from draft.paragraph(synthesizer.explain(part.text, records, defined), "answered")
        if use_model:
            draft.check(OF_WEIGHTS)
        draft.notes.extend(synthesizer.notes)
        if len(draft.statements) > told:
            if not all(s.citations for s in draft.statements[told:]):
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
