"""`bell migrate`: the store under home becomes one in PostgreSQL, all of it in one transaction or nothing."""

from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime

from ingest.agreement import index_in_use
from ingest.config import Config
from ingest.errors import ConfigError, StoreError
from ingest.index.generations import TABLE
from ingest.ledger import open_ledger, upgrade_ledger
from ingest.ledger.moving import fill, filled
from ingest.ledger.rows import one_commit
from ingest.lock import writer_lock
from ingest.progress import Progress


@dataclass(frozen=True)
class Moved:
    """`nodes`: of the index, 0 where there was none that could be carried over."""

    rows: int
    nodes: int


def move(config: Config, target: Config, now: datetime, progress: Progress) -> Moved:
    """Copies the store of `config`, which stays as it is, into the empty database of `target`. Before it counts, what
    arrived is compared with what left: by numbers and checksums over all values.

    Raises `ConfigError` where `target` is no PostgreSQL or holds a store, and `StoreDamaged` where a row is not what
    was written; nothing is stored then.
    """
    if config.in_postgres:
        raise ConfigError(f"the store is {config.place} already", "unset BELL_DATABASE_URL to move the one under home")
    if not target.in_postgres:
        raise ConfigError("--to names no PostgreSQL", "use postgresql+psycopg://user:password@host/database")
    with (
        writer_lock(config, "bell migrate", now),
        closing(open_ledger(config)) as old,
        writer_lock(target, "bell migrate", now),
        closing(upgrade_ledger(target)) as new,
        one_commit(new.engine) as connection,
    ):
        if filled(connection, TABLE):
            raise ConfigError(f"there is a store {target.place} already", "name an empty database")
        rows, index = fill(old, connection, progress), None
        with suppress(StoreError):  # an index that cannot be used is made anew, as a missing one is
            index = index_in_use(config)
        if index is None:
            new.forget_index()
            return Moved(rows, 0)
        from ingest.index.postgres import take_over

        return Moved(rows, take_over(connection, index, progress))
