"""Draws the invented market's daily prices into prices.csv: `python -m assistant.sample.make_prices`. Seeded."""

import csv
import io
import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

from assistant.sample.data import Row, market
from ingest.resources import resource

SEED = 20261358
MARKET_DRIFT, MARKET_VOLATILITY = 0.03, 0.6  # percent a day
SATURDAY = 5


def draw(days: list[date]) -> list[Row]:
    """Every company's rows, then the index's, oldest first; equal days give equal rows."""
    tides = random.Random(SEED)  # noqa: S311 - prices, not secrets
    market_moves = [tides.gauss(MARKET_DRIFT, MARKET_VOLATILITY) for _ in days]
    companies = [i for i in market()["instrument"] if "start" in i]
    index = next(i["symbol"] for i in market()["instrument"] if "start" not in i)
    rows = [list(_company(c, days, market_moves)) for c in companies]
    return [row for each in rows for row in each] + list(_index(index, rows))


def _company(company: dict[str, Any], days: list[date], market_moves: list[float]) -> Iterator[Row]:
    dice = _dice(company["symbol"])
    moves = {date.fromisoformat(day): move for day, move in company["moves"].items()}
    close = float(company["start"])
    for day, tide in zip(days, market_moves, strict=True):
        told = moves.get(day)
        move = company["beta"] * tide + dice.gauss(0, company["volatility"]) if told is None else told
        before, close = close, round(close * (1 + move / 100), 2)
        gap = dice.uniform(0.1, 0.4) if told is None else dice.uniform(0.7, 0.9)  # news comes before the open
        busy = dice.uniform(0.7, 1.4) * (1 + abs(move) / 4)
        volume = round(company["volume"] * busy, -2)
        yield _row(company["symbol"], day, (before + gap * (close - before), close), dice, volume)


def _row(symbol: str, day: date, prices: tuple[float, float], dice: random.Random, volume: float) -> Row:
    """`prices` are the open and the close; the extremes lie a little outside them."""
    opened, close = prices
    high = max(prices) * (1 + dice.uniform(0, 0.006))
    low = min(prices) * (1 - dice.uniform(0, 0.006))
    return Row(symbol, day, round(opened, 2), round(high, 2), round(low, 2), close, int(volume))


def _index(symbol: str, companies: list[list[Row]]) -> Iterator[Row]:
    dice = _dice(symbol)
    days = list(zip(*companies, strict=True))
    levels = [round(1000 * fmean(r.close / b.close for r, b in zip(rows, days[0], strict=True)), 2) for rows in days]
    for rows, (before, level) in zip(days, pairwise([levels[0], *levels]), strict=True):
        opened = before + 0.3 * (level - before)
        yield _row(symbol, rows[0].date, (opened, level), dice, sum(r.volume for r in rows))


def _dice(name: str) -> random.Random:
    """A source of chance of its own for each name, so that a new company changes no other's prices."""
    return random.Random(f"{SEED} {name}")  # noqa: S311 - prices, not secrets


def sessions() -> list[date]:
    """The weekdays of the market's span on which it is open."""
    span = market()["market"]
    every = [span["first"] + timedelta(n) for n in range((span["last"] - span["first"]).days + 1)]
    return [day for day in every if day.weekday() < SATURDAY and day not in span["closed"]]


def render() -> str:
    """The text of prices.csv."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows((r.symbol, r.date, *(f"{price:.2f}" for price in r[2:6]), r.volume) for r in draw(sessions()))
    return out.getvalue()


if __name__ == "__main__":
    resource("assistant/sample/prices.csv").write_text(render(), encoding="utf-8")
