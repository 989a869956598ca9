"""How symbols are written: tickers, exchange forms and cashtags into Yahoo's spelling (BRK-B, AZN.L, ^GSPC).

The words and names it goes by are data: `ingest/names.toml`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ingest.resources import resource

_SYMBOL = re.compile(r"\^?[A-Z0-9]{1,12}(?:[.=-][A-Z0-9]{1,4})*")
_SHARE_CLASS = re.compile(r"([A-Z]{1,5})[./]([A-C])")
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Z]{1,5}(?:[.-][A-Z])?)(?!\w)")
_TICKER = r"[A-Z0-9]{1,12}(?:[./-][A-Z]{1,2})?(?!\w)"
_NUMERIC = {".BO", ".HK", ".KS", ".SS", ".SZ", ".T", ".TW"}  # markets whose tickers are numbers


@dataclass(frozen=True)
class Lexicon:
    """`ingest/names.toml`, made ready. Words are in lower case, tickers in upper case."""

    spoken: Mapping[str, Sequence[str]]  # what people call a company or an index -> its symbols
    wrong: Mapping[str, Sequence[str]]  # company ("*": any) -> US tickers that the directory gives and that are not its
    cashtags: Mapping[str, str]
    exchanges: Mapping[str, str]  # in upper case -> Yahoo's suffix
    exchange_form: re.Pattern[str]
    finance: frozenset[str]
    ordinary: frozenset[str]  # words that are also names of companies
    no_tickers: frozenset[str]
    units: frozenset[str]


@cache
def lexicon() -> Lexicon:
    data = tomllib.loads(resource("ingest/names.toml").read_text(encoding="utf-8"))
    words = {k: v.split() for k, v in data["words"].items()}
    longest_first = sorted(data["exchanges"], key=len, reverse=True)
    names = "|".join(map(re.escape, longest_first))
    return Lexicon(
        spoken=data["spoken"],
        wrong=data["wrong"],
        cashtags=data["cashtags"],
        exchanges={k.upper(): v for k, v in data["exchanges"].items()},
        exchange_form=re.compile(rf"\b((?i:{names}))\s*:\s*({_TICKER}(?:\s*,\s*{_TICKER})*)"),
        finance=frozenset(words["finance"]),
        ordinary=frozenset(w.replace("_", " ") for w in words["ordinary"]),
        no_tickers=frozenset(w.upper() for w in (*words["ordinary"], *words["acronyms"])),
        units=frozenset(w.upper() for w in words["units"]),
    )


def yahoo_form(ticker: str, suffix: str = "") -> str | None:
    """A ticker as Yahoo spells it (`BRK.B` is BRK-B, 700 with `.HK` is 0700.HK); None where it cannot be one."""
    ticker = ticker.strip().upper()
    if suffix in _NUMERIC and not ticker.isdigit():
        return None
    if suffix:
        ticker = ticker.replace(".", "-").replace("/", "-").zfill(4 if suffix == ".HK" else 0)
    elif match := _SHARE_CLASS.fullmatch(ticker):
        ticker = f"{match[1]}-{match[2]}"
    return ticker + suffix if _SYMBOL.fullmatch(ticker) else None


def exchange_forms(text: str) -> set[str]:
    """The symbols named with their exchange. What is also an ordinary word counts only in brackets: `(NYSE: ALL)`."""
    words, found = lexicon(), set[str | None]()
    # The names of all exchanges are slow to look for, and most texts have no colon.
    for match in words.exchange_form.finditer(text) if ":" in text else ():
        suffix = words.exchanges[match[1].upper()]
        bracketed = text.rfind("(", 0, match.start()) > text.rfind(")", 0, match.start())
        for place, ticker in enumerate(match[2].split(",")):
            if ticker.strip() not in words.no_tickers or (bracketed and place == 0):
                found.add(yahoo_form(ticker, suffix))
    return {s for s in found if s}


def cashtags(text: str) -> set[str]:
    """The symbols of `$AAPL` and its like. A known index or coin becomes Yahoo's symbol ($SPX is ^GSPC); any other
    counts if it looks like a US ticker: one to five capitals, perhaps a share class, and no unit or currency."""
    words = lexicon()
    tickers = {t for t in _CASHTAG.findall(text) if t not in words.units} if "$" in text else set()
    return {s for t in tickers if (s := words.cashtags.get(t) or yahoo_form(t))}
