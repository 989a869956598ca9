"""The constants that an answer about a term may state (`reference.toml`)."""

import tomllib
from functools import cache
from typing import Any

from assistant.types import Evidence
from ingest.resources import resource


def references(term: str, first: int) -> list[Evidence]:
    """The records about `term`, numbered from `first`."""
    wanted = term.casefold().strip()
    found = [r for r in _records() if wanted in r["terms"] or wanted.removesuffix("s") in r["terms"]]
    return [
        Evidence(n, "reference", r["terms"][0], r["text"], "", r["source"], None, None)
        for n, r in enumerate(found, first)
    ]


@cache
def _records() -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = tomllib.loads(resource("assistant/reference.toml").read_text("utf-8"))["record"]
    return records
