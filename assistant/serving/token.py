"""The token that every request must bear: made at the first start, kept for the owner alone."""

import os
import secrets
from pathlib import Path

from assistant.errors import BellError, ConfigError

SHORTEST = 20  # characters: what is shorter was not made here, and may be guessed


def token_file(home: Path) -> Path:
    return home / "serve.token"


def make_token(home: Path) -> str | None:
    """A new token, saved under `home` with mode 0600; None where there is one already."""
    file = token_file(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return None
    except OSError as error:
        raise BellError(f"{file} cannot be written: {error.strerror}", "correct its permissions") from error
    token = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(token + "\n")
    return token


def read_token(home: Path) -> str:
    """The saved token. Raises `ConfigError` where it is none, or others may read it."""
    file = token_file(home)
    try:
        if file.stat().st_mode & 0o077:
            raise ConfigError(f"{file} can be read by others", f"chmod 600 {file}, or remove it to get a new token")
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read", "remove it: the next start makes a new token") from error
    if len(token) < SHORTEST:
        raise ConfigError(f"{file} holds no token", "remove it: the next start makes a new one")
    return token


def matches(token: str, header: str) -> bool:
    """Whether an `Authorization` header bears `token`; how long that takes tells nothing about it."""
    scheme, _, given = header.partition(" ")
    same = secrets.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return same and scheme.lower() == "bearer"
