"""Reads one symbol's latest price from Cboe's delayed quotes: US shares, funds and some indices, without a key, about
15 minutes late. A second source: it brings no bars, so no series of prices is ever of two sources."""

import asyncio
import json
import math
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ingest.calendars import sessions
from ingest.errors import NoData, RateLimited, Refused
from ingest.http import Fetcher
from ingest.readers.chart import Chart, Row, history
from ingest.types import History, Instrument

SOURCE = "cboe"

_SHARE = re.compile(r"[A-Z]{1,5}(?:-[A-Z])?")  # in Yahoo's spelling: what is listed elsewhere has a suffix
_INDICES = {"^GSPC": "_SPX", "^NDX": "_NDX", "^RUT": "_RUT", "^VIX": "_VIX"}
_KINDS = {"stock": "equity", "etf": "etf", "index": "index"}
_ZONE = "America/New_York"
_PATIENCE = 5.0  # seconds that it has for an answer
_LARGEST = 2**20  # bytes


def covers(symbol: str) -> bool:
    """Whether Cboe may know `symbol`, to judge by how it is written."""
    return symbol in _INDICES or _SHARE.fullmatch(symbol) is not None


class CboeReader:
    """Polls `base_url` (`https://cdn.cboe.com/api/global/delayed_quotes`), which is reached as feeds are."""

    def __init__(self, base_url: str, user_agent: str, allow_private_hosts: Collection[str] = ()) -> None:
        self._base, self._user_agent, self._allowed = base_url.rstrip("/"), user_agent, allow_private_hosts

    def read(self, symbol: str, start: date | None, now: datetime) -> History:  # noqa: ARG002  # as each reader's
        """The latest price of `symbol` in US dollars, and what kind of thing it is; no bars, whatever `start`.

        Raises `NoData` (unknown symbol, another's answer, no price in it), `RateLimited`, `Unreachable`, `Blocked`, and
        `Refused` for every other failure.
        """
        code = _INDICES.get(symbol) or symbol.replace("-", ".")
        chart = _chart(symbol, code, asyncio.run(self._ask(f"{self._base}/quotes/{code}.json", now)))
        days = sessions("XNYS", now.date() - timedelta(days=7), now.date() + timedelta(days=1))
        found = history(chart, days, now)
        if found.quote is None:
            raise NoData(f"Cboe has no price for {symbol} right now", "try again later")
        return replace(found, bars=(), rejected=0)

    async def _ask(self, url: str, now: datetime) -> bytes:
        try:
            async with Fetcher(self._user_agent, self._allowed, _PATIENCE, _LARGEST) as fetcher:
                return (await fetcher.get(url, now=now)).body
        except RateLimited as error:  # whichever of its servers said so: it is asked as one
            raise RateLimited(error.cause, error.fix, error.status, error.retry_after) from error


def _chart(symbol: str, code: str, body: bytes) -> Chart:
    """The answer as a chart of one day, which is no bar: it may change yet."""
    try:
        document = json.loads(body)
        told = document["data"]
        about = str(told["symbol"]).lstrip("^_")
        traded = datetime.fromisoformat(told["last_trade_time"]).replace(tzinfo=ZoneInfo(_ZONE))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"Cboe answered {symbol} with something other than a price (a web page or an error)") from error
    if about != code.lstrip("_"):
        raise NoData(f"Cboe answered {symbol} with the price of {about[:12]}", "check the symbol")
    price, *others = (_number(told.get(k)) for k in ("current_price", "open", "high", "low", "volume"))
    opened, high, low, volume = others
    day = Row(traded.date(), opened, high, low, price, volume)
    kind = _KINDS.get(str(told.get("security_type")).lower(), "equity")
    instrument = Instrument(symbol, symbol, kind, "US exchanges", "XNYS", _ZONE, "USD")
    return Chart(instrument, [day], price, traded.astimezone(UTC), SOURCE)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
