"""What the index holds of the ledger: articles in chunks, finished weeks and latest quotes as text. Pure.

Metadata never tell when something was last fetched: an article fetched again unchanged must give an equal node.
"""

import math
import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from typing import Any

from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, NodeRelationship, RelatedNodeInfo, TextNode

from ingest.types import Article, Bar, Instrument, Quote
from ingest.weeks import monday

CHUNK, OVERLAP = 200, 30  # in pieces of text: with its title a chunk fits the 256 tokens that the model reads

_PIECE = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")  # about what a tokenizer makes of a text, at no cost
_SENTENCE = re.compile(r".+?(?:[.!?][\"'”’)\]]*\s+|\n+|\Z)", re.DOTALL)
_STATES = {"pre": "before the open", "open": "market open", "post": "after the close", "closed": "market closed"}
_FOR_MODEL = {"title", "source", "published"}  # of an article's metadata, what a language model is shown


# News -----------------------------------------------------------------------------------------------------------


def article_nodes(article: Article) -> list[TextNode]:
    """One node a chunk, `ARTICLE_ID:0` first, each embedded under the article's title."""
    return _chunks(article, article.id, {"kind": "news"})


def former_nodes(texts: Sequence[Article]) -> list[TextNode]:
    """What an article said before each of its edits, oldest first: documents `ARTICLE_ID@0`, `ARTICLE_ID@1`, ... of the
    kind `former`, which is searched for questions of an earlier time alone."""
    kept = ((n, text, {"kind": "former", "article_id": text.id}) for n, text in enumerate(texts))
    return [node for n, text, kind in kept for node in _chunks(text, f"{text.id}@{n}", kind)]


def _chunks(article: Article, document: str, kind: dict[str, Any]) -> list[TextNode]:
    data: dict[str, Any] = {
        **kind,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "symbols": list(article.symbols),
        "first_seen": article.first_seen.isoformat(),
        # The ledger keeps `fetched` of the first time it saw this very text: a revision counts from there.
        "known_from": max(article.known_from, article.fetched).isoformat(),
    }
    if article.published:
        data["published"] = article.published.isoformat()
    chunks = _split(article.text.strip()) or [article.title]
    return [
        TextNode(
            id_=f"{document}:{n}",
            text=chunk,
            metadata=data | {"chunk": n},
            excluded_embed_metadata_keys=[k for k in (*data, "chunk") if k != "title" or chunk == article.title],
            excluded_llm_metadata_keys=[k for k in (*data, "chunk") if k not in _FOR_MODEL],
            metadata_template="{value}",
            relationships=_part_of(document),
        )
        for n, chunk in enumerate(chunks)
    ]


def article_fields(node: BaseNode) -> dict[str, Any]:
    """What an article's node tells of it, as the ledger's columns have it."""
    data = node.metadata
    published = data.get("published")
    return {
        **{name: data[name] for name in ("title", "url", "source")},
        "symbols": tuple(data["symbols"]),
        "first_seen": datetime.fromisoformat(data["first_seen"]),
        "published": datetime.fromisoformat(published) if published else None,
    }


def _split(text: str) -> list[str]:
    """None of an empty text. Most fit one chunk as they are: the splitter would take longer over them than all else
    that is done with a node."""
    if len(_PIECE.findall(text)) <= CHUNK:
        return [text] if text else []
    return _splitter().split_text(text)


@cache
def _splitter() -> SentenceSplitter:
    return SentenceSplitter(
        chunk_size=CHUNK, chunk_overlap=OVERLAP, tokenizer=_PIECE.findall, chunking_tokenizer_fn=_SENTENCE.findall
    )


# Quotes ---------------------------------------------------------------------------------------------------------


def week_nodes(instrument: Instrument, bars: Sequence[Bar], weeks: Collection[date]) -> list[TextNode]:
    """One node for each of `weeks` (Mondays) that has bars, `SYMBOL:2026-W09`.

    `bars`, oldest first, begin before those weeks where possible: a week's change is that on the bar before it.
    """
    starts = [i for i, bar in enumerate(bars) if i == 0 or monday(bar.day) != monday(bars[i - 1].day)]
    return [
        _week_node(instrument, bars[start:end], bars[start - 1] if start else None)
        for start, end in pairwise([*starts, len(bars)])
        if monday(bars[start].day) in weeks
    ]


