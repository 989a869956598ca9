"""PostgreSQL as the ledger's engine: its address, what it says in words of ours, and the locks that writers share."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, literal, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from ingest.config import Config
from ingest.errors import ConfigError, StoreDamaged, StoreError, WriterLocked
from ingest.ledger.seals import REPLACED

_WAIT = 10  # seconds for a server to answer
_NAME = 63  # bytes of an application's name that the server keeps
_ALIVE = {"tcp_keepalives_idle": "60", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "6"}
_QUICK = "-c synchronous_commit=off -c lock_timeout=50ms"

_REFUSED = ("password authentication failed", "no password supplied", "role ", "no pg_hba.conf entry", "authentication")
_UNREACHED = {
    "refused": "it refuses connections",
    "resolve": "its name is not known",
    "No such file": "there is no such socket",
    "timeout": "it did not answer in time",
    "closed": "it closed the connection",
    "lost": "the connection was lost",
}
_FIXES = {  # by the beginning of the SQLSTATE
    "53100": "make room on the server's disk; all that was reported as stored is there",
    "53300": "let the server take more connections (max_connections), or run fewer workers",
    "40": "another process was writing the same: try again",
    "55P03": "another process is writing: try again",
    "57P": "it is being restarted: try again",
    "42501": "grant the user all rights on the schema",
    "25006": "let database_url name the primary server: this one takes no writes",
}
_BROKEN = ("XX001", "XX002")  # pages and indices that cannot be read


def engine(config: Config, quick: bool = False) -> Engine:
    """The one engine of a process for the server of `database_url`. `quick` commits without waiting for the server's
    disk and gives up on a lock at once. Raises `ConfigError`, never with the password in it."""
    return _engine(str(config.database_url), quick)


@cache
def _engine(address: str, quick: bool) -> Engine:
    url = _url(address)
    more = {"options": f"{url.query['options']} {_QUICK}" if "options" in url.query else _QUICK} if quick else {}
    try:
        made = create_engine(
            url,
            pool_pre_ping=True,  # a server that was restarted meanwhile is connected to anew
            connect_args={"connect_timeout": _WAIT, "application_name": "openingbell", **more},
        )
    except ModuleNotFoundError as error:
        raise ConfigError("database_url needs psycopg", "pip install 'openingbell[postgres]'") from error
    event.listen(made, "connect", _take_any_text)
    return made


def _take_any_text(connection: Any, _: object) -> None:
    """The server has no NUL in texts. No reader lets one in, but a question may hold one, and is no error."""
    from psycopg.types.string import StrDumperUnknown

    class AnyText(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", REPLACED))

    connection.adapters.register_dumper(str, AnyText)


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # its words may repeat the password
        raise _no_address() from None
    if "@" in (url.host or "") or not url.database:
        raise _no_address()
    return url


def _no_address() -> ConfigError:
    form = "postgresql+psycopg://user:password@host:port/database"
    return ConfigError(f"database_url is not of the form {form}", "write @, : and / in a password as %40, %3A and %2F")


def has_table(config: Config, name: str) -> bool:
    with _session(config) as connection:
        return exists(connection, name)


def exists(connection: Connection, name: str) -> bool:
    return connection.scalar(select(func.to_regclass(name))) is not None


# What it says ----------------------------------------------------------------------------------------------------


def told(error: Any) -> StoreError | ConfigError:
    """One of ours for what the driver raised. Of the driver's words only the server's are repeated: its own may show
    parts of the address."""
    if not (state := str(error.sqlstate or "")):
        return _unconnected(error)
    said, _, _ = str(error).partition("\n")
    if state in _BROKEN:
        return StoreDamaged(f"the database is damaged: {said}", "restore it from the server's backup")
    fix = next((fix for start, fix in _FIXES.items() if state.startswith(start)), "look into the server's log")
    return StoreError(f"the database cannot be used now: {said}", fix)


def _unconnected(error: Any) -> StoreError | ConfigError:
    words, _, answer = str(error).partition("FATAL:  ")
    answer, _, _ = answer.partition("\n")
    if any(sign in answer for sign in _REFUSED):
        return ConfigError(f"the database server refuses database_url: {answer}", "correct its user and its password")
    if "database" in answer and "does not exist" in answer:
        return ConfigError(f"the server of database_url says: {answer}", "make it with `createdb`, or correct its name")
    if type(error).__name__ == "ProgrammingError":  # an option that the driver does not know
        return _no_address()
    reason = answer or next((reason for sign, reason in _UNREACHED.items() if sign in words), "there was no connection")
    return StoreError(
        f"the database server of database_url cannot be reached: {reason}", "start it, or correct database_url"
    )


# Locks -----------------------------------------------------------------------------------------------------------


def key(what: str) -> Any:
    """The number by which the server knows a lock."""
    return func.hashtextextended(literal(f"openingbell {what}"), literal(0))


def alone(connection: Connection, what: str) -> None:
    """Until it commits, nobody else writes `what`: others that say so wait. SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(key(what))))


@contextmanager
def writer(config: Config, command: str) -> Iterator[None]:
    """The lock of whole runs, on a connection of its own whose name tells others who has it; the server frees it
    however the holder ends. `WriterLocked` says at once who that is."""
    name = f"{command} (process {os.getpid()} on {socket.gethostname()})".encode()[:_NAME].decode(errors="ignore")
    with _session(config) as connection:
        for setting, value in {"application_name": name, **_ALIVE}.items():
            connection.execute(select(func.set_config(setting, value, False)))
        if not connection.scalar(select(func.pg_try_advisory_lock(key("writer")))):
            who = _holder(connection) or "another process is writing there"
            raise WriterLocked(who, "wait until it has ended, or end it")
        yield


def holder(config: Config) -> str:
    """Who holds the lock of whole runs; "" for nobody."""
    with _session(config) as connection:
        return _holder(connection)


@contextmanager
def _session(config: Config) -> Iterator[Connection]:
    """A connection by itself: what it holds is gone with it."""
    try:
        connection = engine(config).connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
    except DBAPIError as error:
        raise told(error.orig) from error
    with connection:
        yield connection


def _holder(connection: Connection) -> str:
    query = text("""
        SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = :key
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """)
    row = connection.execute(query, {"key": connection.scalar(select(key("writer")))}).first()
    since = f" since {row.backend_start.isoformat(timespec='seconds')}" if row and row.backend_start else ""
    return f"{row.application_name} has been writing there{since}" if row else ""
