"""The sample prices in the form of Yahoo's chart service, as the real quote reader asks for them."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from assistant.sample.data import ZONE, Row, market, prices

SPANS = {
    "1d": 1,
    "5d": 5,
    "1mo": 22,
    "3mo": 66,
    "6mo": 130,
    "1y": 252,
    "2y": 504,
    "5y": 1260,
    "max": 10_000,
}  # sessions


def chart(symbol: str, query: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """The answer for `symbol` with the sessions closed by `now`; None where the market knows no such symbol.

    `query` is the request's: `period1` and `period2` (Unix seconds), or else `range`.
    """
    known = [row for row in prices().get(symbol, ()) if row.closes_at <= now]
    if not known:
        return None
    picked = _pick(known, query)
    columns = {name: [getattr(row, name) for row in picked] for name in ("open", "high", "low", "close", "volume")}
    result = {
        "meta": _meta(symbol, known, picked, query),
        "timestamp": [_unix(row.opens_at) for row in picked],
        "indicators": {"quote": [columns], "adjclose": [{"adjclose": columns["close"]}]},  # no splits, no dividends
    }
    return {"chart": {"result": [result], "error": None}}


def _pick(known: list[Row], query: Mapping[str, str]) -> list[Row]:
    if "period1" not in query:
        return known[-SPANS.get(query.get("range", "1mo"), SPANS["max"]) :]
    first, last = int(query["period1"]), int(query.get("period2", _unix(known[-1].closes_at)))
    return [row for row in known if first <= _unix(row.opens_at) <= last]


def _meta(symbol: str, known: list[Row], picked: list[Row], query: Mapping[str, str]) -> dict[str, Any]:
    instrument = next(i for i in market()["instrument"] if i["symbol"] == symbol)
    last, year = known[-1], known[-252:]
    before = known[-len(picked) - 1] if 0 < len(picked) < len(known) else None
    return {
        "symbol": symbol,
        "longName": instrument["name"],
        "shortName": instrument["name"],
        "instrumentType": instrument.get("kind", "EQUITY"),
        "currency": "USD",
        "exchangeName": "NMS",  # names the trading hours; the full name says that the exchange is invented
        "fullExchangeName": market()["market"]["exchange"],
        "exchangeTimezoneName": ZONE.key,
        **_zone(last),
        "firstTradeDate": _unix(known[0].opens_at),
        "regularMarketTime": _unix(last.closes_at),
        "regularMarketPrice": last.close,
        "regularMarketDayHigh": last.high,
        "regularMarketDayLow": last.low,
        "regularMarketVolume": last.volume,
        "fiftyTwoWeekHigh": max(row.high for row in year),
        "fiftyTwoWeekLow": min(row.low for row in year),
        "chartPreviousClose": before.close if before else None,
        "hasPrePostMarketData": False,
        "priceHint": 2,
        "currentTradingPeriod": _hours(last),
        "dataGranularity": query.get("interval", "1d"),
        "range": query.get("range", ""),
        "validRanges": list(SPANS),
    }


def _hours(row: Row) -> dict[str, dict[str, Any]]:
    opens, closes = row.opens_at, row.closes_at
    at = {"pre": (time(4), opens.time()), "regular": (opens.time(), closes.time()), "post": (closes.time(), time(20))}
    return {
        name: {**_zone(row), "start": _unix(_at(row, start)), "end": _unix(_at(row, end))}
        for name, (start, end) in at.items()
    }


def _zone(row: Row) -> dict[str, Any]:
    offset = row.opens_at.utcoffset()
    return {"timezone": row.opens_at.tzname(), "gmtoffset": int(offset.total_seconds()) if offset else 0}


def _at(row: Row, clock: time) -> datetime:
    return datetime.combine(row.date, clock, ZONE)


def _unix(instant: datetime) -> int:
    return int(instant.timestamp())
