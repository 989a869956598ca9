"""A refresh at question time: prices past their time are asked for once, within seconds, and the answer comes anyway.

The write side stays behind a function that the composition root hands in; nothing here imports it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from assistant.market.freshness import staleness
from assistant.market.load import FIGURE_KINDS, load_view
from assistant.types import Part, Understanding
from ingest.errors import BellError
from ingest.ledger import Ledger

Refresh = Callable[[Sequence[str]], str]  # polls these symbols; why that brought nothing, or ""

PATIENCE = 5.0  # seconds that an answer waits for its prices
_AGAIN = timedelta(minutes=5)  # what has just been asked for is not asked for by the next question


class Refresher:
    """Decides which symbols of a question to refresh. One for all questions of an assistant."""

    def __init__(self, ledger: Ledger, refresh: Refresh, strict: bool = False) -> None:
        self._ledger, self._refresh, self._strict = ledger, refresh, strict
        self._asked: dict[str, datetime] = {}

    def freshen(self, understood: Understanding, as_of: datetime) -> str | None:
        """Asks once for all symbols of the question whose newest price is past its time and bears on it.

        None where there are none; else "" or, in one line, why they were not refreshed.
        """
        wanted = list(dict.fromkeys(s for part in understood.parts for s in self._stale(part, as_of)))
        wanted = [s for s in wanted if s not in self._asked or as_of - self._asked[s] >= _AGAIN]
        if not wanted:
            return None
        self._asked |= dict.fromkeys(wanted, as_of)
        reason = self._refresh(wanted)
        return f"prices were not refreshed: {reason}" if reason else ""

    def _stale(self, part: Part, as_of: datetime) -> Iterator[str]:
        if part.kind not in FIGURE_KINDS | {"reason"} and not part.term:
            return
        for symbol in part.symbols:
            view = load_view(self._ledger, symbol, as_of, strict=self._strict)
            if view is None or not staleness(view):
                continue
            newest = view.bars[-1].day if view.bars else None
            if part.period is None or newest is None or part.period.end > newest:
                yield symbol


def bounded(poll: Callable[[], str], seconds: float = PATIENCE) -> str:
    """What `poll` says, or why it says nothing: an error, or no end within `seconds` (it is then left alone)."""
    told: list[str] = []

    def run() -> None:
        try:
            told.append(poll())
        except BellError as error:
            told.append(error.cause)
        except Exception as error:  # whatever it was: the answer comes from what is stored
            told.append(f"{type(error).__name__}: {str(error)[:200]}")

    thread = threading.Thread(target=run, daemon=True, name="refresh")
    thread.start()
    thread.join(seconds)
    return told[0] if told else f"no answer within {seconds:g} s"
