"""Several sessions of one symbol told together: each close, their moving average, their mean volume."""

import re
import statistics
from collections.abc import Sequence

from assistant.market.finding import Finding
from assistant.market.missing import coverage
from assistant.market.view import MarketView, bar_point, day_text
from assistant.numbers import price_text
from assistant.types import Derivation, Figure, Part, Period, Statement
from ingest.types import Bar, digest

CLOSES, MOVING_AVERAGE = "daily closes", "SMA"
SHOWN = 10  # closes that are listed
_COUNT = re.compile(
    r"\b(\d{1,3})[ -]?(?:(?:daily |trading |business )?(?:days?|sessions?|clos(?:es|ing prices))|dma)\b", re.IGNORECASE
)


def counted(text: str) -> int:
    """How many sessions `text` speaks of: 50 in "its 50-day average"; 0 where it gives no number."""
    match = _COUNT.search(text)
    return int(match[1]) if match else 0


def closes(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    """Each close of `bars`, of more than `SHOWN` the last."""
    points = [bar_point(b) for b in bars[-SHOWN:]]
    figures = tuple(view.figure(p, n) for p in points)
    listed = ", ".join(f"{f.text} {f.unit} on {view.when(p)}" for f, p in zip(figures, points, strict=True))
    which = f"last {len(points)} closes" if len(bars) > SHOWN else "closes"
    text = f"The {which} of {view.name} {period.label}: {listed} [{n}]."
    return Finding(view, (Statement(text, figures, (n,)),), tuple(points))


def last_closes(view: MarketView, part: Part, n: int) -> Finding:
    """As many closes as the question asks for, the last ones."""
    known = _up_to(view, part)[-counted(part.text) :]
    if not known:
        return Finding(view, gap=coverage(view, part.period))
    return closes(view, known, Period(known[0].day, known[-1].day, f"up to {day_text(known[-1].day)}"), n)


def moving_average(view: MarketView, part: Part, n: int) -> Finding:
    """The mean of as many closes as the question says, up to the end of its period or the last that is known."""
    count = counted(part.text)
    known = _up_to(view, part)
    if not count:
        return Finding(view, gap=f"Over how many days the closes of {view.name} are to be averaged is not said.")
    if len(known) < count:
        return Finding(view, gap=f"Of {view.name} {len(known)} closes are known up to then: too few for {count} days.")
    bars, last = known[-count:], bar_point(known[-1])
    mean, close = statistics.fmean(b.close for b in bars), view.figure(last, n)
    value = Figure(
        price_text(mean, view.instrument.kind), round(mean, 6), view.unit, view.instrument.symbol, "moving average",
        last.as_of, n, Derivation("mean(close)", ends(view, bars, n)), last.day, checksum=checksum(bars),
    )  # fmt: skip
    text = (
        f"The {count}-day moving average of {view.name} on {view.when(last)} was {value.text} {value.unit}, over the "
        f"{view.closes} from {day_text(bars[0].day)} on; its close that day was {close.text} {close.unit} [{n}]."
    )
    return Finding(view, (Statement(text, (value, close), (n,)),), (bar_point(bars[0]), last))


def _up_to(view: MarketView, part: Part) -> list[Bar]:
    return [b for b in view.bars if part.period is None or b.day <= part.period.end]


def mean_volume(view: MarketView, bars: Sequence[Bar], period: Period, n: int) -> Finding:
    """How many shares changed hands in a session of `bars`, on average."""
    traded = [b for b in bars if b.volume]
    if not traded:
        return Finding(view, gap=f"No volume of {view.name} {period.label} is stored.")
    mean = statistics.fmean(b.volume or 0 for b in traded)
    first, last = bar_point(traded[0], "volume"), bar_point(traded[-1], "volume")
    value = Figure(
        f"{mean:,.0f}", round(mean, 6), "shares", view.instrument.symbol, "mean volume", last.as_of, n,
        Derivation("mean(volume)", (view.figure(first, n), view.figure(last, n))), last.day, checksum=checksum(traded),
    )  # fmt: skip
    text = (
        f"The mean volume of {view.name} {period.label} was {value.text} shares a session, from {view.when(first)} to "
        f"{view.when(last)} [{n}]."
    )
    return Finding(view, (Statement(text, (value,), (n,)),), (first, last))


def count(view: MarketView, bars: Sequence[Bar], value: int, field: str, formula: str, n: int) -> Figure:
    """A number of sessions among `bars`, bound to all of them."""
    last = bar_point(bars[-1])
    return Figure(
        str(value), float(value), "", view.instrument.symbol, field, last.as_of, n,
        Derivation(formula, ends(view, bars, n)), last.day, checksum=checksum(bars),
    )  # fmt: skip


def checksum(bars: Sequence[Bar]) -> str:
    """Of all rows that a figure was computed from: its derivation shows the first and the last of them."""
    return digest(*(b.checksum for b in bars))


def ends(view: MarketView, bars: Sequence[Bar], n: int) -> tuple[Figure, ...]:
    """The first and the last close of `bars`."""
    return view.figure(bar_point(bars[0]), n), view.figure(bar_point(bars[-1]), n)
