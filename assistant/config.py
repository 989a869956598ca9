"""The read side's settings: the shared keys, and the instant and the limits of one assistant."""

from datetime import UTC, datetime

from pydantic import field_validator

from ingest.config import Config


class AssistantConfig(Config):
    """`as_of`: answer as was possible then (None: now). `strict`: only what had been fetched by then counts.
    `offline`: never refresh from the network."""

    as_of: datetime | None = None
    strict: bool = False
    offline: bool = False

    @field_validator("as_of")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, such as 2026-02-27T21:30:00Z")
        return value and value.astimezone(UTC)
