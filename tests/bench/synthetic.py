"""A store of any size within minutes: invented articles over two years, with vectors in clusters.

What the index is made of is written as `LanceStore.add` writes it, by the table instead of by the node: making a
million nodes alone would take half an hour. The last thousand go through `add`, whose upkeep brings all indices up.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from llama_index.core.schema import TextNode

from ingest.config import Config
from ingest.index.rows import to_row
from ingest.index.store import LanceStore, open_index
from ingest.nodes import article_nodes
from ingest.types import Article

DIMENSION, MODEL = 384, "synthetic"
END = datetime(2026, 11, 20, 21, tzinfo=UTC)
SPAN = timedelta(days=730)
SYMBOLS = [f"S{n}" for n in range(500)]  # the first is of 3 articles in 100, the others of fewer and fewer
LAST = 1_000  # articles that go through `add`
_PAGE = 10_000
_LENGTH = 60  # words of a text
_WORDS = np.array([f"word{n}" for n in range(20_000)])
_CENTRES, _SPREAD = 2_000, 0.9  # a text lies about as far from the centre of its cluster as that from nought
Floats = np.ndarray[Any, np.dtype[np.float32]]


def filled(home: Path, size: int) -> Path:
    """A store of `size` articles, one chunk each."""
    index, rng = opened(home, create=True), np.random.default_rng(size)
    for first in range(0, size - LAST, _PAGE):
        index.client.add(_page(rng, first, min(_PAGE, size - LAST - first), size, index.client.schema))
    index.add(nodes(rng, size - LAST, LAST, size))
    return home


def opened(home: Path, create: bool = False) -> LanceStore:
    return open_index(Config(home=home), MODEL, DIMENSION, create=create)


def nodes(rng: np.random.Generator, first: int, count: int, size: int) -> list[TextNode]:
    """Articles `first` to `first + count` of a store of `size`, as the pipeline hands them to the index."""
    made = [node for number in range(first, first + count) for node in article_nodes(_article(rng, number, size))]
    for node, vector in zip(made, vectors(rng, len(made)), strict=True):
        node.embedding = vector.tolist()
    return made


def vectors(rng: np.random.Generator, count: int) -> Floats:
    """[count, DIMENSION], normalised, in clusters that are the same for every generator."""
    centres = np.random.default_rng(0).standard_normal((_CENTRES, DIMENSION), np.float32)
    drawn: Floats = centres[rng.integers(_CENTRES, size=count)]
    drawn += _SPREAD * rng.standard_normal((count, DIMENSION), np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def question(rng: np.random.Generator) -> str:
    """Five words: a frequent one, and four of those that tell texts apart."""
    return " ".join(_WORDS[[rng.integers(2, 10), *rng.integers(20, 5_000, 4)]])


def _page(rng: np.random.Generator, first: int, count: int, size: int, schema: pa.Schema) -> pa.Table:
    rows = pa.Table.from_pylist(list(_rows(rng, first, count, size)), schema.remove(schema.get_field_index("vector")))
    drawn = pa.FixedSizeListArray.from_arrays(pa.array(vectors(rng, count).ravel()), DIMENSION)
    return rows.append_column(schema.field("vector"), drawn)


def _rows(rng: np.random.Generator, first: int, count: int, size: int) -> Iterator[dict[str, Any]]:
    """As `to_row` makes them, without vectors: one of its rows, filled in anew each time."""
    example = article_nodes(_article(rng, 0, size))[0]
    example.embedding = []
    row, said, title, name = to_row(example), example.get_content(), example.metadata["title"], example.ref_doc_id
    for number in range(first, first + count):
        text, at = _text(rng), int(_published(number, size).timestamp())
        own = {"id": f"{_name(number)}:0", "doc_id": _name(number), "content_hash": f"{number:064}"}
        told = row["node_json"].replace(said, text).replace(title, _title(text)).replace(name, own["doc_id"])
        filters = {"symbols": [_symbol(rng)], "published": at, "known_from": at}
        yield row | own | filters | {"text": f"{_title(text)}\n\n{text}", "node_json": told}


def _article(rng: np.random.Generator, number: int, size: int) -> Article:
    text, at = _text(rng), _published(number, size)
    return Article(
        id=_name(number),
        feed="https://feed.test",
        url=f"https://news.test/{_name(number)}",
        title=_title(text),
        text=text,
        source=f"Wire {number % 20}",
        published=at,
        first_seen=at,
        fetched=at,
        symbols=(_symbol(rng),),
    )


def _name(number: int) -> str:
    return f"article{number:07}"


def _title(text: str) -> str:
    return " ".join(text.split(" ", 10)[:10])


def _published(number: int, size: int) -> datetime:
    return END - SPAN * (1 - number / size)


def _text(rng: np.random.Generator) -> str:
    return " ".join(_WORDS[rng.zipf(1.1, _LENGTH) % len(_WORDS)])


def _symbol(rng: np.random.Generator) -> str:
    return SYMBOLS[int(len(SYMBOLS) * rng.random() ** 1.8)]
