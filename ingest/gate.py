"""Judges a poll's prices against each other and against what is stored: what is off by a factor is kept out. Pure.

Yahoo sends single days, whole stretches and latest prices in the wrong unit (pence for pounds, off by 100), and splits
of which it says nothing. Nothing of that is repaired: a price that was made right by guessing would be an invention.
A halving overnight may be a split or a crash, which prices alone do not tell: it waits until the source tells of a
split, or the sessions after it confirm the level.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.types import Bar, History, Quote

JUMP = 4.0  # times: no price goes further from one session to the next, or within one, but by a split or an error
CONFIRMED = 5  # sessions in a row on a new level make a jump a fact
_SPLITS = (2.0, 3.0)  # new shares for one, or the other way round: the usual ones that are less than `JUMP`
_A_DAY = 0.08  # by how much a price may move on the day of a split, besides: 99 of 100 days move less
_ADJUSTED, _ALIKE = 0.02, 0.005  # days sent at another level than they are stored: by more than, all by the same within
_MINOR = {"GBp", "GBX", "ZAc", "ZAC", "ILA"}  # hundredths of a currency: pence, cents, agorot
_A_UNIT = (60.0, 170.0)  # times: a factor of 100 with a move on top, which no number of sessions confirms


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be stored, and in words what was kept out."""

    history: History
    warnings: tuple[str, ...] = ()


def judge(history: History, stored: Sequence[Bar]) -> Judged:
    """`history` without the bars and the quote whose prices are off by a factor of `JUMP`, or as by a split between two
    sessions, from those around them.

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


def readjusted(bars: Sequence[Bar], stored: Sequence[Bar]) -> bool:
    """Whether `bars` bring days that are stored at another level, all by one factor: the source has adjusted for a
    split, told or not. About a hundred times is a wrong unit and no such thing."""
    known = {b.day: _close(b) for b in stored}
    times = [_close(b) / known[b.day] for b in bars if b.day in known]
    if len(times) < 3 or max(times) > (1 + _ALIKE) * min(times):
        return False
    return abs(times[0] - 1) > _ADJUSTED and not _is_unit(times[0])


def _stretches(bars: Sequence[Bar]) -> list[list[Bar]]:
    """The bars, parted where the close jumps."""
    found: list[list[Bar]] = []
    for bar in bars:
        if found and _continues(found[-1][-1], bar):
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
        if _continues(edge, stretch[0]) or _is_fact(stretch, edge):
            good += stretch
            edge = stretch[-1]
    return good


def _is_fact(stretch: Sequence[Bar], edge: Bar) -> bool:
    return len(stretch) >= CONFIRMED and not _is_unit(_close(stretch[0]) / _close(edge))


def _is_unit(times: float) -> bool:
    low, high = _A_UNIT
    return low < max(times, 1 / times) < high


def _judged(quote: Quote | None, last: Sequence[Bar]) -> Quote | None:
    """The quote, its other prices left out where they are off; None where its price itself is."""
    if quote is None:
        return None
    price, opened = (_worth(p, quote.currency) for p in (quote.price, quote.open or quote.price))
    if not all(_may_follow(_close(b), opened, price) for b in last):
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


def _continues(one: Bar, other: Bar) -> bool:
    """Whether the later of two neighbouring days may follow the other, without a split in between."""
    before, after = sorted((one, other), key=lambda b: b.day)
    return _may_follow(_close(before), _worth(after.open, after.currency), _close(after))


def _may_follow(close: float, opened: float, price: float) -> bool:
    """A split comes between two sessions: a day that opened near the close before it moved by itself."""
    return _near(price, close) and not (_like_split(opened / close) and _like_split(price / close))


def _like_split(times: float) -> bool:
    return any(abs(t * new - 1) < _A_DAY for t in (times, 1 / times) for new in _SPLITS)


def _near(one: float, other: float) -> bool:
    return 1 / JUMP < one / other < JUMP


def _close(bar: Bar) -> float:
    return _worth(bar.close, bar.currency)


def _worth(price: float, currency: str) -> float:
    """In whole units of the currency, so that a change from pence to pounds is no jump."""
    return price / 100 if currency in _MINOR else price


def _warnings(days: int, quote: bool) -> Iterable[str]:
    if days:
        yield f"days kept out, prices off as by a wrong unit or by a split that is not told of: {days}"
    if quote:
        yield "the latest price is kept out, off as by a wrong unit or by a split that is not told of"
