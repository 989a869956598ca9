"""The queue's tables: created, or brought to this version of procrastinate's, by one worker at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import LiteralString

from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection
from psycopg.sql import SQL, Literal

from ingest.errors import StoreVersion

_TABLES, _TICK = 0x62656C6C_01, 0x62656C6C_02  # keys of advisory locks: "bell", and a number
_WAIT = 5  # seconds for a connection
# By whom a place is held or waited for. Procrastinate's own index begins with the id: with 10,000 jobs waiting, 500 of
# them for one place, to find the next job took the server 220 ms, and takes it 1 ms with this one.
_PLACES = """CREATE INDEX IF NOT EXISTS openingbell_jobs_place ON procrastinate_jobs (lock, priority, id)
             WHERE status IN ('todo', 'doing')"""


def conninfo(url: str) -> str:
    """The address of `database_url` as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


async def prepare(url: str) -> None:
    """Raises psycopg's `OperationalError` where the server cannot be reached, and `StoreVersion`. Everything happens in
    one transaction: a kill leaves the tables as they were."""
    async with await AsyncConnection.connect(conninfo(url), connect_timeout=_WAIT) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_TABLES])
        found, newest = await _version(connection), _migrations()[-1]
        if found == newest.name:
            return
        if found is not None and found > newest.name:
            raise StoreVersion("the queue was made by a newer version", "update openingbell on this machine too")
        scripts = [SchemaManager.get_schema()] if found is None else [_sql(m) for m in _migrations() if m.name > found]
        for script in [*scripts, _PLACES]:
            await connection.execute(script)
        await connection.execute(SQL("COMMENT ON TABLE procrastinate_jobs IS {}").format(Literal(newest.name)))


@asynccontextmanager
async def alone(url: str) -> AsyncIterator[bool]:
    """Whether nobody else is within this block, on any machine. The server notices if the holder dies."""
    async with await AsyncConnection.connect(conninfo(url), connect_timeout=_WAIT, autocommit=True) as connection:
        row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", [_TICK])).fetchone()
        yield bool(row and row[0])


async def _version(connection: AsyncConnection) -> str | None:
    """The last migration that the tables have had, kept as their comment; None where there are none."""
    query = "SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE oid = to_regclass('procrastinate_jobs')"
    row = await (await connection.execute(query)).fetchone()
    return (row[0] or "") if row else None


def _migrations() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _sql(migration: Path) -> LiteralString:
    return migration.read_text(encoding="utf-8")  # procrastinate's own
