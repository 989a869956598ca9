"""Which table of the index is in use: a rebuilt one is made beside it under the next number, then takes its place."""

import os
import re
import shutil
from pathlib import Path

from ingest.config import Config

TABLE = "nodes"  # the first; later ones are nodes-2, nodes-3. In a database there is but this one
_POINTER = "current"


def current(config: Config) -> str:
    """The name of the table in use."""
    try:
        name = (config.index_path / _POINTER).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return TABLE
    return name if re.fullmatch(rf"{TABLE}-\d+", name) else TABLE


def following(config: Config) -> str:
    """The name of the table that a rebuild makes."""
    return f"{TABLE}-{_number(current(config)) + 1}"


def folder(config: Config, name: str) -> Path:
    return config.index_path / f"{name}.lance"


def adopt(config: Config, name: str) -> None:
    """From here on `name` is the one in use, for every reader: one rename, once the name is on the disk."""
    new = config.index_path / f".{_POINTER}.new"
    with new.open("w", encoding="utf-8") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    new.replace(config.index_path / _POINTER)


def sweep(config: Config) -> None:
    """Deletes those before the one in use. The next writer does: readers may be in the midst of them until then."""
    in_use = _number(current(config))
    for path in config.index_path.glob(f"{TABLE}*.lance"):
        if _number(path.stem) < in_use:
            shutil.rmtree(path, ignore_errors=True)


def _number(name: str) -> int:
    return int(name.removeprefix(f"{TABLE}-")) if name != TABLE else 1
