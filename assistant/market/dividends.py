"""Dividends inside a change of price: stored closes are adjusted for splits only, and an answer says so. Pure.

On the day from which a share trades without its dividend the price gives way by about as much; a holder lost nothing.
"""

from collections.abc import Sequence

from assistant.market.money import major
from assistant.market.view import MarketView, Point, day_text
from assistant.numbers import count_text
from assistant.types import Derivation, Figure, Statement
from ingest.types import Action


def told(view: MarketView, span: tuple[Point, Point] | None, n: int) -> tuple[Statement, ...]:
    """A sentence on the dividends of which the change over `span` takes no account, citing `n`."""
    inside = [d for d in view.dividends if span and span[0].day < d.day <= span[1].day]
    if not inside:
        return ()
    first, last = day_text(inside[0].day), day_text(inside[-1].day)
    when = f"on {first}" if len(inside) == 1 else f"from {first} to {last}"
    paid = _paid(view, inside, n)
    amount = f", {paid.text} {paid.unit} a share{' in all' if len(inside) > 1 else ''}" if paid else ""
    text = (
        f"{view.name} went ex-dividend {when}{amount}: these prices are not adjusted for dividends, and the change "
        f"leaves them out [{n}]."
    )
    return (Statement(text, (paid,) if paid else (), (n,)),)


def brief(said: Statement) -> str:
    """What a sentence of `told` says, for the evidence that it cites."""
    return said.text.partition(":")[0]


def _paid(view: MarketView, dividends: Sequence[Action], n: int) -> Figure | None:
    """What was paid a share. None where it cannot be trusted: sources mix pence and pounds in the dividends of shares
    that are quoted in pence, and a dividend from before a split may be stored as paid on an old share."""
    unit = view.instrument.currency
    if major(unit) != unit or any(s.day > dividends[0].day for s in view.splits):
        return None
    each = tuple(_figure(view, d, n) for d in dividends)
    if len(each) == 1:
        return each[0]
    total = round(sum(f.value for f in each), 6)
    formula = " + ".join(str(f.session) for f in each)
    symbol, last = view.instrument.symbol, each[-1]
    return Figure(count_text(total), total, unit, symbol, "dividends", None, n, Derivation(formula, each), last.session)


def _figure(view: MarketView, dividend: Action, n: int) -> Figure:
    source = view.bars[-1].source if view.bars else ""
    return Figure(
        count_text(dividend.value), dividend.value, view.instrument.currency, dividend.symbol, "dividend", None, n,
        session=dividend.day, source=source, checksum=dividend.checksum,
    )  # fmt: skip
