"""LlamaIndex metadata filters as a condition of a database: keys from an allow-list, values as data. Pure."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from ingest.errors import ConfigError

WORDS = ("id", "doc_id", "kind", "source")  # one string a row
LISTS = ("symbols",)  # several strings a row
TIMES = ("published", "known_from")  # seconds since 1970, UTC; a filter may give ISO 8601 instead

_JOIN = {FilterCondition.AND: "and", FilterCondition.OR: "or", None: "and"}
_COMPARE = {FilterOperator.EQ: "=", FilterOperator.GTE: ">=", FilterOperator.LTE: "<="}

T = TypeVar("T")


class Terms(Protocol[T]):
    """How a database says what filters are made of."""

    def among(self, column: str, values: Sequence[str]) -> T:
        """The column's value is one of these; of none where there are none."""

    def overlaps(self, column: str, values: Sequence[str]) -> T:
        """The column's list has one of these."""

    def compares(self, column: str, operator: str, value: int) -> T:
        """By `=`, `>=` or `<=`."""

    def joined(self, parts: Sequence[T], word: str) -> T:
        """By `and` or `or`."""


def predicate(
    filters: MetadataFilters | None, ids: Sequence[str] | None = None, doc_ids: Sequence[str] | None = None
) -> str | None:
    """The `condition` in LanceDB's SQL."""
    return condition(LanceSql(), filters, ids, doc_ids)


def condition(
    say: Terms[T],
    filters: MetadataFilters | None,
    ids: Sequence[str] | None = None,
    doc_ids: Sequence[str] | None = None,
) -> T | None:
    """The condition a row must meet to pass `filters` and to be among `ids` and of `doc_ids`; None: every row may.

    `==` and `in` work on id, doc_id, kind, source; `any` and `contains` on symbols; `==`, `>=`, `<=` on published and
    known_from; groups nest with `and` and `or`. Anything else raises `ConfigError`: a filter is never ignored.
    """
    parts = [_group(say, filters)] if filters and filters.filters else []
    parts += [] if ids is None else [say.among("id", _texts(ids))]
    parts += [] if doc_ids is None else [say.among("doc_id", _texts(doc_ids))]
    return say.joined(parts, "and") if parts else None


class LanceSql:
    """`Terms` in LanceDB's SQL."""

    def among(self, column: str, values: Sequence[str]) -> str:
        if len(values) == 1:
            return f"{column} = {_quoted(values)}"
        return f"{column} IN ({_quoted(values)})" if values else "false"

    def overlaps(self, column: str, values: Sequence[str]) -> str:
        return f"array_has_any({column}, [{_quoted(values)}])" if values else "false"

    def compares(self, column: str, operator: str, value: int) -> str:
        return f"{column} {operator} {value}"

    def joined(self, parts: Sequence[str], word: str) -> str:
        return "(" + f" {word.upper()} ".join(parts) + ")"


def _quoted(values: Sequence[str]) -> str:
    """String literals. Doubling the quote is all the escaping that the engine's SQL has: it knows no backslash."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def epoch(value: object) -> int:
    """Whole seconds since 1970 of a number of seconds or of an ISO 8601 instant (UTC where it names no zone)."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return math.floor(value)
    except (ValueError, OverflowError) as error:
        raise _no_instant(value) from error
    raise _no_instant(value)


def _no_instant(value: object) -> ConfigError:
    return ConfigError(f"{str(value)[:60]!r} is no instant", "give ISO 8601 or seconds since 1970")


def _group(say: Terms[T], filters: MetadataFilters) -> T:
    if filters.condition not in _JOIN:
        raise ConfigError(f"the filter condition `{filters.condition}` is not supported", "use `and` or `or`")
    if not filters.filters:
        raise ConfigError("a nested group of filters is empty", "remove it")
    parts = [_group(say, f) if isinstance(f, MetadataFilters) else _single(say, f) for f in filters.filters]
    return say.joined(parts, _JOIN[filters.condition])


def _single(say: Terms[T], item: MetadataFilter) -> T:
    key, operator = item.key, item.operator
    match operator:
        case FilterOperator.EQ if key in WORDS:
            return say.among(key, _texts([item.value]))
        case FilterOperator.IN if key in WORDS:
            return say.among(key, _texts(_values(item)))
        case FilterOperator.ANY if key in LISTS:
            return say.overlaps(key, _texts(_values(item)))
        case FilterOperator.CONTAINS if key in LISTS:
            return say.overlaps(key, _texts([item.value]))
        case FilterOperator.EQ | FilterOperator.GTE | FilterOperator.LTE if key in TIMES:
            return say.compares(key, _COMPARE[operator], epoch(item.value))
    raise ConfigError(
        f"the filter `{key} {operator.value}` is not supported",
        f"use == or in on {', '.join(WORDS)}; any or contains on {', '.join(LISTS)}; "
        f"==, >= or <= on {', '.join(TIMES)}",
    )


def _values(item: MetadataFilter) -> Sequence[object]:
    if not isinstance(item.value, list):
        raise ConfigError(f"the filter `{item.key} {item.operator.value}` needs a list", "give a list of texts")
    return item.value


def _texts(values: Sequence[object]) -> list[str]:
    found = [value for value in values if isinstance(value, str)]
    if len(found) < len(values):
        raise ConfigError("a filter value is not a text", "correct the filter")
    return found
