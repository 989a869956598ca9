"""The invented market as records: market.toml (instruments, feeds), prices.csv and articles.toml read once."""

import csv
import tomllib
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ingest.resources import resource

ZONE = ZoneInfo("America/New_York")


class Row(NamedTuple):
    """One session of one symbol: the columns of prices.csv, prices in USD."""

    symbol: str
    date: date
    open: float
    high: float
    low: float
    close: float
    volume: int

    @property
    def opens_at(self) -> datetime:
        return datetime(self.date.year, self.date.month, self.date.day, 9, 30, tzinfo=ZONE)

    @property
    def closes_at(self) -> datetime:
        return self.opens_at.replace(hour=16, minute=0)


class Story(NamedTuple):
    """One article. `facts` are the figures it quotes from the prices."""

    feed: str
    published: datetime
    title: str
    text: str
    facts: tuple[str, ...]


@cache
def market() -> dict[str, Any]:
    """market.toml: its tables `market`, `instrument` and `feed`."""
    return tomllib.loads(_text("market.toml"))


@cache
def prices() -> dict[str, tuple[Row, ...]]:
    """Every symbol's sessions, oldest first."""
    rows = [_row(**record) for record in csv.DictReader(_text("prices.csv").splitlines())]
    return {i["symbol"]: tuple(r for r in rows if r.symbol == i["symbol"]) for i in market()["instrument"]}


@cache
def stories() -> tuple[Story, ...]:
    """All articles, oldest first."""
    return tuple(
        Story(s["feed"], s["published"], s["title"], s["text"], tuple(s.get("facts", ())))
        for s in tomllib.loads(_text("articles.toml"))["article"]
    )


def _row(symbol: str, date: str, volume: str, **prices: str) -> Row:
    return Row(symbol, _day(date), volume=int(volume), **{name: float(price) for name, price in prices.items()})


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _text(name: str) -> str:
    return resource(f"assistant/sample/{name}").read_text(encoding="utf-8")
