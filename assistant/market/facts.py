"""Sentences about prices, moves, extremes and comparisons. Code writes every digit and binds it to its record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from assistant.levels import Level, level_of
from assistant.market import dividends, splits
from assistant.market.change import changes, move_ends
from assistant.market.comparison import SHOWN, dearest, verdict
from assistant.market.finding import Finding
from assistant.market.freshness import exchange_state, is_delayed, is_early_close, is_fresh
from assistant.market.missing import (
    backfilled,
    coverage,
    end_missing,
    known_only_from,
    lagging,
    no_session,
    stale,
    unknown_period,
)
from assistant.market.money import in_major, major, wanted
from assistant.market.premise import crossed
from assistant.market.view import MarketView, Point, bar_point, day_text
from assistant.types import Field, Part, Period, Statement

LAST_SESSION = "last session"  # the term of a high and low that are its own


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
    if len(views) < 2 or part.kind not in {"comparison", "price"}:
        return findings
    return _compare(part, findings) if part.kind == "comparison" else _ranked(part, findings)


def finished(finding: Finding, n: int) -> Finding:
    """`finding` with what bears on every price in it: splits and dividends between them, and prices that were fetched
    only later."""
    view = finding.view
    said = splits.told(view, finding.points, n) if finding.statements else ()
    paid = dividends.told(view, finding.span, n) if finding.statements else ()
    warnings = (*finding.warnings, *backfilled(finding), *splits.warnings(view, finding.points))
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
    live = view.so_far(part.field)
    if part.period is None:
        return _latest(view, part.field, n) if view.bars or live else Finding(view, gap=coverage(view, None))
    if live and part.period.start <= live.day <= part.period.end:
        return _latest(view, part.field, n)
    if inside := view.inside(part.period):
        point = bar_point(inside[-1], part.field)
        statements = (_priced(view, point, n), *_in_major(view, point, n))
        return Finding(view, statements, (point,), warnings=end_missing(view, part.period, point))
    bar = view.before(part.period.start)
    if bar is None:
        return Finding(view, gap=coverage(view, part.period))
    point = bar_point(bar, part.field)
    statements = (_last_before(view, part.period), _priced(view, point, n), *_in_major(view, point, n))
    return Finding(view, statements, (point,), warnings=end_missing(view, part.period, point))


def _latest(view: MarketView, field: Field, n: int) -> Finding:
    point = view.so_far(field) or bar_point(view.bars[-1], field)
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
    return Finding(view, tuple(statements), tuple(points), warnings=stale(view), span=span)


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


def _last_before(view: MarketView, period: Period) -> Statement:
    return Statement(f"{no_session(view, period)} The last close before it follows.")


def _priced(view: MarketView, point: Point, n: int) -> Statement:
    figure = view.figure(point, n)
    if point.field == "last":
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
        text = f"The {point.field} of {view.name} on {view.until(point)} was {figure.text} {figure.unit} [{n}]."
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


def _no_move(view: MarketView, part: Part, n: int) -> Finding:
    period = part.period
    bar = view.before(period.start) if period else None
    if period is None or bar is None:
        return Finding(view, gap=coverage(view, period))
    point = bar_point(bar, part.field)
    statements = (_last_before(view, period), _priced(view, point, n))
    return Finding(view, statements, (point,), warnings=end_missing(view, period, point))


def _verb(percent: float) -> str:
    shown = round(percent, 2)
    return "rose" if shown > 0 else "fell" if shown < 0 else "was unchanged"


# Highs and lows --------------------------------------------------------------------------------------------------


def _extremes(view: MarketView, part: Part, n: int) -> Finding:
    period = part.period or _usual_period(view, part)
    if gap := unknown_period(view, period):
        return Finding(view, gap=gap)
    if not view.points(period, part.field):
        return _no_move(view, replace(part, period=period), n)
    wanted: list[Literal["high", "low"]] = [part.extreme] if part.extreme else ["high", "low"]
    statements, points = [], []
    for extreme in wanted:
        field: Field = part.field if part.field in {"close", "volume", "open"} else extreme
        pick = max if extreme == "high" else min
        point = pick(sessions := view.points(period, field), key=lambda p: p.value)
        figure = view.figure(point, n)
        word = {"high": "highest", "low": "lowest"}[extreme]
        what = {"high": "high of the day", "low": "low of the day"}.get(field, field)
        said = f"{figure.text} {figure.unit}"
        text = f"The {word} {what} of {view.name} {period.label} was {said}, on {view.until(point)} [{n}]."
        if period.single_day and field == extreme:
            text = f"The {extreme} of {view.name} on {view.until(point)} was {said} [{n}]."
        statements.append(Statement(text, (figure,), (n,)))
        points.append(point)
    warnings = (*end_missing(view, period, sessions[-1]), *known_only_from(view, period))
    return Finding(view, tuple(statements), tuple(points), warnings=warnings)


def _usual_period(view: MarketView, part: Part) -> Period:
    if part.term == LAST_SESSION and (
        last := view.so_far("close") or (bar_point(view.bars[-1]) if view.bars else None)
    ):
        return Period(last.day, last.day, f"on {day_text(last.day)}")
    return Period(view.today - timedelta(days=364), view.today, "in the past year")


# Levels ----------------------------------------------------------------------------------------------------------


def _at_level(view: MarketView, part: Part, level: Level, n: int) -> Finding:
    assert part.period is not None
    if gap := unknown_period(view, part.period):
        return Finding(view, gap=gap)
    inside = view.inside(part.period)
    if not inside:
        return _no_move(view, part, n)
    statement, points, was = crossed(view, level, part.period, n)
    warnings = end_missing(view, part.period, bar_point(inside[-1]))
    return Finding(view, (statement,), points, warnings=warnings, denied=not was)


# Comparison ------------------------------------------------------------------------------------------------------


def _compare(part: Part, findings: list[Finding]) -> list[Finding]:
    """Puts the verdict first, where all moves are known. Of many symbols the verdict alone is told."""
    moves = [f.change for f in findings if f.change]
    if len(moves) != len(findings):
        return findings
    closing = verdict(part.text, moves, part.period.label if part.period else "")
    if len(moves) > SHOWN:
        silent = [replace(f, statements=()) for f in findings[1:]]
        return [replace(findings[0], statements=(closing,)), *silent]
    lead = replace(findings[0], statements=(closing, *findings[0].statements))
    return [lead, *findings[1:]]


def _ranked(part: Part, findings: list[Finding]) -> list[Finding]:
    """Puts first which price is the highest or lowest, where that is asked and all are known."""
    told = [f.statements[0].figures[0] for f in findings if f.statements and f.statements[0].figures]
    leading = dearest(part.text, told) if part.field == "close" and len(told) == len(findings) else None
    if leading is None:
        return findings
    return [replace(findings[0], statements=(leading, *findings[0].statements)), *findings[1:]]
