"""Merges what code knows, what the store holds and what the weights know into one answer, part by part.

LlamaIndex is imported only when news is searched or a model is asked: a price needs neither.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from assistant import gaps
from assistant.draft import AnswerStream, Draft
from assistant.market.conflict import contradicting
from assistant.market.finding import Finding
from assistant.market.load import FIGURE_KINDS, find
from assistant.market.measures import measure
from assistant.market.premise import denied, takes_sides
from assistant.reading import NEAREST, NewsSearch, Reader
from assistant.refreshing import Refresher
from assistant.response_synthesizer import Generator as Model
from assistant.types import (
    Arm,
    Asked,
    Evidence,
    Kind,
    Listing,
    Part,
    Period,
    Statement,
    Understanding,
)
from assistant.understand import Vocabulary, understand
from ingest.ledger import Ledger

USUAL_ARM: Arm = "hybrid"
BY_CODE = "figures: computed by code from the ledger's rows, no model"
BY_RULE = "personal advice: refused by rule, no model"
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
        self._reader = Reader(ledger, vocabulary, search_news, model, zone, strict)
        self._ledger, self._vocabulary = ledger, vocabulary
        self._clock, self._zone, self._strict = clock, zone, strict
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
        draft.warn([*gaps.respelled(understood), *gaps.ambiguities(understood)])
        draft.listings += self._listings(understood, draft.as_of)
        draft.mark("understand")
        if understood.unclear:
            yield from draft.abstain(gaps.unclear(understood.unclear))
            return
        if present and draft.arm not in {"base", "lora"}:
            self._freshen(draft, understood)
        advised = any(p.kind == "advice" for p in understood.parts)
        for part in understood.parts:
            if advised and part.kind in {"term", "other"} and not part.term:
                continue  # "my broker says sell. Is he right?" wants advice twice
            if draft.asked.arm is None:
                self._route(draft, part, arms)
            yield from self._part(draft, part)
        if not understood.parts:
            yield from draft.abstain("There is no question in that.")
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

    def _part(self, draft: Draft, part: Part) -> Iterator[str]:
        if part.kind == "advice":
            draft.check(BY_RULE)
            yield from draft.paragraph([Statement(REFUSAL)], "refused")
        elif part.kind == "term":
            yield from self._reader.term(draft, part)
        elif draft.arm in {"base", "lora"}:
            yield from draft.abstain(f"Without retrieval (arm {draft.arm}) there is no evidence to answer this from.")
        elif part.kind in FIGURE_KINDS or (part.term and part.symbols):
            yield from self._figures(draft, part)
        elif part.kind == "news":
            yield from self._reader.news(draft, part)
        else:
            about_a_move = part.kind == "reason" and part.symbols
            wrong, moves = (yield from self._premise(draft, part)) if about_a_move else (False, [])
            yield from self._reader.denial(draft, part) if wrong else self._reader.fact(draft, part, moves)

    # Figures: code alone, where it has any; else a story may tell them

    def _figures(self, draft: Draft, part: Part) -> Iterator[str]:
        if not part.symbols:
            otherwise = gaps.no_symbol(draft.understood, self._vocabulary)
            named = draft.understood and draft.understood.unknown  # else there is nothing to search for
            yield from self._reader.read(draft, part, otherwise) if named else draft.abstain(otherwise)
            return
        findings, missing = self._find(draft, part)
        if part.kind == "other":
            findings = measure(part, [f.view for f in findings], draft.next_number)
            if not findings:
                known = f"This version does not compute the {part.term} of a symbol, and no story stored tells it."
                known += self._reader.stored(part, draft.as_of)
                otherwise = " ".join(gaps.no_price(s, self._vocabulary) for s in missing) or known
                yield from self._reader.read(draft, part, otherwise)
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
                yield from draft.abstain(finding.gap)
        for symbol in missing:
            yield from draft.abstain(gaps.no_price(symbol, self._vocabulary))

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
        yield from draft.paragraph((Statement(OTHER_PRICE), *self._reader.headlines(items)), "answered", joint="\n")

    # Reasons: the move first, and where the stored prices bear it out, what the stories say of it

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
