"""Finds the files that are not Python, in a checkout and in an installed wheel alike."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_MOVED = {"adapters": "assistant/_adapters", "cron": "assistant/_cron"}  # by pyproject.toml, when a wheel is built


def resource(name: str) -> Path:
    """The path of `name`, relative to the repository's root (`ingest/sources.toml`, `adapters/weights`).

    A wheel lays every such file at the same place below site-packages, except the two folders that are no packages
    of ours: there `adapters` and `cron` could be anybody's.
    """
    folder, _, rest = name.partition("/")
    moved = _ROOT / _MOVED.get(folder, folder)
    return moved / rest if moved.exists() else _ROOT / name
