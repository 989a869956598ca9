"""What the jobs do, in words of the product: the queue knows nothing else of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from ingest.pipeline import Pipeline
from ingest.polling import Linker
from ingest.queue import plan
from ingest.types import SourceState

_NAMES_LAST = timedelta(minutes=1)  # what people call symbols is read again after that


class Work(Protocol):
    """Its parts may be called from several threads and machines at once."""

    @property
    def brief_at(self) -> Sequence[str]:
        """When briefings are given: `06:45 Europe/London`."""
        ...

    def due(self, now: datetime) -> Sequence[SourceState]:
        """The followed sources that are to be polled by now."""
        ...

    async def poll(self, source: SourceState, now: datetime) -> bool:
        """Polls `source` (as it is before its first poll) unless it is not due; whether that brought what is to be
        indexed. What is wrong with the source is remembered and no error of the job."""
        ...

    def index(self, now: datetime) -> None:
        """Brings the index up to the ledger."""
        ...

    def brief(self, zone: str) -> None:
        """Gives the briefing for the readers in `zone`."""
        ...


@dataclass
class LedgerWork:
    """`Work` on a ledger. `followed` gives the symbols and the feeds, read anew each time: users change them."""

    pipeline: Pipeline
    followed: Callable[[], tuple[Sequence[str], Sequence[SourceState]]]
    index: Callable[[datetime], None]
    brief: Callable[[str], None]
    brief_at: Sequence[str]
    _linker: tuple[datetime, Linker] | None = field(default=None, init=False)

    def due(self, now: datetime) -> Sequence[SourceState]:
        symbols, feeds = self.followed()
        remembered = self.pipeline.ledger.sources.states()
        sources = [*feeds, *(SourceState(f"yahoo:{s}", "quotes", s) for s in symbols)]
        return plan.due((remembered.get(s.url, s) for s in sources), now)

    async def poll(self, source: SourceState, now: datetime) -> bool:
        report = await self.pipeline.poll(source, now, partial(self._names, now))
        return any(s.counts.new or s.counts.updated for s in report.sources)

    def _names(self, now: datetime) -> Linker:
        if self._linker is None or now - self._linker[0] > _NAMES_LAST:
            symbols, _ = self.followed()
            self._linker = now, self.pipeline.linker(self.pipeline.ledger.market.names(), symbols)
        return self._linker[1]
