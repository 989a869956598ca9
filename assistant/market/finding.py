"""What the ledger says to one question about one symbol: sentences with the stored records behind them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.market.freshness import staleness
from assistant.market.view import MarketView, Point
from assistant.types import Evidence, Figure, Statement

_SOURCES = {"yahoo": "Yahoo Finance", "cboe": "Cboe (delayed)"}
INVENTED = "(invented)"  # how the sample market marks its exchange and publishers: no link goes out for it


@dataclass(frozen=True, slots=True)
class Finding:
    """What the ledger says to one part for one symbol. Without statements, `gap` says what is missing and why."""

    view: MarketView
    statements: tuple[Statement, ...] = ()
    points: tuple[Point, ...] = ()
    gap: str = ""
    warnings: tuple[str, ...] = ()
    change: Figure | None = None  # the percent move, for comparisons
    denied: bool = False  # the question takes for granted what these prices do not show
    span: tuple[Point, Point] | None = None  # from where to where the change goes that is told
    computed: str = ""  # what code computed from the points, in words: part of the evidence

    @property
    def stale(self) -> bool:
        """Whether it rests on a price that is past its time; other warnings do not make it so."""
        return staleness(self.view) in self.warnings

    def evidence(self, n: int) -> Evidence:
        """The stored records behind the sentences, as one citable item."""
        view, instrument = self.view, self.view.instrument
        points = sorted(dict.fromkeys(self.points), key=lambda p: (p.as_of, p.field))
        rows = [f"{p.field} {view.figure(p, n).text} {view.figure(p, n).unit} on {view.when(p)}" for p in points]
        rows += [self.computed] if self.computed else []
        invented = instrument.exchange.endswith(INVENTED)
        return Evidence(
            n=n,
            kind="quote",
            title=f"{view.name}: prices on {instrument.exchange}",
            text=f"{view.name}: {'; '.join(rows)}.",
            url="" if invented else f"https://finance.yahoo.com/quote/{instrument.symbol}/history/",
            source=f"{instrument.exchange}, sample data" if invented else f"{_sources(points)}, {instrument.exchange}",
            published=max((p.as_of for p in points), default=None),
            fetched=max((p.fetched for p in points), default=None),
            symbols=(instrument.symbol,),
            score=1.0,
            basis=view.basis,
        )


def _sources(points: Sequence[Point]) -> str:
    """Who the prices are from, by name; of none it is the source that is asked first."""
    named = [_SOURCES.get(s, s) for s in sorted({p.source for p in points}, reverse=True)]
    return " and ".join(named) or _SOURCES["yahoo"]
