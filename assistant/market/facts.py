"""Sentences about prices, moves, extremes and comparisons. Code writes every digit and binds it to its record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from assistant.levels import Level, level_of
from assistant.market import dividends, splits
from assistant.market.comparison import SHOWN, verdict
from assistant.market.finding import Finding
from assistant.market.freshness import exchange_state, is_delayed, is_early_close, is_fresh, staleness
from assistant.market.money import in_major, major, wanted
from assistant.market.premise import crossed
from assistant.market.view import MarketView, Point, bar_point, day_text
from assistant.numbers import signed_text
from assistant.types import Derivation, Field, Figure, Part, Period, Statement


def answer_part(
    part: Part, views: Sequence[MarketView], first_citation: int, periods: Sequence[Period | None] | None = None
) -> list[Finding]:
    """The findings of a figure question, one a symbol in order, citing `first_citation`, `first_citation + 1`, ...

    `periods` are the views' own, where "today" is not the same day on all of their exchanges.
    """
    asked = [replace(part, period=p) for p in periods] if periods else [part] * len(views)
    level = level_of(part.text) if part.field != "volume" and part.kind != "comparison" else None
    tell = {"price": _price, "high_low": _extremes}.get(part.kind, _move)
    findings = [
        _at_level(view, own, level, n) if level and own.period else tell(view, own, n)
        for n, (view, own) in enumerate(zip(views, asked, strict=True), first_citation)
    ]
    findings = [_as_quoted(part, finished(f, first_citation + i)) for i, f in enumerate(findings)]
    return _compare(part, findings) if len(views) > 1 and part.kind == "comparison" else findings


def finished(finding: Finding, n: int) -> Finding:
    """`finding` with what bears on every price in it: splits and dividends between them, and prices that were fetched
    only later."""
    view = finding.view
    said = splits.told(view, finding.points, n) if finding.statements else ()
    paid = dividends.told(view, finding.span, n) if finding.statements else ()
    warnings = (*finding.warnings, *_backfilled(finding), *splits.warnings(view, finding.points))
    brief = (finding.computed, *map(splits.brief, said), *map(dividends.brief, paid))
    computed = "; ".join(filter(None, brief))
    return replace(finding, statements=(*finding.statements, *said, *paid), warnings=warnings, computed=computed)


def _as_quoted(part: Part, finding: Finding) -> Finding:
    """`finding` with a warning where the question wants another currency than the prices are quoted in."""
    instrument = finding.view.instrument
    if wanted(part.text) in {"", instrument.currency, major(instrument.currency)} or instrument.kind == "index":
        return finding
    told = f"{instrument.symbol} is told in {instrument.currency}, as quoted: no exchange rate is applied"
    return replace(finding, warnings=(*finding.warnings, told))


# Price -----------------------------------------------------------------------------------------------------------


def _price(view: MarketView, part: Part, n: int) -> Finding:
    if part.period and (gap := unknown_period(view, part.period)):
        return Finding(view, gap=gap)
    live = view.live if part.field == "close" else None
    if part.period is None:
        return _latest(view, part.field, n) if view.bars or live else Finding(view, gap=_coverage(view, None))
    if live and part.period.start <= live.day <= part.period.end:
        return _latest(view, part.field, n)
    if inside := view.inside(part.period):
        point = bar_point(inside[-1], part.field)
        statements = (_priced(view, point, n), *_in_major(view, point, n))
        return Finding(view, statements, (point,), warnings=_end_missing(view, part.period, point))
    bar = view.before(part.period.start)
    if bar is None:
        return Finding(view, gap=_coverage(view, part.period))
    point = bar_point(bar, part.field)
    lead = Statement(_no_session(view, part.period))
    statements = (lead, _priced(view, point, n), *_in_major(view, point, n))
    return Finding(view, statements, (point,), warnings=_end_missing(view, part.period, point))


def _latest(view: MarketView, field: Field, n: int) -> Finding:
    point = view.live if view.live and field == "close" else bar_point(view.bars[-1], field)
    statements, points, span = [_priced(view, point, n)], [point], None
    before = view.before(point.day)
    if before and field == "close":
        base = bar_point(before)
        statements.append(_change(view, base, point, n))
        points.append(base)
        span = (base, point)
    statements += _in_major(view, point, n)
    if point.day < view.today and view.instrument.kind != "fund" and (state := exchange_state(view)):
        statements.append(Statement(state))
    return Finding(view, tuple(statements), tuple(points), warnings=_stale(view), span=span)


def _change(view: MarketView, base: Point, point: Point, n: int) -> Statement:
    """The change on the close before. Of today it speaks only where the session is open and the price is fresh."""
    percent, amount = changes(view, base, point, n)
    old = view.figure(base, n)
    wanted = view.last_session(before=point.day)
    close = "previous close" if wanted in {None, base.day} else "last stored close"
    lead = "So far today that is" if is_fresh(view, point) else "That was" if point.live else "That is"
    text = (
        f"{lead} {amount.text} {amount.unit} ({percent.text} %) against the {close} of "
        f"{old.text} {old.unit} on {view.when(base)} [{n}]."
    )
    return Statement(text, (amount, percent, old), (n,))


def _in_major(view: MarketView, point: Point, n: int) -> tuple[Statement, ...]:
    """The price in the currency itself, where it is quoted in hundredths."""
    price = view.figure(point, n)
    major = in_major(price)
    if major is price:
        return ()
    text = f"A {price.unit} is a hundredth of a {major.unit}: that price is {major.text} {major.unit} [{n}]."
    return (Statement(text, (major,), (n,)),)


def _priced(view: MarketView, point: Point, n: int) -> Statement:
    figure = view.figure(point, n)
    if point.live:
        session = "with the session open" if view.open_session else "in a session that has closed since"
        delayed = " (delayed price)" if is_delayed(view) else ""
        text = f"{view.name} traded at {figure.text} {figure.unit} at {view.when(point)}, {session}{delayed} [{n}]."
    elif point.field == "close":
        kind = "early" if is_early_close(view, point.day) else "regular"
        text = (
            f"{view.name} closed at {figure.text} {figure.unit} on {view.when(point)} "
            f"({kind} close, {view.clock(point)}) [{n}]."
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
    ends = move_ends(view, part.period)
    if ends is None:
        return _no_move(view, part, n)
    base, last = ends
    percent, amount = changes(view, base, last, n)
    old, new = view.figure(base, n), view.figure(last, n)
    span = _span(view, part.period, last)
    text = (
        f"{view.name} {_verb(percent.value)}{span}: {percent.text} % ({amount.text} {amount.unit}), "
        f"from {old.text} {old.unit} (close of {view.when(base)}) to {new.text} {new.unit} "
        f"({'last at' if last.live else 'close of'} {view.when(last)}) [{n}]."
    )
    statement = Statement(text, (percent, amount, old, new), (n,))
    computed = f"change{span} {percent.text} % ({amount.text} {amount.unit})"
    warnings = lagging(view, part.period, last, base)
    return Finding(view, (statement,), ends, warnings=warnings, change=percent, span=ends, computed=computed)


def _span(view: MarketView, period: Period | None, last: Point) -> str:
    """What a move covers. A price that is past its time is never called today's: it gets its day and its hour."""
    day = f" on {day_text(last.day)}"
    said = f" {period.label}" if period else day
    if not last.live:
        return said
    if is_fresh(view, last):
        return f"{said} so far"
    if period is None or period.single_day:
        return f"{day} until {view.clock(last)}"
    return f"{said} until {view.when(last)}"


