"""Splits: keeps stored prices on one basis, and says where a split lies between two of them. Pure.

The source gives every price of a day adjusted for the splits up to its fetch. So a price that was stored before a split
is on another basis than one stored after it, and "-75 % today" would be made of the two.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from assistant.market.view import MarketView, Point, day_text
from assistant.types import Figure, Statement
from ingest.types import Action, Bar


def on_one_basis(view: MarketView) -> MarketView:
    """`view` without the bars that are stored from before a split that later ones are stored from after."""
    bars, cause = list(view.bars), None
    for split in view.splits:
        older = [b for b in bars if b.day < split.day and _day(b.fetched, view.zone) < split.day]
        later = [b for b in bars if b.day > older[-1].day] if older else []
        if later and _jumps(older[-1], later[0], split.value):
            bars, cause = later, split
    return replace(view, bars=bars, unadjusted=cause) if cause else view


def _jumps(before: Bar, after: Bar, ratio: float) -> bool:
    """Whether the price changed by the split rather than not: a replay stores old days as they are known today."""
    step = math.log(before.close / after.open)
    return abs(step - math.log(ratio)) < abs(step)


def _day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def shares_since(view: MarketView, point: Point) -> list[Action]:
    """The splits that `point` is adjusted for: a share of its day has since become as many as they multiply to. All
    bars of a view are on the basis of the one that was fetched last."""
    newest = max((b.fetched for b in view.bars), default=point.fetched)
    return [s for s in view.splits if point.day < s.day <= _day(newest, view.zone)]


def told(view: MarketView, points: Sequence[Point], n: int) -> tuple[Statement, ...]:
    """A sentence for each split that one of `points` is adjusted for, citing `n`."""
    first = min(points, key=lambda p: p.day, default=None)
    since = shares_since(view, first) if first else []
    return tuple(_told(view, s, n) for s in since if s.day <= view.today)


def _told(view: MarketView, split: Action, n: int) -> Statement:
    new, old = ratio(view, split, n)
    text = (
        f"{view.name} split {new.text} for {old.text} on {day_text(split.day)}; the prices before are split-adjusted, "
        f"not as traded then [{n}]."
    )
    return Statement(text, (new, old), (n,))


def brief(said: Statement) -> str:
    """What a sentence of `told` says, for the evidence that it cites."""
    return said.text.partition(";")[0]


def ratio(view: MarketView, split: Action, n: int) -> tuple[Figure, Figure]:
    """The new shares for so many old ones, as figures: 3 for 2."""
    parts = Fraction(split.value).limit_denominator(1000)
    source = view.bars[-1].source if view.bars else ""
    new, old = (
        Figure(
            f"{p:,}", float(p), "shares", split.symbol, "split", _opens(view, split), n,
            session=split.day, source=source, checksum=split.checksum,
        )
        for p in parts.as_integer_ratio()
    )  # fmt: skip
    return new, old


def _opens(view: MarketView, split: Action) -> datetime | None:
    return next((s.opens_at for s in view.sessions if s.day == split.day), None)


def warnings(view: MarketView, points: Sequence[Point]) -> tuple[str, ...]:
    """What a reader of `points` has to know of splits beside those between them."""
    symbol, out = view.instrument.symbol, []
    first = min((p.day for p in points), default=None)
    if view.unadjusted and (first is None or first <= view.bars[0].day):  # else it does not bear on the answer
        day = day_text(view.unadjusted.day)
        out.append(f"{symbol}: prices from before its split of {day} are stored as traded then and are left out")
    if any(s.day > view.today for p in points for s in shares_since(view, p)):
        out.append(f"{symbol}: these prices are adjusted for a split after the time of this answer")
    return tuple(out)
