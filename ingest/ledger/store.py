"""Opens the ledger: in a file or on a server, with SQLite's durability settings, and checks the schema's version."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from ingest.config import POSTGRES, Config
from ingest.errors import ConfigError, StoreDamaged, StoreError, StoreMissing, StoreVersion
from ingest.ledger import postgres
from ingest.ledger.briefings import Briefings
from ingest.ledger.market import Market
from ingest.ledger.news import News
from ingest.ledger.receipts import Receipts
from ingest.ledger.rows import failing
from ingest.ledger.seals import seal_all
from ingest.ledger.sources import Sources
from ingest.resources import resource
from ingest.schema import REVISION, metadata

WAIT = 30.0  # seconds for another's write to end


@dataclass(frozen=True)
class Ledger:
    """The ledger's parts over one store. Each write method is one transaction, committed when it returns."""

    engine: Engine
    sources: Sources
    news: News
    market: Market
    briefings: Briefings
    receipts: Receipts

    def forget_index(self, since: datetime | None = None) -> None:
        """There is no index of it any more; `since`: of what was marked from then on."""
        self.news.forget_index(since)
        self.market.forget_index(since)

    def close(self) -> None:
        self.engine.dispose()
        self.receipts.close()


def open_ledger(config: Config) -> Ledger:
    """The ledger as it is, for reading and for small writes; `StoreMissing` where nothing was ever ingested."""
    _known(config)
    engine, found = _on_server(config) if config.in_postgres else _in_file(config)
    if found != REVISION:
        newer = found is not None and found > REVISION
        fix = "update openingbell" if newer else "run `bell ingest` once, which upgrades it"
        raise StoreVersion(f"the store has schema {found or 'none'}, this version reads {REVISION}", fix)
    return _ledger(engine, _quick(config))


def has_ledger(config: Config) -> bool:
    """Whether there is one. Of a server that cannot be asked this is not told: whoever reads from it learns why."""
    if not config.in_postgres:
        return (config.home / "ledger.db").exists()
    with suppress(StoreError):
        _on_server(config)
        return True
    return False


def ledger_file(config: Config) -> Path:
    """Where SQLite keeps it. Raises `ConfigError` where a server does."""
    _known(config)
    if config.in_postgres:
        raise ConfigError(f"the ledger is {config.place}", "use pg_dump and pg_restore, which copy all of it")
    return Path(config.ledger_url.removeprefix("sqlite:///"))


def empty_ledger() -> Ledger:
    """A ledger in memory that knows nothing: what a reader sees before the first ingest."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    return _ledger(engine, engine)


def upgrade_ledger(config: Config) -> Ledger:
    """Creates the ledger or brings it to this version's schema (Alembic), then opens it. The write side calls it."""
    _known(config)
    if config.in_postgres:
        with failing():
            _upgrade(engine := postgres.engine(config))
    else:
        engine = _upgraded_file(config)
    return _ledger(engine, _quick(config))


def _upgraded_file(config: Config) -> Engine:
    try:
        config.home.mkdir(parents=True, exist_ok=True)
        engine = _engine(config.ledger_url)
        _upgrade(engine)
    except (OSError, OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.orig
        raise StoreError(
            f"the data folder {config.home} cannot be written: {reason}",
            "choose another with --home or BELL_HOME, or correct its permissions",
        ) from error
    except DatabaseError as error:
        raise StoreDamaged(
            f"{config.home / 'ledger.db'} is no ledger: {error.orig}",
            "run `bell restore` with a backup, or move it away",
        ) from error
    return engine


def _upgrade(engine: Engine) -> None:
    found = stored_revision(engine)
    if found is not None and found > REVISION:
        raise StoreVersion(f"the store has schema {found}, this version writes {REVISION}", "update openingbell")
    if found != REVISION:
        _migrate(engine)


def _ledger(engine: Engine, quick: Engine) -> Ledger:
    return Ledger(engine, Sources(engine), News(engine), Market(engine), Briefings(engine), Receipts(engine, quick))


def _known(config: Config) -> None:
    if config.database_url and not config.in_postgres and not config.database_url.startswith("sqlite:///"):
        raise ConfigError("database_url names no PostgreSQL", f"begin it with {POSTGRES}, or unset it")


def _nothing(config: Config) -> StoreMissing:
    return StoreMissing(f"nothing has been ingested {config.place} yet", "run `bell ingest`")


def _on_server(config: Config) -> tuple[Engine, str]:
    with failing():
        engine = postgres.engine(config)
        found = stored_revision(engine)
    if found is None:
        raise _nothing(config)
    return engine, found


def _in_file(config: Config) -> tuple[Engine, str | None]:
    if not has_ledger(config):
        raise _nothing(config)
    engine = _engine(config.ledger_url)
    try:
        return engine, stored_revision(engine)
    except DatabaseError as error:
        raise StoreDamaged(
            f"{config.home / 'ledger.db'} cannot be read: {error.orig}",
            "run `bell restore` with a backup, or move it away",
        ) from error


def _engine(url: str, synchronous: str = "FULL", wait: float | None = None) -> Engine:
    # FULL: an acknowledged commit survives a power cut, which NORMAL does not promise in WAL mode.
    engine = create_engine(url, connect_args={"timeout": WAIT if wait is None else wait})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _quick(config: Config) -> Engine:
    """Commits without waiting for the disk, and gives up on a lock at once. It connects on first use."""
    if config.in_postgres:
        return postgres.engine(config, quick=True)
    return _engine(config.ledger_url, synchronous="NORMAL", wait=0.05)


def stored_revision(engine: Engine) -> str | None:
    """The schema of a store; None where it has none."""
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
        if connection.dialect.name == "sqlite":
            # Python's driver begins no transaction for a change of tables: without it a kill would leave half of one.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        postgres.alone(connection, "schema")
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        seal_all(connection)
