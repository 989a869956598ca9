"""Reads one symbol from Yahoo: its daily bars, its corporate actions and its latest price. The only file that knows
yfinance and curl_cffi."""

import ipaddress
import json
import logging
import math
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ctypes import c_float
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy

from ingest.calendars import calendar_for, sessions
from ingest.errors import NoData, RateLimited, Refused, SourceError, Unreachable
from ingest.readers.chart import DRIFT, Chart, Row, history
from ingest.types import History, Instrument

SOURCE = "yahoo"

_FIRST_POLL = timedelta(days=731)
_PATIENCE = 5.0  # seconds that Yahoo has for each answer: the other symbols and the news wait behind it
_OVERLAP = timedelta(days=10)  # Yahoo calls a period without a session an error, and corrects the last days late

_lock = threading.Lock()  # yfinance keeps one session, one cookie jar and one set of options a process


class QuoteReader:
    """Polls Yahoo through yfinance, one chart request a symbol and one symbol at a time, from any thread.

    `base_url` sends Yahoo's traffic elsewhere (a mirror, a test server). Without it yfinance uses a session of its own,
    which it keeps for the life of the process: one process has one kind of reader. Its caches go into `cache_dir`.
    """

    def __init__(self, base_url: str | None, cache_dir: Path) -> None:
        self._base_url = base_url
        self._cache_dir = cache_dir

    @cached_property
    def _session(self) -> Any:
        return _session(self._base_url)

    def read(self, symbol: str, start: date | None, now: datetime) -> History:
        """What Yahoo knows of `symbol` at `now`: bars from ten days before `start` on, of two years where it is None.

        `chart.history` says what becomes a bar and what the quote is; there is always a quote. Volume is None where
        Yahoo names none or zero. Prices are in Yahoo's currency and unit (`GBp` is pence), adjusted for splits only.

        Raises `NoData` (unknown symbol, nothing in the answer, another symbol's answer), `RateLimited`, `Unreachable`,
        and `Refused` for every other failure.
        """
        symbol = symbol.upper()
        chart = self._ask(symbol, start - _OVERLAP if start else now.date() - _FIRST_POLL, now)
        first = min([now.date(), *(r.day for r in chart.rows)]) - timedelta(days=7)
        found = history(chart, sessions(chart.instrument.calendar, first, now.date() + timedelta(days=1)), now)
        if found.quote is None:
            raise _nothing(symbol)
        return found

    def _ask(self, symbol: str, since: date, now: datetime) -> Chart:
        first = datetime.combine(since, time(), UTC)
        with _lock, _typed_errors(symbol):
            yfinance = _prepared(self._cache_dir)
            yfinance.data.YfData.cache_get.cache_clear()  # it would answer a past period from memory, failures too
            ticker = yfinance.Ticker(symbol, session=self._session)
            ticker._tz = "UTC"  # spares the request for the zone in which naive dates are meant: these are not naive
            frame = ticker.history(
                start=first, end=now + DRIFT, auto_adjust=False, actions=True, keepna=True, timeout=_PATIENCE
            )
            return _chart(symbol, frame, ticker.history_metadata)


@cache
def _prepared(cache_dir: Path) -> Any:
    """yfinance, told to raise what goes wrong, to keep quiet, and to write nowhere but in `cache_dir`."""
    import yfinance  # type: ignore[import-untyped]

    yfinance.config.debug.hide_exceptions = False
    yfinance.set_tz_cache_location(str(cache_dir))  # its cookies go there too
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="yfinance")  # its own import shows them
    for talker in ("yfinance", "bs4.dammit"):
        logging.getLogger(talker).setLevel(logging.CRITICAL + 1)
    return yfinance


def _session(base_url: str | None) -> Any:
    """A session like the one yfinance makes, which takes what is meant for Yahoo to `base_url`, if given, and gives no
    request more than `_PATIENCE`: yfinance gives 30 s to each of those for a cookie, before the one for prices."""
    from curl_cffi import CurlOpt, requests

    class Session(requests.Session[requests.Response]):
        def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> requests.Response:
            kwargs["timeout"] = min(kwargs.get("timeout") or _PATIENCE, _PATIENCE)
            return super().request(method, mirrored(url, base_url) if base_url else url, *args, **kwargs)

    direct = {CurlOpt.NOPROXY: "*"} if base_url and _is_loopback(base_url) else None
    return Session(impersonate="chrome", curl_options=direct)


