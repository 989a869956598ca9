"""Folders that are made once and kept, such as converted models: complete or not at all, whatever is killed."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """`target`, which `make` fills where it is not there yet.

    One process makes it under another name, others wait for it; a killed one leaves only what the next one removes.
    Raises what `make` raises, and `OSError`.
    """
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_name(f"{target.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.is_dir():
                partial = target.with_name(f".{target.name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                make(partial)
                partial.rename(target)
    return target


def keep_newest(parent: Path, pattern: str, count: int, used: Path) -> None:
    """Removes all but the `count` folders of that pattern that were used last; `used` is used now."""
    os.utime(used)
    found = sorted((f for f in parent.glob(pattern) if f.is_dir()), key=lambda f: f.stat().st_mtime)
    for old in found[:-count]:
        shutil.rmtree(old, ignore_errors=True)
