"""Judges a poll's prices against each other and against what is stored: what is off by a factor is kept out. Pure.

Yahoo sends single days, whole stretches and latest prices in the wrong unit (pence for pounds, off by 100), and splits
of which it says nothing. Nothing of that is repaired: a price that was made right by guessing would be an invention.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.types import Bar, History, Quote

JUMP = 4.0  # times: no price goes further from one session to the next, or within one, but by a split or an error
CONFIRMED = 5  # sessions in a row on a new level make a jump a fact
_MINOR = {"GBp", "GBX", "ZAc", "ZAC", "ILA"}  # hundredths of a currency: pence, cents, agorot
_A_UNIT = (60.0, 170.0)  # times: a factor of 100 with a move on top, which no number of sessions confirms


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be stored, and in words what was kept out."""

    history: History
    warnings: tuple[str, ...] = ()


def judge(history: History, stored: Sequence[Bar]) -> Judged:
    """`history` without the bars and the quote whose prices are off by a factor of `JUMP` from those around them.

    `stored` are the newest bars known before, oldest first; none where a split has made them incomparable. They say
    which level is right; without them it is that of the longest stretch of days without a jump. A new level counts once
    it has held for `CONFIRMED` sessions, unless it is about a hundred times the old.
    """
    stretches = _stretches([b for b in history.bars if b.high < JUMP * b.low])
    good = _following(stretches, _before(stored, history.bars)) if stored else _around_longest(stretches)
    quote = _judged(history.quote, [*stored, *good][-1:])
    out = len(history.bars) - len(good)
    kept = replace(history, bars=tuple(good), quote=quote, rejected=history.rejected + out)
    return Judged(kept, tuple(_warnings(out, history.quote is not None and quote is None)))


def _stretches(bars: Sequence[Bar]) -> list[list[Bar]]:
    """The bars, parted where the close jumps."""
    found: list[list[Bar]] = []
    for bar in bars:
        if found and _near(_close(found[-1][-1]), _close(bar)):
            found[-1].append(bar)
        else:
            found.append([bar])
    return found


def _before(stored: Sequence[Bar], bars: Sequence[Bar]) -> Bar:
    """The stored bar that the first of `bars` goes on from."""
    earlier = [b for b in stored if bars and b.day < bars[0].day]
    return earlier[-1] if earlier else stored[0]


def _around_longest(stretches: Sequence[Sequence[Bar]]) -> list[Bar]:
    if not stretches:
        return []
    at = max(range(len(stretches)), key=lambda i: len(stretches[i]))
    right = stretches[at]
    older = _following([s[::-1] for s in reversed(stretches[:at])], right[0])
    return [*older[::-1], *right, *_following(stretches[at + 1 :], right[-1])]


def _following(stretches: Iterable[Sequence[Bar]], edge: Bar) -> list[Bar]:
    """The bars of the stretches that go on from `edge`, each from the last that did."""
    good: list[Bar] = []
    for stretch in stretches:
        if _near(_close(edge), _close(stretch[0])) or _is_fact(stretch, edge):
            good += stretch
            edge = stretch[-1]
    return good


def _is_fact(stretch: Sequence[Bar], edge: Bar) -> bool:
    times = _close(stretch[0]) / _close(edge)
    low, high = _A_UNIT
    return len(stretch) >= CONFIRMED and not low < max(times, 1 / times) < high


def _judged(quote: Quote | None, last: Sequence[Bar]) -> Quote | None:
    """The quote, its other prices left out where they are off; None where its price itself is."""
    if quote is None or not all(_near(_close(b), _worth(quote.price, quote.currency)) for b in last):
        return None

    def fitting(price: float | None) -> float | None:
        return price if price is not None and _near(price, quote.price) else None

    return replace(
        quote,
        previous_close=fitting(quote.previous_close),
        open=fitting(quote.open),
        high=fitting(quote.high),
        low=fitting(quote.low),
    )


def _near(one: float, other: float) -> bool:
    return 1 / JUMP < one / other < JUMP


def _close(bar: Bar) -> float:
    return _worth(bar.close, bar.currency)


def _worth(price: float, currency: str) -> float:
    """In whole units of the currency, so that a change from pence to pounds is no jump."""
    return price / 100 if currency in _MINOR else price


def _warnings(days: int, quote: bool) -> Iterable[str]:
    if days:
        yield f"days kept out, prices off by a factor of {JUMP:g} or more without a split: {days}"
    if quote:
        yield f"the latest price is kept out, off by a factor of {JUMP:g} or more without a split"
