"""Answers out of the ledger again, and what a second asking changed. Pure: documents and answers in, words out."""

import difflib
import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from assistant.errors import StoreError
from assistant.types import Answer
from ingest.types import Receipt

_TOLD = ("status", "arm", "model", "warnings")  # short enough to be shown as they were and as they are


def answer_of(receipt: Receipt) -> Answer:
    """The answer as it was given. Raises `StoreError` where another version wrote it in a form that is unknown here."""
    document = receipt.document | receipt.document.get("explain", {})
    try:
        return TypeAdapter(Answer).validate_python(document)
    except ValidationError as error:
        raise StoreError(
            f"answer {receipt.id} was saved by another version and cannot be read",
            f"`bell history {receipt.id} --json` prints it as it is",
        ) from error


def differing(before: Answer, after: Answer) -> list[str]:
    """The names of the fields, the receipt's among them, in which two answers are not the same bytes. How long either
    took does not count."""
    old, new = _fields(before), _fields(after)
    return [name for name in new if _text(old[name]) != _text(new[name])]


def difference(before: Answer, after: Answer) -> str:
    """What differs, for a person: the text line by line, other fields by name; "" where nothing does."""
    old, new, names = _fields(before), _fields(after), differing(before, after)
    lines = [f"{n}: was {_text(old[n])}, is {_text(new[n])}" for n in names if n in _TOLD]
    if others := [n for n in names if n not in {*_TOLD, "text"}]:
        lines.append(f"also not the same: {', '.join(others)}")
    if "text" in names:
        was, now = before.text.split("\n"), after.text.split("\n")
        lines += difflib.unified_diff(was, now, "as saved", "as replayed", lineterm="")
    return "\n".join(lines)


def _fields(answer: Answer) -> dict[str, Any]:
    document = answer.to_dict(explain=True)
    del document["timings_ms"]
    receipt: dict[str, Any] = document.pop("explain")
    return document | receipt


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
