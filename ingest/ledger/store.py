"""Opens the ledger: the engine, SQLite's durability settings, and the check of the schema's version."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from ingest.config import Config
from ingest.errors import ConfigError, StoreError, StoreMissing, StoreVersion
from ingest.ledger.briefings import Briefings
from ingest.ledger.market import Market
from ingest.ledger.news import News
from ingest.ledger.receipts import Receipts
from ingest.ledger.sources import Sources
from ingest.resources import resource
from ingest.schema import REVISION, metadata


@dataclass(frozen=True)
class Ledger:
    """The ledger's parts over one store. Each write method is one transaction, committed when it returns."""

    engine: Engine
    sources: Sources
    news: News
    market: Market
    briefings: Briefings
    receipts: Receipts

    def close(self) -> None:
        self.engine.dispose()
        self.receipts.close()


def open_ledger(config: Config) -> Ledger:
    """The ledger as it is, for reading and for small writes; `StoreMissing` where nothing was ever ingested."""
    _only_sqlite(config)
    if not (config.home / "ledger.db").exists():
        raise StoreMissing(f"nothing has been ingested under {config.home} yet", "run `bell ingest`")
    engine = _engine(config.ledger_url)
    try:
        found = _revision(engine)
    except DatabaseError as error:
        raise StoreError(
            f"{config.home / 'ledger.db'} cannot be read: {error.orig}", "restore a backup or move the file away"
        ) from error
    if found != REVISION:
        newer = found is not None and found > REVISION
        fix = "update openingbell" if newer else "run `bell ingest` once, which upgrades it"
        raise StoreVersion(f"the store has schema {found or 'none'}, this version reads {REVISION}", fix)
    return _ledger(engine, _quick(config.ledger_url))


def empty_ledger() -> Ledger:
    """A ledger in memory that knows nothing: what a reader sees before the first ingest."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    return _ledger(engine, engine)


def upgrade_ledger(config: Config) -> Ledger:
    """Creates the ledger or brings it to this version's schema (Alembic), then opens it. The write side calls it."""
    _only_sqlite(config)
    try:
        config.home.mkdir(parents=True, exist_ok=True)
        engine = _engine(config.ledger_url)
        found = _revision(engine)
        if found is not None and found > REVISION:
            raise StoreVersion(f"the store has schema {found}, this version writes {REVISION}", "update openingbell")
        if found != REVISION:
            _migrate(engine)
    except (OSError, OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.orig
        raise StoreError(
            f"the data folder {config.home} cannot be written: {reason}",
            "choose another with --home or BELL_HOME, or correct its permissions",
        ) from error
    except DatabaseError as error:
        raise StoreError(
            f"{config.home / 'ledger.db'} is no ledger: {error.orig}", "restore a backup or move the file away"
        ) from error
    return _ledger(engine, _quick(config.ledger_url))


def _ledger(engine: Engine, quick: Engine) -> Ledger:
    return Ledger(engine, Sources(engine), News(engine), Market(engine), Briefings(engine), Receipts(engine, quick))


def _only_sqlite(config: Config) -> None:
    if config.database_url and not config.database_url.startswith("sqlite:///"):
        raise ConfigError("database_url: only the embedded store is supported by this version", "unset it")


def _engine(url: str, synchronous: str = "FULL", wait: float = 30) -> Engine:
    # FULL: an acknowledged commit survives a power cut, which NORMAL does not promise in WAL mode.
    engine = create_engine(url, connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _quick(url: str) -> Engine:
    """Commits without waiting for the disk, and gives up on a lock at once. It connects on first use."""
    return _engine(url, synchronous="NORMAL", wait=0.05)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config as AlembicConfig

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(resource("ingest/migrations")).replace("%", "%%"))
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
