"""What a number of shares is worth, what they gained since a day or on the price paid for them, and what became of a
sum invested: number, price paid and sum are the question's, the other prices stored.

A share of a day before a split has since become several, and prices of that day are stored split-adjusted: so each
count is taken with the splits that its price is adjusted for.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from assistant.market import splits
from assistant.market.change import move_ends
from assistant.market.facts import finished
from assistant.market.finding import Finding
from assistant.market.missing import lagging, unknown_period
from assistant.market.money import in_major, major
from assistant.market.pairs import other_currencies
from assistant.market.view import MarketView, Point, bar_point
from assistant.numbers import count_text, price_text, signed_text
from assistant.types import Derivation, Figure, Money, Part, Statement

VALUE, GAIN, INVESTED = "position value", "position gain", "sum invested"
TERMS = frozenset({VALUE, GAIN, INVESTED})
_NO_COSTS = "dividends and costs not counted"


def positions(part: Part, views: Sequence[MarketView], first_citation: int) -> list[Finding]:
    """One finding a holding, and their sum with the last where they share a currency. `part.shares` are those of
    `part.symbols`; a symbol that is not stored has no view, and then there is no sum."""
    if part.term == INVESTED:
        return [finished(_invested(part, view, n), n) for n, view in enumerate(views, first_citation)]
    tell = _value if part.term == VALUE else _gain_on_a_price if part.money else _gain
    held = dict(zip(part.symbols, part.shares, strict=True))
    findings = []
    for i, view in enumerate(views):
        finding = tell(part, view, held[view.instrument.symbol], first_citation + i)
        findings.append(finished(finding, first_citation + i))
    if len(part.symbols) > 1 and all(f.statements for f in findings) and len(views) == len(part.symbols):
        total = _total(part, findings)
        findings[-1] = replace(findings[-1], statements=(*findings[-1].statements, total))
    return findings


def _value(part: Part, view: MarketView, shares: float, n: int) -> Finding:
    if part.period and (gap := unknown_period(view, part.period)):
        return Finding(view, gap=gap)
    bars = [b for b in view.bars if part.period is None or b.day <= part.period.end]
    point = view.live if view.live and part.period is None else bar_point(bars[-1]) if bars else None
    if point is None:
        return Finding(view, gap=f"No price of {view.name} is stored for that time.")
    counts = _counts(view, shares, point, n)
    price, value = view.figure(point, n), _worth(view, counts[-1], point, n)
    at = "price" if point.live else "split-adjusted close" if view.basis else "close"
    text = (
        f"{_held(view, counts)} {'were' if part.period else 'are'} worth {value.text} {value.unit} at the {at} of "
        f"{price.text} {price.unit} {'at' if point.live else 'on'} {view.when(point)} [{n}]."
    )
    return Finding(
        view, (Statement(text, (value, price, *counts), (n,)),), (point,), warnings=lagging(view, part.period, point)
    )


def _gain(part: Part, view: MarketView, shares: float, n: int) -> Finding:
    if part.period is None:
        return Finding(view, gap=f"On which day {view.name} was bought is not said, so no gain can be computed.")
    if gap := unknown_period(view, part.period):
        return Finding(view, gap=gap)
    ends = move_ends(view, part.period)
    if ends is None:
        return Finding(view, gap=f"No close of {view.name} to start from is stored {part.period.label}.")
    bought, last = ends
    counts = _counts(view, shares, bought, n)
    paid, price = (view.figure(p, n) for p in ends)
    old, new = (_worth(view, counts[-1], p, n) for p in ends)
    gain, rate = _gained(view, old, new, last, n)
    text = (
        f"{_held(view, counts)} bought at the close of {view.when(bought)} {_made(gain.value)}: {gain.text} "
        f"{gain.unit} ({rate.text} %), from {old.text} {old.unit} ({paid.text} {paid.unit} each) to {new.text} "
        f"{new.unit} ({price.text} {price.unit} each, {_at(view, last)}), at {view.closes}, {_NO_COSTS} [{n}]."
    )
    figures = (gain, rate, old, new, paid, price, *counts)
    warnings = lagging(view, part.period, last, bought)
    return Finding(view, (Statement(text, figures, (n,)),), ends, warnings=warnings, span=ends)


def _gain_on_a_price(part: Part, view: MarketView, shares: float, n: int) -> Finding:
    """The gain on the price a share that the question gives. Where it gives the day too, the shares are counted with
    the splits since; the price is taken as paid on that day."""
    assert part.money is not None
    last = view.live or (bar_point(view.bars[-1]) if view.bars else None)
    if gap := _unfit(view, part.money) or ("" if last else f"No price of {view.name} is stored."):
        return Finding(view, gap=gap)
    assert last is not None
    bought = move_ends(view, part.period) if part.period else None
    counts = _counts(view, shares, bought[0] if bought else last, n)
    paid, price = _asked(view, part.money, "price paid"), view.figure(last, n)
    cost = _worth_at(view, counts[0], paid, "cost", last, n)
    new = _worth(view, counts[-1], last, n)
    gain, rate = _gained(view, cost, new, last, n)
    text = (
        f"{_held(view, counts)} bought at {paid.text} {paid.unit} each, as the question says, {_made(gain.value)}: "
        f"{gain.text} {gain.unit} ({rate.text} %), from {cost.text} {cost.unit} to {new.text} {new.unit} ({price.text} "
        f"{price.unit} each, {_at(view, last)}), {_NO_COSTS} [{n}]."
    )
    figures = (gain, rate, cost, new, paid, price, *counts)
    ends = (*bought[:1], last) if bought else (last,)
    warnings = lagging(view, part.period, last)
    return Finding(view, (Statement(text, figures, (n,)),), ends, warnings=warnings, span=bought)


def _invested(part: Part, view: MarketView, n: int) -> Finding:
    assert part.money is not None
    if part.period is None:
        return Finding(
            view, gap=f"On which day it was invested in {view.name} is not said, so nothing can be computed."
        )
    if gap := unknown_period(view, part.period) or _unfit(view, part.money):
        return Finding(view, gap=gap)
    ends = move_ends(view, part.period)
    if ends is None:
        return Finding(view, gap=f"No close of {view.name} to start from is stored {part.period.label}.")
    first, last = ends
    then, price = (view.figure(p, n) for p in ends)
    put = _asked(view, part.money, "invested", major(view.instrument.currency))
    value = put.value * price.value / then.value
    formula = "sum * price / price then"
    worth = _derived(view, price_text(value), value, put.unit, "value", last, n, formula, (put, then, price))
    gain, rate = _gained(view, put, worth, last, n)
    text = (
        f"{put.text} {put.unit} invested in {view.name} at the close of {view.when(first)} ({then.text} {then.unit}) "
        f"came to {worth.text} {worth.unit} ({price.text} {price.unit}, {_at(view, last)}): {gain.text} {gain.unit} "
        f"({rate.text} %), at {view.closes}, {_NO_COSTS} [{n}]."
    )
    warnings = lagging(view, part.period, last, first)
    figures = (worth, gain, rate, put, then, price)
    return Finding(view, (Statement(text, figures, (n,)),), ends, warnings=warnings, span=ends)


def _unfit(view: MarketView, money: Money) -> str:
    """Why an amount of the question cannot be set against the stored prices; "" where it can."""
    quoted = view.instrument.currency
    if money.value <= 0:
        return "Nothing can be computed from an amount of nothing."
    if money.currency in {"", quoted, major(quoted)}:
        return ""
    return (
        f"{view.name} is quoted in {quoted} and the amount is in {money.currency}, and no exchange rate is applied "
        "here: nothing is computed."
    )


def _asked(view: MarketView, money: Money, field: str, otherwise: str = "") -> Figure:
    unit = money.currency or otherwise or view.instrument.currency
    return Figure(price_text(money.value), money.value, unit, view.instrument.symbol, field, None, None)


def _gained(view: MarketView, old: Figure, new: Figure, last: Point, n: int) -> tuple[Figure, Figure]:
    """What became more or less of `old`, as an amount and in percent."""
    amount, percent = new.value - old.value, (new.value / old.value - 1) * 100
    gain = _derived(view, signed_text(amount), amount, new.unit, "gain", last, n, "value - cost", (old, new))
    formula = "(value / cost - 1) * 100"
    return gain, _derived(view, signed_text(percent), percent, "percent", "gain", last, n, formula, (old, new))


def _at(view: MarketView, point: Point) -> str:
    return f"{'last at' if point.live else 'close of'} {view.when(point)}"


def _total(part: Part, findings: Sequence[Finding]) -> Statement:
    """The sum of the first figures of `findings`, or why there is none."""
    parts = [f.statements[0].figures[0] for f in findings]
    units = {p.unit for p in parts}
    if len(units) > 1:
        return Statement(other_currencies([f.view for f in findings], "no total is computed"))
    value = sum(p.value for p in parts)
    cited = tuple(p.citation for p in parts if p.citation is not None)
    text = signed_text(value) if part.term == GAIN else price_text(value)
    formula = " + ".join(p.symbol or "" for p in parts)
    newest = max((p.as_of for p in parts if p.as_of), default=None)
    total = Figure(
        text, round(value, 6), parts[0].unit, None, "total", newest, cited[0], Derivation(formula, tuple(parts))
    )
    gained = f"Together they {_made(value)}:" if part.term == GAIN else ""
    lead = gained or f"Together they {'were' if part.period else 'are'} worth"
    return Statement(f"{lead} {total.text} {total.unit} {''.join(f'[{n}]' for n in cited)}.", (total,), cited)


def _counts(view: MarketView, shares: float, point: Point, n: int) -> tuple[Figure, ...]:
    """The shares that the question names, of the day of `point`; and what they have become, where they were split."""
    asked = Figure(count_text(shares), shares, "shares", view.instrument.symbol, "asked", None, None)
    since = splits.shares_since(view, point)
    if not since:
        return (asked,)
    now = shares * prod(s.value for s in since)
    inputs = (asked, *(f for s in since for f in splits.ratio(view, s, n)))
    formula = "shares" + " * new / old" * len(since)
    return asked, _derived(view, count_text(now), now, "shares", "held", point, n, formula, inputs)


def _held(view: MarketView, counts: Sequence[Figure]) -> str:
    shares = ("share " if counts[0].value == 1 else "shares ") if view.basis else ""
    return f"{counts[0].text} {shares}of {view.name}" + "".join(f" ({c.text} after splits)" for c in counts[1:])


def _worth(view: MarketView, count: Figure, point: Point, n: int) -> Figure:
    return _worth_at(view, count, view.figure(point, n), "value", point, n)


def _worth_at(view: MarketView, count: Figure, each: Figure, field: str, point: Point, n: int) -> Figure:
    price = in_major(each)
    value = count.value * price.value
    return _derived(view, price_text(value), value, price.unit, field, point, n, "shares * price", (count, price))


def _derived(
    view: MarketView, text: str, value: float, unit: str, field: str, point: Point, n: int, formula: str,
    inputs: tuple[Figure, ...],
) -> Figure:  # fmt: skip
    symbol = view.instrument.symbol
    return Figure(text, round(value, 6), unit, symbol, field, point.as_of, n, Derivation(formula, inputs), point.day)


def _made(amount: float) -> str:
    shown = round(amount, 2)
    return "gained" if shown > 0 else "lost" if shown < 0 else "are unchanged"
