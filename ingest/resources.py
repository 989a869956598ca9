"""Finds the files that are not Python, in a checkout and in an installed wheel alike."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """The path of `name`, relative to the repository's root (`ingest/sources.toml`, `adapters/weights`).

    A wheel lays every such file at the same place below site-packages, but `adapters` (a folder of scripts and data,
    whose name belongs to somebody else on PyPI) lies in `assistant/_adapters` there.
    """
    path = _ROOT / name
    if not path.exists() and name.split("/")[0] == "adapters":
        path = _ROOT / "assistant" / "_adapters" / name.removeprefix("adapters").lstrip("/")
    return path