def mirrored(url: str, base_url: str) -> str:
    """`url` on `base_url`'s host where it was on Yahoo's; every other url as it is."""
    parts = urlsplit(url)
    if not f".{parts.hostname}".endswith(".yahoo.com"):
        return url
    return base_url.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _typed_errors(symbol: str) -> Iterator[None]:
    """Turns what yfinance, curl and pandas raise into our own errors."""
    from curl_cffi.requests.exceptions import RequestException, Timeout
    from yfinance.exceptions import YFPricesMissingError, YFRateLimitError  # type: ignore[import-untyped]

    try:
        yield
    except SourceError:
        raise
    except YFRateLimitError as error:
        raise RateLimited("Yahoo limits requests at present") from error
    except YFPricesMissingError as error:
        raise _missing(symbol, error.yahoo_reason or "") from error
    except json.JSONDecodeError as error:  # before RequestException, which curl_cffi's own is as well
        raise _no_prices(symbol) from error
    except Timeout as error:
        raise Unreachable(f"Yahoo did not answer within {_PATIENCE:g} s for {symbol}") from error
    except RequestException as error:
        reason = re.sub(r"^.*curl: \(\d+\) |\.? See https?:.*$", "", str(error))
        raise Unreachable(f"Yahoo cannot be reached for {symbol}: {reason}") from error
    except Exception as error:  # what its own code, or pandas, makes of an answer it did not expect
        raise _no_prices(symbol) from error


def _no_prices(symbol: str) -> Refused:
    return Refused(f"Yahoo answered {symbol} with something other than prices (a web page or an error)")


def _missing(symbol: str, reason: str) -> SourceError:
    """Yahoo gives one reason for what is unknown, renamed, or blocked today: it proves none of them."""
    if not reason or re.search("no data|not found|exist|delist", reason, re.IGNORECASE):
        return _nothing(symbol)
    return Refused(f"Yahoo refused {symbol}: {reason}")


def _nothing(symbol: str) -> NoData:
    return NoData(f"Yahoo has no quotes for {symbol} right now", "check the symbol, or try again later")


def _chart(symbol: str, frame: Any, meta: Mapping[str, Any]) -> Chart:
    """yfinance's frame and metadata as plain values."""
    prices = [map(exact, frame[name].tolist()) for name in ("Open", "High", "Low", "Close")]
    others = [frame["Volume"].tolist(), map(exact, frame["Dividends"].tolist()), frame["Stock Splits"].tolist()]
    rows = [Row(*cells) for cells in zip(frame.index.date, *prices, *others, strict=True)]
    price, traded = meta.get("regularMarketPrice"), meta.get("regularMarketTime")
    return Chart(
        _instrument(symbol, meta),
        rows,
        math.nan if price is None else exact(float(price)),
        datetime.fromtimestamp(traded.timestamp(), UTC) if isinstance(traded, datetime) else None,
        SOURCE,
    )


def exact(value: float) -> float:
    """The decimal that `value` stands for.

    Yahoo keeps bars in single precision, so that 231.4 arrives as 231.39999389648438. A number that is a single is read
    as the shortest decimal which that single prints as (231.4); every other number is left as it is (231.4567).
    """
    is_single = c_float(value).value == value
    return float(str(numpy.float32(value))) if is_single else value


def _instrument(symbol: str, meta: Mapping[str, Any]) -> Instrument:
    if meta.get("symbol") != symbol:
        raise NoData(f"Yahoo answered {symbol} with the prices of {meta.get('symbol')}", "check the symbol")
    if not meta.get("currency"):
        raise NoData(f"Yahoo names no currency for {symbol}", "check the symbol")
    kind = str(meta.get("instrumentType") or "equity").lower().replace("mutualfund", "fund")
    code, zone = str(meta.get("exchangeName") or ""), str(meta["exchangeTimezoneName"])
    name = str(meta.get("longName") or meta.get("shortName") or symbol)
    return Instrument(
        symbol=symbol,
        name=_printable(name),
        kind=kind,
        exchange=_printable(str(meta.get("fullExchangeName") or code)),
        calendar=calendar_for(code, kind, zone),
        zone=zone,
        currency=_printable(str(meta["currency"])),
    )


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
