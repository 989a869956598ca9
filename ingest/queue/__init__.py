"""Many machines, one queue: what `bell worker` does. The only room that knows procrastinate.

The queue lies in the same Postgres as the ledger and holds nothing that the ledger does not know: it says who polls
what just now. When a source is due, held or off is the ledger's to say, and is asked again when a job begins.
"""

from ingest.queue.plan import QUEUES
from ingest.queue.work import LedgerWork, Work
from ingest.queue.worker import Rhythm, quiet, run

__all__ = ["QUEUES", "LedgerWork", "Rhythm", "Work", "quiet", "run"]
