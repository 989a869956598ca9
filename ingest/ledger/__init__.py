"""The store of record. The only room that knows SQLAlchemy; readers and the writer share it."""

from ingest.ledger.store import Ledger, open_ledger, upgrade_ledger

__all__ = ["Ledger", "open_ledger", "upgrade_ledger"]
