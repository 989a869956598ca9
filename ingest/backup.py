"""`bell backup` and `bell restore`: the ledger, from which all else can be made again, in one file without secrets."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingest.agreement import index_in_use, strays
from ingest.config import Config
from ingest.errors import BellError, ConfigError, StoreDamaged, StoreError, StoreMissing
from ingest.ledger import ledger_file, open_ledger, upgrade_ledger
from ingest.ledger.copies import clear_of_secrets, close_file, copy, opened
from ingest.ledger.integrity import examine, faults
from ingest.ledger.rows import failing
from ingest.ledger.store import stored_revision
from ingest.lock import writer_lock


@dataclass(frozen=True)
class Backup:
    """`left_out`: feeds whose address holds a secret."""

    file: Path
    rows: int
    left_out: list[str]


@dataclass(frozen=True)
class Restored:
    """`aside`: the ledger that was there before, as it was."""

    rows: int
    aside: Path | None


def backups(config: Config) -> list[Path]:
    """The backups under home, newest first."""
    return sorted((config.home / "backups").glob("ledger-*.db"), reverse=True)


def back_up(config: Config, now: datetime, file: Path | None = None) -> Backup:
    """Copies the ledger to `file` (by default under home), also while another process writes. The file appears only
    when it is whole and was verified; it never replaces another."""
    open_ledger(config).close()  # there is one, of this version
    ledger = ledger_file(config)
    target = file or config.home / "backups" / f"ledger-{now:%Y%m%dT%H%M%SZ}.db"
    if target.exists():
        raise ConfigError(f"{target} exists", "name another file")
    with _beside(target) as new:
        copy(ledger, new)
        with opened(new) as engine:
            left_out = clear_of_secrets(engine)
        close_file(new)
        rows = _verified(new, "the ledger")
        _settle(new, target)
    return Backup(target, rows, left_out)


def restore(config: Config, file: Path, now: datetime, force: bool = False) -> Restored:
    """Puts the backup `file` in the ledger's place, in one step; what was there is kept aside.

    Raises `StoreMissing` where there is no such file, `StoreDamaged` where it is not what was backed up, `StoreVersion`
    where it is of a newer version, and `ConfigError` where there is a ledger and not `force`: nothing is changed then.
    """
    if not file.is_file():
        raise StoreMissing(f"there is no file {file}", "name a backup")
    with writer_lock(config, "bell restore", now):
        ledger = ledger_file(config)
        if ledger.exists() and not force:
            raise ConfigError(
                f"there is a ledger under {config.home} already",
                "--force puts the backup in its place and keeps it aside",
            )
        for left in ledger.parent.glob(f".{ledger.name}.*.new*"):  # by a restore that was killed
            left.unlink()
        aside = None
        with _beside(ledger) as new:
            rows = _prepared(config, file, new)
            if ledger.exists():
                aside = _replace(ledger, new, now)
            else:
                _settle(new, ledger)
        _clear_index(config)
    return Restored(rows, aside)


def _clear_index(config: Config) -> None:
    """Takes out what the restored ledger does not know; what it lacks, the next ingest adds."""
    with suppress(BellError), closing(open_ledger(config)) as ledger:  # an index that cannot be used is met there
        if index := index_in_use(config):
            index.delete_documents(sorted(strays(ledger, index)))


def _prepared(config: Config, file: Path, new: Path) -> int:
    """A copy of the backup in this version's schema that no index is said to hold; how many rows it has."""
    try:
        copy(file, new)
        with failing(), opened(new) as engine:
            revision = stored_revision(engine)
    except StoreDamaged as error:
        raise StoreDamaged(f"{file} cannot be read: {error.cause}", "take another backup") from error
    if revision is None:
        raise StoreDamaged(f"{file} is no backup of a ledger", "take another file")
    with closing(upgrade_ledger(config.model_copy(update={"database_url": f"sqlite:///{new}"}))) as staged:
        staged.forget_index()
    close_file(new)
    return _verified(new, str(file))


def _verified(file: Path, named: str) -> int:
    with opened(file) as engine:
        if told := faults(engine):
            raise StoreDamaged(f"{named} is damaged: {told[0]}", "run `bell doctor`, or take another backup")
        rows, damaged = examine(engine)
    if damaged:
        raise StoreDamaged(
            f"{named} holds {len(damaged)} damaged rows ({damaged[0].named})",
            "run `bell doctor --repair`, or take another backup",
        )
    return rows


def _replace(ledger: Path, new: Path, now: datetime) -> Path:
    """Puts `new` in the ledger's place; what was there is at the returned path. A file that SQLite cannot even copy is
    moved, together with its journal, which would be taken for that of the new one."""
    aside = ledger.with_name(f"ledger-replaced-{now:%Y%m%dT%H%M%SZ}.db")
    if aside.exists():
        raise ConfigError(f"{aside} exists", "move it away first")
    try:
        with _beside(aside) as kept:
            copy(ledger, kept)
            _settle(kept, aside)
        copy(new, ledger)
    except StoreDamaged:
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{ledger}{end}").replace(f"{aside}{end}")
        _settle(new, ledger)
    return aside


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """An empty file beside `target`, for its owner's eyes alone; gone in the end if it was not put in its place."""
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}", "name another file") from error
    try:
        yield new
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            Path(f"{new}{end}").unlink(missing_ok=True)


def _settle(new: Path, target: Path) -> None:
    """Renames it, once it is on the disk."""
    _to_disk(new)
    new.replace(target)
    _to_disk(target.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
