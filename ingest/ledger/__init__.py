"""The store of record. The only room that knows SQLAlchemy; readers and the writer share it."""

from ingest.ledger.store import Ledger, empty_ledger, has_ledger, ledger_file, open_ledger, upgrade_ledger

__all__ = ["Ledger", "empty_ledger", "has_ledger", "ledger_file", "open_ledger", "upgrade_ledger"]
