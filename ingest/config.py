"""Configuration: flag > environment `BELL_*` > `config.toml` under home > default. Unknown keys fail by name."""

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ingest.errors import ConfigError

APP = "openingbell"
POSTGRES = "postgresql+psycopg://"  # how a `database_url` begins that names a server
_SECRET = {
    "generator_api_key",
    "generator_url",
    "database_url",
    "yahoo_base_url",
    "cboe_base_url",
}  # or may hold a password


def default_home() -> Path:
    return Path(platformdirs.user_data_dir(APP, appauthor=False))


class Config(BaseModel):
    """The keys of both sides. Reading them touches no network and creates no folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=default_home)
    database_url: str | None = None
    base_model: str | None = None  # None: the bundled SmolLM2-135M-Instruct
    adapter: str | None = None  # None: the shipped adapter, where one ships; "none": no adapter
    generator_url: str | None = None
    generator_model: str | None = None
    generator_adapter: str | None = None  # what that server calls the model with the adapter
    generator_api_key: str | None = None
    embed_model: str | None = None  # None: the bundled all-MiniLM-L6-v2
    yahoo_base_url: str | None = None
    cboe_base_url: str | None = None  # None: no second source of latest prices
    allow_private_hosts: tuple[str, ...] = ()
    user_agent_contact: str | None = None
    timezone: str | None = None  # None: the system's
    brief_at: tuple[str, ...] = ()  # when workers give the briefing, on weekdays: 06:45 Europe/London
    now: datetime | None = None  # None: the clock

    @field_validator("allow_private_hosts", "brief_at", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("now")
    @classmethod
    def _utc(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, such as 2026-02-27T21:30:00Z")
        return value and value.astimezone(UTC)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        try:
            return value and ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is no IANA time zone, such as Europe/London") from error

    @field_validator("brief_at")
    @classmethod
    def _times(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            try:
                at, zone = entry.split()
                time.fromisoformat(at), ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ValueError(f"has {entry!r}; write a time and an IANA zone, as 06:45 Europe/London") from error
        return value

    @property
    def cache(self) -> Path:
        """Converted models, shared by all homes."""
        return Path(platformdirs.user_cache_dir(APP, appauthor=False))

    @property
    def index_path(self) -> Path:
        return self.home / "index"

    @property
    def in_postgres(self) -> bool:
        """Whether the store is a PostgreSQL database, and not files under home."""
        return (self.database_url or "").startswith(POSTGRES)

    @property
    def place(self) -> str:
        """Where the store is, as it may be shown: an address without user and password."""
        if not self.in_postgres:
            return f"under {self.home}"
        address = (self.database_url or "").removeprefix(POSTGRES).rpartition("@")[2]
        return f"in the database {address.partition('?')[0].lstrip('/')}"

    @property
    def ledger_url(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'ledger.db'}"

    def clock(self) -> datetime:
        """The present instant. Only shells and composition roots call it; rooms take `now` as an argument."""
        return self.now or datetime.now(UTC)


def load_config(
    flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> tuple[Config, list[str]]:
    """The configuration and the warnings about unknown `BELL_*` variables; `ConfigError` names the offending key."""
    environ = os.environ if environ is None else environ
    variables = {k[5:].lower(): v for k, v in environ.items() if k.startswith("BELL_") and v != ""}
    unknown = sorted(k for k in variables if k not in Config.model_fields)
    warnings = [f"environment variable BELL_{k.upper()} is not a setting and is ignored" for k in unknown]
    given = {k: v for k, v in (flags or {}).items() if v is not None}
    env = {k: v for k, v in variables.items() if k in Config.model_fields}
    home = Path(given.get("home") or env.get("home") or default_home()).expanduser().absolute()
    file = home / "config.toml"
    stored = _read_toml(file)
    if "home" in stored:
        raise ConfigError(f"{file}: `home` cannot be set inside home", "set BELL_HOME or pass --home")
    if _SECRET.intersection(stored) and file.stat().st_mode & 0o077:
        warnings.append(f"{file} holds a secret and can be read by others: chmod 600 {file}")
    origin = {k: str(file) for k in stored} | {k: f"BELL_{k.upper()}" for k in env} | {k: f"--{k}" for k in given}
    try:
        return Config.model_validate({**stored, **env, **given, "home": home}), warnings
    except ValidationError as error:
        raise ConfigError(_explain(error, origin), _known(error)) from None


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}", "correct that line or remove the file") from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}", "check its permissions") from error


def _explain(error: ValidationError, origin: Mapping[str, str]) -> str:
    first = error.errors()[0]
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"{origin.get(key, 'configuration')}: unknown key `{key}`"
    reason = str(first["msg"]).removeprefix("Value error, ")
    shown = "" if key in _SECRET else f" (given: {str(first['input'])[:60]!r})"
    return f"{origin.get(key, 'configuration')}: `{key}` {reason}{shown}"


def _known(error: ValidationError) -> str:
    if error.errors()[0]["type"] == "extra_forbidden":
        return "the keys are " + ", ".join(k for k in Config.model_fields if k != "home")
    return "correct the value"
