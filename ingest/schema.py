"""The ledger's tables (SQLAlchemy Core). Every change here comes with a migration in `ingest/migrations`."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

REVISION = "0005"  # the newest migration: a store with another one is upgraded or refused

metadata = MetaData()

# So it is in PostgreSQL too, by its migration. To say it here would import that dialect: a tenth of `bell quote`.
_UNINDEXED = text("indexed_at IS NULL")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps no zone, so it is normalised on the way in and restored on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: the ledger stores instants")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


def _required(name: str, kind: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **options)


def _seal() -> Column[Any]:
    """The checksum of the row (`ingest.ledger.seals`)."""
    return _required("seal", BigInteger, server_default="0")


# What is followed -----------------------------------------------------------------------------------------------

watch = Table("watch", metadata, Column("symbol", String, primary_key=True), _required("added", UtcDateTime))

feeds = Table(
    "feeds",
    metadata,
    Column("url", String, primary_key=True),
    Column("title", String),
    _required("added", UtcDateTime),
)

# Polling: one row a source (a feed's url, or yahoo:SYMBOL) -----------------------------------------------------

sources = Table(
    "sources",
    metadata,
    Column("url", String, primary_key=True),
    _required("kind", String),
    _required("title", String),
    _required("enabled", Boolean),
    Column("etag", String),
    Column("last_modified", String),
    Column("body_hash", String),
    Column("last_ok", UtcDateTime),
    Column("last_error", Text),
    _required("failures", Integer),
    Column("next_poll", UtcDateTime),
    Column("held_until", UtcDateTime),
    Column("read_in_full", UtcDateTime),
    Column("fresh_until", UtcDateTime),
    Column("moved_to", String),
    _required("moves", Integer, server_default="0"),
    _seal(),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("started", UtcDateTime),
    _required("report", JSON),
    _seal(),
)

# News -----------------------------------------------------------------------------------------------------------

articles = Table(
    "articles",
    metadata,
    Column("id", String, primary_key=True),
    _required("feed", String),
    Column("guid", String),
    _required("url", String),
    _required("title", Text),
    _required("text", Text),
    _required("source", String),
    Column("published", UtcDateTime),
    _required("first_seen", UtcDateTime),
    _required("fetched", UtcDateTime),
    _required("known_from", UtcDateTime),  # max(published, first seen); an edited text counts from its fetch
    _required("content_hash", String),
    Column("indexed_at", UtcDateTime),  # set last: NULL means the index may not have it
    _seal(),
    Index("ix_articles_known_from", "known_from"),
    Index("ix_articles_unindexed", "id", sqlite_where=_UNINDEXED),
)

article_symbols = Table(
    "article_symbols",
    metadata,
    Column("symbol", String, primary_key=True),
    Column("article_id", String, primary_key=True),
    Index("ix_article_symbols_article", "article_id"),
)

article_revisions = (
    Table(  # what an article said before it was edited, and from when that was known: until its next text
        "article_revisions",
        metadata,
        Column("article_id", String, primary_key=True),
        Column("known_from", UtcDateTime, primary_key=True),
        _required("url", String),
        _required("title", Text),
        _required("text", Text),
        Column("published", UtcDateTime),
        _required("fetched", UtcDateTime),
        _seal(),
    )
)

# Market ---------------------------------------------------------------------------------------------------------

instruments = Table(
    "instruments",
    metadata,
    Column("symbol", String, primary_key=True),
    _required("name", String),
    _required("kind", String),
    _required("exchange", String),
    _required("calendar", String),
    _required("zone", String),
    _required("currency", String),
    _seal(),
)

former_names = Table(  # what an instrument was called, until the fetch that brought another name
    "former_names",
    metadata,
    Column("symbol", String, primary_key=True),
    Column("until", UtcDateTime, primary_key=True),
    _required("name", String),
    _seal(),
)

names = Table(  # what people call a symbol, folded to lower case: the directory and the followed instruments
    "names",
    metadata,
    Column("name", String, primary_key=True),
    Column("symbol", String, primary_key=True),
    _required("origin", String),  # directory, instrument
)

bars = Table(
    "bars",
    metadata,
    Column("symbol", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("revision", Integer, primary_key=True),  # 0 first; a changed value adds one, nothing is overwritten
    _required("open", Float),
    _required("high", Float),
    _required("low", Float),
    _required("close", Float),
    Column("volume", BigInteger),
    _required("currency", String),
    _required("closed_at", UtcDateTime),
    _required("source", String),
    _required("fetched", UtcDateTime),
    _required("known_from", UtcDateTime),
    _required("checksum", String),
    Column("indexed_at", UtcDateTime),
    _seal(),
    Index("ix_bars_unindexed", "symbol", "day", sqlite_where=_UNINDEXED),
)

quotes = Table(
    "quotes",
    metadata,
    Column("symbol", String, primary_key=True),
    Column("as_of", UtcDateTime, primary_key=True),
    _required("price", Float),
    _required("currency", String),
    _required("state", String),
    Column("previous_close", Float),
    Column("open", Float),
    Column("high", Float),
    Column("low", Float),
    _required("source", String),
    _required("fetched", UtcDateTime),
    _required("checksum", String),
    Column("indexed_at", UtcDateTime),
    _seal(),
)

actions = Table(
    "actions",
    metadata,
    Column("symbol", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", String, primary_key=True),
    _required("value", Float),
    _required("fetched", UtcDateTime),
    _seal(),
)

sessions = Table(
    "sessions",
    metadata,
    Column("calendar", String, primary_key=True),
    Column("day", Date, primary_key=True),
    _required("opens_at", UtcDateTime),
    _required("closes_at", UtcDateTime),
    _seal(),
)

# Output ---------------------------------------------------------------------------------------------------------

briefings = Table(
    "briefings",
    metadata,
    Column("as_of", UtcDateTime, primary_key=True),
    _required("document", JSON),
    _seal(),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("given", UtcDateTime),
    _required("status", String),
    _required("question", Text),
    _required("document", JSON),
    _seal(),
)
