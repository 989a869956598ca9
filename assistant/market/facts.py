"""Sentences about prices, moves, extremes and comparisons. Code writes every digit and binds it to its record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from assistant.market.view import MarketView, Point, bar_point, day_text
from assistant.numbers import signed_text
from assistant.types import Derivation, Evidence, Field, Figure, Part, Period, Statement

INVENTED = "(invented)"  # how the sample market marks its exchange and publishers: no link goes out for it
_MAGNITUDE = ("moved more", "move more", "bigger move", "larger move", "moved the most", "swung", "more volatile")


@dataclass(frozen=True, slots=True)
class Finding:
    """What the ledger says to one part for one symbol. Without statements, `gap` says what is missing and why."""

    view: MarketView
    statements: tuple[Statement, ...] = ()
    points: tuple[Point, ...] = ()
    gap: str = ""
    warnings: tuple[str, ...] = ()
    change: Figure | None = None  # the percent move, for comparisons

    def evidence(self, n: int) -> Evidence:
        """The stored records behind the sentences, as one citable item."""
        view, instrument = self.view, self.view.instrument
        points = sorted(set(self.points), key=lambda p: (p.as_of, p.field))
        rows = [f"{p.field} {view.figure(p, n).text} {view.figure(p, n).unit} on {view.when(p)}" for p in points]
        invented = instrument.exchange.endswith(INVENTED)
        return Evidence(
            n=n,
            kind="quote",
            title=f"{view.name}: prices on {instrument.exchange}",
            text=f"{view.name}: {'; '.join(rows)}.",
            url="" if invented else f"https://finance.yahoo.com/quote/{instrument.symbol}/history/",
            source=f"{instrument.exchange}, sample data" if invented else f"Yahoo Finance, {instrument.exchange}",
            published=max((p.as_of for p in points), default=None),
            fetched=max((p.fetched for p in points), default=None),
            symbols=(instrument.symbol,),
            score=1.0,
        )


def answer_part(part: Part, views: Sequence[MarketView], first_citation: int) -> list[Finding]:
    """The findings of a figure question, one a symbol in order, citing `first_citation`, `first_citation + 1`, ..."""
    tell = {"price": _price, "high_low": _extremes}.get(part.kind, _move)
    findings = [tell(view, part, first_citation + i) for i, view in enumerate(views)]
    if len(views) > 1 and part.kind in {"comparison", "move"}:
        findings = _compare(part, findings)
    return findings


# Price -----------------------------------------------------------------------------------------------------------


def _price(view: MarketView, part: Part, n: int) -> Finding:
    if part.period and (gap := unknown_period(view, part.period)):
        return Finding(view, gap=gap)
    if part.period is None:
        return _latest(view, part.field, n) if view.bars or view.live else Finding(view, gap=_coverage(view, None))
    inside = view.inside(part.period)
    if inside:
        point = bar_point(inside[-1], part.field)
        return Finding(view, (_priced(view, point, n),), (point,))
    if view.live and part.period.start <= view.live.day <= part.period.end:
        return _latest(view, part.field, n)
    bar = view.before(part.period.start)
    if bar is None:
        return Finding(view, gap=_coverage(view, part.period))
    point = bar_point(bar, part.field)
    lead = _no_session(view, part.period)
    return Finding(view, (Statement(lead), _priced(view, point, n)), (point,))


def _latest(view: MarketView, field: Field, n: int) -> Finding:
    point = view.live if view.live and field == "close" else bar_point(view.bars[-1], field)
    statements, points = [_priced(view, point, n)], [point]
    before = view.before(point.day)
    if before and field == "close":
        base = bar_point(before)
        percent, amount = changes(view, base, point, n)
        old = view.figure(base, n)
        text = (
            f"That is {amount.text} {amount.unit} ({percent.text} %) against the previous close of "
            f"{old.text} {old.unit} on {view.when(base)} [{n}]."
        )
        statements.append(Statement(text, (amount, percent, old), (n,)))
        points.append(base)
    return Finding(view, tuple(statements), tuple(points), warnings=_stale(view))


def _priced(view: MarketView, point: Point, n: int) -> Statement:
    figure = view.figure(point, n)
    if point.live:
        text = f"{view.name} traded at {figure.text} {figure.unit} at {view.when(point)}, with the session open [{n}]."
    elif point.field == "close":
        clock = f"{point.as_of.astimezone(view.zone):%H:%M %Z}"
        text = (
            f"{view.name} closed at {figure.text} {figure.unit} on {view.when(point)} (regular close, {clock}) [{n}]."
        )
    elif point.field == "volume":
        text = f"{view.name} traded {figure.text} shares on {view.when(point)} [{n}]."
    else:
        text = f"The {point.field} of {view.name} on {view.when(point)} was {figure.text} {figure.unit} [{n}]."
    return Statement(text, (figure,), (n,))


# Move ------------------------------------------------------------------------------------------------------------


def _move(view: MarketView, part: Part, n: int) -> Finding:
    if part.period and (gap := unknown_period(view, part.period)):
        return Finding(view, gap=gap)
    ends = _ends(view, part.period)
    if ends is None:
        return _no_move(view, part, n)
    base, last = ends
    percent, amount = changes(view, base, last, n)
    old, new = view.figure(base, n), view.figure(last, n)
    span = f" {part.period.label}" if part.period else f" on {day_text(last.day)}"
    so_far = " so far" if last.live else ""
    text = (
        f"{view.name} {_verb(percent.value)}{span}{so_far}: {percent.text} % ({amount.text} {amount.unit}), "
        f"from {old.text} {old.unit} (close of {view.when(base)}) to {new.text} {new.unit} "
        f"({'last at' if last.live else 'close of'} {view.when(last)}) [{n}]."
    )
    statement = Statement(text, (percent, amount, old, new), (n,))
    warnings = _stale(view) if part.period is None or part.period.end >= view.today else ()
    return Finding(view, (statement,), (base, last), warnings=warnings, change=percent)


def _ends(view: MarketView, period: Period | None) -> tuple[Point, Point] | None:
    """The close a move starts from and the price it ends at."""
    live = view.live
    if period is None:
        last = live or (bar_point(view.bars[-1]) if view.bars else None)
    else:
        inside = view.inside(period)
        last = bar_point(inside[-1]) if inside else None
        if live and period.start <= live.day <= period.end:
            last = live
    if last is None:
        return None
    base = view.before(period.first_moving_day if period else last.day)
    return (bar_point(base), last) if base else None


def _no_move(view: MarketView, part: Part, n: int) -> Finding:
    period = part.period
    bar = view.before(period.start) if period else None
    if period is None or bar is None:
        return Finding(view, gap=_coverage(view, period))
    point = bar_point(bar)
    return Finding(view, (Statement(_no_session(view, period)), _priced(view, point, n)), (point,))


def changes(view: MarketView, base: Point, last: Point, n: int) -> tuple[Figure, Figure]:
    """The percent and the absolute change from `base` to `last`, each with its formula and inputs."""
    inputs = (view.figure(base, n), view.figure(last, n))
    percent, amount = (last.value / base.value - 1) * 100, last.value - base.value
    symbol, currency = view.instrument.symbol, view.instrument.currency
    decimals = len(inputs[1].text.partition(".")[2])
    return (
        Figure(
            signed_text(percent), round(percent, 6), "percent", symbol, "change", last.as_of, n,
            Derivation("(last / first - 1) * 100", inputs),
        ),
        Figure(
            signed_text(amount, decimals), round(amount, 6), currency, symbol, "change", last.as_of, n,
            Derivation("last - first", inputs),
        ),
    )  # fmt: skip


def _verb(percent: float) -> str:
    shown = round(percent, 2)
    return "rose" if shown > 0 else "fell" if shown < 0 else "was unchanged"


# Highs and lows --------------------------------------------------------------------------------------------------


def _extremes(view: MarketView, part: Part, n: int) -> Finding:
    period = part.period or Period(view.today - timedelta(days=364), view.today, "in the past year")
    if gap := unknown_period(view, period):
        return Finding(view, gap=gap)
    inside = view.inside(period)
    if not inside:
        return _no_move(view, replace(part, period=period), n)
    wanted: list[Literal["high", "low"]] = [part.extreme] if part.extreme else ["high", "low"]
    statements, points = [], []
    for extreme in wanted:
        field: Field = part.field if part.field in {"close", "volume", "open"} else extreme
        pick = max if extreme == "high" else min
        point = bar_point(pick(inside, key=lambda b: bar_point(b, field).value), field)
        figure = view.figure(point, n)
        word = {"high": "highest", "low": "lowest"}[extreme]
        what = {"high": "high of the day", "low": "low of the day"}.get(field, field)
        text = (
            f"The {word} {what} of {view.name} {period.label} was {figure.text} {figure.unit}, "
            f"on {view.when(point)} [{n}]."
        )
        statements.append(Statement(text, (figure,), (n,)))
        points.append(point)
    warnings = _stale(view) if period.end >= view.today else ()
    if view.bars[0].day > period.start + timedelta(days=5):
        warnings = (*warnings, f"{view.instrument.symbol} is known here only from {day_text(view.bars[0].day)} on")
    return Finding(view, tuple(statements), tuple(points), warnings=warnings)


# Comparison ------------------------------------------------------------------------------------------------------


def _compare(part: Part, findings: list[Finding]) -> list[Finding]:
    """Appends who moved more (or did better) to the last finding, where all moves are known."""
    moves = [f.change for f in findings if f.change]
    if len(moves) != len(findings) or part.kind == "move":
        return findings
    by_size = any(words in part.text.lower() for words in _MAGNITUDE)
    ranked = sorted(moves, key=lambda m: abs(m.value) if by_size else m.value, reverse=True)
    first, second = ranked[0], ranked[1]
    marks = "".join(f"[{m.citation}]" for m in (first, second))
    if round(first.value, 2) == round(second.value, 2):
        text = f"{first.symbol} and {second.symbol} moved alike: {first.text} % against {second.text} % {marks}."
        closing = Statement(text, (first, second), _cited(first, second))
    else:
        gap = abs(first.value - second.value)
        spread = Figure(
            f"{gap:.2f}", round(gap, 6), "percentage points", None, "spread", first.as_of, first.citation,
            Derivation("|first - second|", (first, second)),
        )  # fmt: skip
        verdict = "moved more" if by_size else "did better"
        text = (
            f"{first.symbol} {verdict} than {second.symbol}: {first.text} % against {second.text} %, "
            f"a difference of {spread.text} percentage points {marks}."
        )
        closing = Statement(text, (first, second, spread), _cited(first, second))
    lead = replace(findings[0], statements=(closing, *findings[0].statements))
    return [lead, *findings[1:]]


def _cited(*figures: Figure) -> tuple[int, ...]:
    return tuple(f.citation for f in figures if f.citation is not None)


# What is not known -----------------------------------------------------------------------------------------------


def unknown_period(view: MarketView, period: Period) -> str:
    """Why nothing can be said of `period`, or "" where something can."""
    if not view.bars and not view.live:
        return f"No price of {view.name} was known at that time."
    if period.start > view.today:
        return f"{_named(period)} lies after the time of this answer, {day_text(view.today)}."
    if view.bars and period.end < view.bars[0].day:
        return _coverage(view, period)
    return ""


def _coverage(view: MarketView, period: Period | None) -> str:
    if not view.bars:
        return f"No price of {view.name} was known at that time."
    asked = f"{_named(period)} is not covered: " if period else ""
    return f"{asked}{view.name} is known here from {day_text(view.bars[0].day)} to {day_text(view.bars[-1].day)}."


def _no_session(view: MarketView, period: Period) -> str:
    if period.single_day and view.is_session(period.start) is False:
        return (
            f"{view.instrument.exchange} had no session on {day_text(period.start)}; the last close before it follows."
        )
    if period.end >= view.today:
        return f"No session {period.label} has closed in the store yet; the last close before it follows."
    return f"No close of {view.instrument.symbol} {period.label} is stored; the last one before it follows."


def _named(period: Period) -> str:
    return day_text(period.start) if period.single_day else f"The period {period.label!r}"


def _stale(view: MarketView) -> tuple[str, ...]:
    missing = view.missing_sessions
    if not missing or not view.bars:
        return ()
    sessions = "a session has" if missing == 1 else f"{missing} sessions have"
    newest = day_text(view.bars[-1].day)
    return (f"{view.instrument.symbol} is stale: {sessions} closed since {newest}, the newest in the store",)
