"""A checksum of source files, the same in a checkout and in an installed wheel."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ingest.resources import resource
from ingest.types import digest

_APART = frozenset({"_adapters", "_cron"})  # where a wheel puts what lies outside its packages


def sources(*names: str) -> str:
    """Of every file that `names` are or hold; paths as `resource` takes them. Whether a change of one matters is not
    guessed: a comment changes it too."""
    return digest(*(part for name in names for part in _parts(name)))


def _parts(name: str) -> Iterator[str]:
    top = resource(name)
    for file in sorted(_files(top)):
        yield f"{name}/{file.relative_to(top).as_posix()}"
        yield sha256(file.read_bytes()).hexdigest()


def _files(top: Path) -> Iterator[Path]:
    found = top.rglob("*") if top.is_dir() else (top,)
    return (f for f in found if not f.is_dir() and not any(map(_foreign, f.relative_to(top).parts)))


def _foreign(part: str) -> bool:
    """Caches of Python, ruff and the like, and `_APART`."""
    return part in _APART or part.startswith((".", "__pycache__"))
