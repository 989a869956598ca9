"""Citations: from evidence, numbered in the order in which an answer first uses it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from assistant.age import age_text, is_old_story
from assistant.evaluator import WITHHELD
from assistant.sentences import content_words, sentences
from assistant.types import Citation, Derivation, Evidence, Figure, Statement
from assistant.unfit import unfit

_MARK = re.compile(r"\[(\d+)\]")


class Numbering:
    """Renumbers statements as they come: the first item cited becomes [1], the next new one [2], and so on."""

    def __init__(self) -> None:
        self._given: dict[int, int] = {}

    def apply(self, statement: Statement) -> Statement:
        text = _MARK.sub(lambda m: f"[{self._number(int(m[1]))}]", statement.text)
        citations = tuple(self._number(n) for n in statement.citations)
        return Statement(text, tuple(self._figure(f) for f in statement.figures), citations)

    def evidence(self, items: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """All of `items`: those cited under their new numbers, then the rest, numbered on."""
        cited = sorted((e for e in items if e.n in self._given), key=lambda e: self._given[e.n])
        rest = [e for e in items if e.n not in self._given]
        return tuple(replace(e, n=i) for i, e in enumerate((*cited, *rest), 1))

    @property
    def used(self) -> int:
        return len(self._given)

    def number_of(self, n: int) -> int:
        """The new number of item `n`; 0 where it was never cited."""
        return self._given.get(n, 0)

    def _number(self, n: int) -> int:
        return self._given.setdefault(n, len(self._given) + 1)

    def _figure(self, figure: Figure) -> Figure:
        source = figure.derived_from
        inputs = source and Derivation(source.formula, tuple(self._figure(i) for i in source.inputs))
        number = figure.citation and self._number(figure.citation)
        return replace(figure, citation=number, derived_from=inputs)


def cite(evidence: Evidence, statements: Sequence[Statement], as_of: datetime, stale: bool) -> Citation:
    """`evidence` as a citation, with the sentence of it that supports what `statements` say of it."""
    said = " ".join(s.text for s in statements if evidence.n in s.citations)
    old = evidence.kind == "news" and is_old_story(evidence.published, evidence.url, as_of)
    return Citation(
        n=evidence.n,
        kind=evidence.kind,
        title=evidence.title or WITHHELD,
        url=evidence.url,
        source=evidence.source,
        published=evidence.published,
        fetched=evidence.fetched,
        age=age_text(evidence.published, as_of),
        stale=stale or old,
        quote=_supporting(evidence, said),
        also_at=evidence.also_at,
        basis=evidence.basis,
    )


def stale_news(citations: Sequence[Citation]) -> list[str]:
    """A warning that names the cited stories past their time, where there are any."""
    old = [c for c in citations if c.kind == "news" and c.stale]
    told = ", ".join(f"[{c.n}] is {c.age} old" if c.published else f"[{c.n}] is undated" for c in old)
    return [f"stale news: {told}"] if old else []


def _supporting(evidence: Evidence, said: str) -> str:
    if evidence.kind != "news":
        return evidence.text
    words = content_words(said)
    told = [s for s in (evidence.title, *sentences(evidence.text)) if not unfit(s)]
    return max(told, key=lambda s: len(words & content_words(s)), default="")
