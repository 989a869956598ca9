"""Whole copies of the ledger's file: taken while others write, cleared of secrets, and put in place in one step."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, NullPool, create_engine, delete, select, update

from ingest import schema
from ingest.ledger.rows import failing, reading, writing
from ingest.ledger.seals import pages, rowid, seal
from ingest.types import SourceState


@contextmanager
def opened(file: Path) -> Iterator[Engine]:
    """A ledger's file by itself, without a journal that outlives its use."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def copy(source: Path, target: Path) -> None:
    """All of `source` as it was at one instant, over whatever `target` held: in one transaction of SQLite's own, so
    that a kill leaves the target as it was and its readers go on with what they had. Raises `StoreError`."""
    with (
        failing(),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as old,
        closing(sqlite3.connect(target, timeout=30)) as new,
    ):
        new.execute("PRAGMA synchronous=FULL")
        old.backup(new)


def close_file(file: Path) -> None:
    """Makes it whole without a journal beside it, and without what was deleted from it."""
    with failing(), closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")


def clear_of_secrets(engine: Engine) -> list[str]:
    """Takes out the feeds whose address holds a password or a key, which are to be added again after a restore; the
    addresses as reports name them. Their articles stay, under that name."""
    sources, feeds, articles = schema.sources, schema.feeds, schema.articles
    with reading(engine) as connection:
        found = {*connection.scalars(select(feeds.c.url)), *connection.scalars(select(articles.c.feed).distinct())}
        moved = connection.execute(select(sources.c.url, sources.c.moved_to)).all()
    told = {url: _shown(url) for url in found | {row.url for row in moved} if _shown(url) != url}
    unfit = [row.url for row in moved if row.url in told or _shown(row.moved_to or "") != (row.moved_to or "")]
    with writing(engine) as connection:
        connection.execute(delete(feeds).where(feeds.c.url.in_(told)))
        connection.execute(delete(sources).where(sources.c.url.in_(unfit)))
        for page in pages(connection, articles) if told else ():
            for row in (r for r in page if r["feed"] in told):
                renamed = row | {"feed": told[row["feed"]]}
                change = update(articles).where(rowid == row["rowid"])
                connection.execute(change.values(feed=renamed["feed"], seal=seal(renamed)))
    return sorted(set(told.values()))


def _shown(url: str) -> str:
    return SourceState(url, "news").shown