def _week_node(instrument: Instrument, bars: Sequence[Bar], before: Bar | None) -> TextNode:
    first, last = bars[0], bars[-1]
    days = _days(first.day, last.day)
    change = f", {_percent(last.close, before.close)} on the week before" if before else ""
    text = (
        f"{_called(instrument)} in the week of {days}: "
        f"close {_price(last.close, instrument)}{_unit(instrument)} on {last.day.day} {last.day:%B}{change}; "
        f"high {_price(max(b.high for b in bars), instrument)}, low {_price(min(b.low for b in bars), instrument)}."
    )
    year, week, _ = last.day.isocalendar()
    return _quote_node(
        instrument,
        f"{year}-W{week:02}",
        text,
        title=f"{_called(instrument)}, week of {days}",
        source=last.source,
        published=last.closed_at.isoformat(),
        known_from=max(b.known_from for b in ([before] if before else []) + [*bars]).isoformat(),
    )


def quote_node(instrument: Instrument, quote: Quote) -> TextNode:
    """The one node of a symbol's latest price, `SYMBOL:now`."""
    day = "so far that day: " if quote.state == "open" else ""
    range_ = [
        f"{name} {_price(value, instrument)}"
        for name, value in (("open", quote.open), ("high", quote.high), ("low", quote.low))
        if value is not None
    ]
    change = (
        f", {_percent(quote.price, quote.previous_close)} on the previous close of "
        f"{_price(quote.previous_close, instrument)}"
        if quote.previous_close
        else ""
    )
    text = (
        # Opens in the words it is asked for in: else a search finds years of weeks before it.
        f"{_called(instrument)} latest price, the current quote: "
        f"{_price(quote.price, instrument)}{_unit(instrument)} as of {_instant(quote.as_of)}, "
        f"{_STATES[quote.state]}{change}" + (f"; {day}{', '.join(range_)}" if range_ else "") + "."
    )
    return _quote_node(
        instrument,
        "now",
        text,
        title=f"{_called(instrument)}, latest price",
        source=quote.source,
        published=quote.as_of.isoformat(),
        known_from=max(quote.as_of, quote.fetched).isoformat(),
    )


def _quote_node(instrument: Instrument, part: str, text: str, **data: str) -> TextNode:
    node_id = f"{instrument.symbol}:{part}"
    metadata = {"kind": "quote", "symbols": [instrument.symbol], **data}
    return TextNode(
        id_=node_id,
        text=text,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=list(metadata),
        relationships=_part_of(node_id),
    )


def _part_of(document: str) -> dict[NodeRelationship, Any]:
    return {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)}


# Wording --------------------------------------------------------------------------------------------------------


def _called(instrument: Instrument) -> str:
    return f"{instrument.name} ({instrument.symbol})" if instrument.name != instrument.symbol else instrument.symbol


def _price(value: float, instrument: Instrument) -> str:
    """Two decimals; four for exchange rates and what costs less than 1; below 0.1 four significant digits."""
    if 0 < value < 0.1:
        return f"{value:.{3 - math.floor(math.log10(value))}f}"
    return f"{value:,.4f}" if instrument.kind == "currency" or value < 1 else f"{value:,.2f}"


def _unit(instrument: Instrument) -> str:
    return " points" if instrument.kind == "index" else f" {instrument.currency}"


def _percent(value: float, before: float) -> str:
    return f"{round((value / before - 1) * 100, 2) + 0.0:+.2f} %"  # never -0.00


def _days(first: date, last: date) -> str:
    """`27 February 2026`, `23 to 27 February 2026`, `27 April to 1 May 2026`, `29 December 2025 to 2 January 2026`."""
    end = f"{last.day} {last:%B %Y}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day} {first:%B %Y} to {end}"
    return f"{first.day} to {end}" if first.month == last.month else f"{first.day} {first:%B} to {end}"


def _instant(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"