def move_ends(view: MarketView, period: Period | None) -> tuple[Point, Point] | None:
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
    point = bar_point(bar, part.field)
    statements = (Statement(_no_session(view, period)), _priced(view, point, n))
    return Finding(view, statements, (point,), warnings=_end_missing(view, period, point))


def changes(view: MarketView, base: Point, last: Point, n: int) -> tuple[Figure, Figure]:
    """The percent and the absolute change from `base` to `last`, each with its formula and inputs."""
    inputs = (view.figure(base, n), view.figure(last, n))
    percent, amount = (last.value / base.value - 1) * 100, last.value - base.value
    symbol, unit, formula = view.instrument.symbol, view.unit, "last - first"
    decimals = len(inputs[1].text.partition(".")[2])
    if unit == "percent":
        amount, unit, formula, decimals = amount * 100, "basis points", "(last - first) * 100", 1
    return (
        Figure(
            signed_text(percent), round(percent, 6), "percent", symbol, "change", last.as_of, n,
            Derivation("(last / first - 1) * 100", inputs), last.day,
        ),
        Figure(
            signed_text(amount, decimals), round(amount, 6), unit, symbol, "change", last.as_of, n,
            Derivation(formula, inputs), last.day,
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
        said = f"{figure.text} {figure.unit}"
        text = f"The {word} {what} of {view.name} {period.label} was {said}, on {view.when(point)} [{n}]."
        if period.single_day and field == extreme:
            text = f"The {extreme} of {view.name} on {view.when(point)} was {said} [{n}]."
        statements.append(Statement(text, (figure,), (n,)))
        points.append(point)
    warnings = (*_end_missing(view, period, bar_point(inside[-1])), *known_only_from(view, period))
    return Finding(view, tuple(statements), tuple(points), warnings=warnings)


# Levels ----------------------------------------------------------------------------------------------------------


def _at_level(view: MarketView, part: Part, level: Level, n: int) -> Finding:
    assert part.period is not None
    if gap := unknown_period(view, part.period):
        return Finding(view, gap=gap)
    inside = view.inside(part.period)
    if not inside:
        return _no_move(view, part, n)
    statement, points, was = crossed(view, level, part.period, n)
    warnings = _end_missing(view, part.period, bar_point(inside[-1]))
    return Finding(view, (statement,), points, warnings=warnings, denied=not was)


# Comparison ------------------------------------------------------------------------------------------------------


def _compare(part: Part, findings: list[Finding]) -> list[Finding]:
    """Puts the verdict first, where all moves are known. Of many symbols the verdict alone is told."""
    moves = [f.change for f in findings if f.change]
    if len(moves) != len(findings):
        return findings
    closing = verdict(part.text, moves)
    if len(moves) > SHOWN:
        silent = [replace(f, statements=()) for f in findings[1:]]
        return [replace(findings[0], statements=(closing,)), *silent]
    lead = replace(findings[0], statements=(closing, *findings[0].statements))
    return [lead, *findings[1:]]


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
    if period.single_day and period.start == view.today and (state := exchange_state(view)):
        return f"{state} The last close before it follows."
    if period.end >= view.today:
        return f"No session {period.label} has closed in the store yet; the last close before it follows."
    return f"No close of {view.instrument.symbol} {period.label} is stored; the last one before it follows."


def _named(period: Period) -> str:
    return day_text(period.start) if period.single_day else f"The period {period.label!r}"


def known_only_from(view: MarketView, period: Period) -> tuple[str, ...]:
    """A warning where the store does not reach back to the beginning of `period`."""
    if not view.bars or view.bars[0].day <= period.start + timedelta(days=5):
        return ()
    return (f"{view.instrument.symbol} is known here only from {day_text(view.bars[0].day)} on",)


def lagging(view: MarketView, period: Period | None, last: Point, base: Point | None = None) -> tuple[str, ...]:
    """Warnings where the store lacks sessions up to `last`, or that in which a measure from `base` should start."""
    if period is None:
        return _stale(view)
    return (*(_base_missing(view, period, base) if base else ()), *_end_missing(view, period, last))


def _base_missing(view: MarketView, period: Period, base: Point) -> tuple[str, ...]:
    """A warning where the session that a move should start from has no close in the store."""
    wanted = view.last_session(before=period.first_moving_day)
    if wanted is None or wanted <= base.day:
        return ()
    return (f"{view.instrument.symbol}: no close of {day_text(wanted)} is stored; measured from {day_text(base.day)}",)


def _end_missing(view: MarketView, period: Period, last: Point) -> tuple[str, ...]:
    """A warning where sessions of `period` have closed that the store does not hold."""
    if period.end >= view.today and (reason := staleness(view)):
        return (reason,)
    wanted = view.last_session(before=period.end + timedelta(days=1))
    if last.live or wanted is None or wanted <= last.day:
        return ()
    if wanted > view.bars[-1].day:
        return _stale(view)
    return (f"{view.instrument.symbol}: no close of {day_text(wanted)} is stored",)


def _backfilled(finding: Finding) -> tuple[str, ...]:
    """A warning where prices of the asked time were fetched only later."""
    late = [p.fetched for p in finding.points if p.fetched > finding.view.as_of]
    if not late:
        return ()
    return (f"{finding.view.instrument.symbol}: backfilled, fetched only on {day_text(max(late).date())}",)


def _stale(view: MarketView) -> tuple[str, ...]:
    reason = staleness(view)
    return (reason,) if reason else ()
