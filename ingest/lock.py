"""The writer lock: one run at a time writes to a store. It is released however the holder ends: that of a file by the
kernel, that of a database by the server."""

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from ingest.config import Config
from ingest.errors import StoreError, WriterLocked


@contextmanager
def writer_lock(config: Config, command: str, now: datetime) -> Iterator[None]:
    """Holds the lock of the store; `WriterLocked` says at once who else does, with what `command`, and since when."""
    if config.in_postgres:
        from ingest.ledger import postgres

        with postgres.writer(config, command):
            yield
    else:
        with _file_lock(config.home, command, now):
            yield


def holder(config: Config) -> str:
    """Who writes to the store just now; "" for nobody."""
    if config.in_postgres:
        from ingest.ledger import postgres

        return postgres.holder(config)
    return _file_holder(config.home)


@contextmanager
def _file_lock(home: Path, command: str, now: datetime) -> Iterator[None]:
    path = home / "writer.lock"
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"the data folder {home} cannot be written: {error.strerror}",
            "choose another with --home or BELL_HOME, or correct its permissions",
        ) from error
    with file:
        _take(file)
        file.truncate(0)
        json.dump({"pid": os.getpid(), "command": command, "since": now.isoformat()}, file)
        file.flush()
        yield


def _file_holder(home: Path) -> str:
    try:
        with (home / "writer.lock").open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return ""
    except OSError as error:
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            with (home / "writer.lock").open(encoding="utf-8") as file:
                return _holder(file)
    return ""


def _take(file: IO[str]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
            raise StoreError(f"the data folder cannot be locked: {error.strerror}", "put it on a local disk") from error
        raise WriterLocked(_holder(file), "wait until it has ended, or end it") from None


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        holder = json.load(file)
        return f"process {holder['pid']} ({holder['command']}) has been writing here since {holder['since']}"
    except (ValueError, TypeError, KeyError):  # it took the lock this instant
        return "another process is writing here"
