"""LlamaIndex metadata filters as a LanceDB predicate: keys from an allow-list, values escaped. Pure."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from ingest.errors import ConfigError

WORDS = ("id", "doc_id", "kind", "source")  # one string a row
LISTS = ("symbols",)  # several strings a row
TIMES = ("published", "known_from")  # seconds since 1970, UTC; a filter may give ISO 8601 instead

_JOIN = {FilterCondition.AND: " AND ", FilterCondition.OR: " OR ", None: " AND "}
_COMPARE = {FilterOperator.EQ: "=", FilterOperator.GTE: ">=", FilterOperator.LTE: "<="}


def predicate(
    filters: MetadataFilters | None, ids: Sequence[str] | None = None, doc_ids: Sequence[str] | None = None
) -> str | None:
    """The condition a row must meet to pass `filters` and to be among `ids` and of `doc_ids`; None: every row may.

    `==` and `in` work on id, doc_id, kind, source; `any` and `contains` on symbols; `==`, `>=`, `<=` on published and
    known_from; groups nest with `and` and `or`. Anything else raises `ConfigError`: a filter is never ignored.
    """
    parts = [
        _group(filters) if filters and filters.filters else None,
        None if ids is None else among("id", ids),
        None if doc_ids is None else among("doc_id", doc_ids),
    ]
    return " AND ".join(p for p in parts if p) or None


def among(column: str, values: Sequence[object]) -> str:
    return f"{column} IN ({_quoted(values)})" if values else "false"


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


def _group(filters: MetadataFilters) -> str:
    if filters.condition not in _JOIN:
        raise ConfigError(f"the filter condition `{filters.condition}` is not supported", "use `and` or `or`")
    if not filters.filters:
        raise ConfigError("a nested group of filters is empty", "remove it")
    parts = [_group(f) if isinstance(f, MetadataFilters) else _single(f) for f in filters.filters]
    return "(" + _JOIN[filters.condition].join(parts) + ")"


def _single(item: MetadataFilter) -> str:
    key, operator = item.key, item.operator
    match operator:
        case FilterOperator.EQ if key in WORDS:
            return f"{key} = {_quoted([item.value])}"
        case FilterOperator.IN if key in WORDS:
            return among(key, _values(item))
        case FilterOperator.ANY if key in LISTS:
            return _overlaps(key, _values(item))
        case FilterOperator.CONTAINS if key in LISTS:
            return _overlaps(key, [item.value])
        case FilterOperator.EQ | FilterOperator.GTE | FilterOperator.LTE if key in TIMES:
            return f"{key} {_COMPARE[operator]} {epoch(item.value)}"
    raise ConfigError(
        f"the filter `{key} {operator.value}` is not supported",
        f"use == or in on {', '.join(WORDS)}; any or contains on {', '.join(LISTS)}; "
        f"==, >= or <= on {', '.join(TIMES)}",
    )


def _overlaps(column: str, values: Sequence[object]) -> str:
    return f"array_has_any({column}, [{_quoted(values)}])" if values else "false"


def _values(item: MetadataFilter) -> Sequence[object]:
    if not isinstance(item.value, list):
        raise ConfigError(f"the filter `{item.key} {item.operator.value}` needs a list", "give a list of texts")
    return item.value


def _quoted(values: Sequence[object]) -> str:
    """String literals. Doubling the quote is all the escaping that the engine's SQL has: it knows no backslash."""
    for value in values:
        if not isinstance(value, str):
            raise ConfigError(f"the filter value {value!r} is not a text", "correct the filter")
    return ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)
