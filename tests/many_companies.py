"""A store of some seventy real listings with invented closes, for the tests of identity and scope.

Words that are tickers, share classes, receipts and home lines, coins, currencies, funds and indices, under the names of
the shipped directory.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from assistant.answering import Answerer
from assistant.types import Answer, Found
from assistant.understand import Vocabulary
from ingest.ledger import Ledger
from ingest.symbols import directory
from tests.conftest import NOW, ScriptedModel, put_market

SESSIONS = 60
LONDON = {"exchange": "LSE", "calendar": "XLON", "zone": "Europe/London", "currency": "GBp"}
FRANKFURT = {"exchange": "XETRA", "calendar": "XETR", "zone": "Europe/Berlin", "currency": "EUR"}
NYSE = {"exchange": "NYSE"}
INDEX = {"exchange": "SNP", "kind": "index"}
FUND = {"exchange": "NYSEArca", "kind": "etf"}
COIN = {"exchange": "CCC", "kind": "crypto"}

LISTED: list[tuple[str, str, dict[str, Any]]] = [
    ("ALL", "The Allstate Corporation", NYSE), ("IT", "Gartner, Inc.", NYSE), ("NOW", "ServiceNow, Inc.", NYSE),
    ("ON", "ON Semiconductor Corporation", {}), ("A", "Agilent Technologies, Inc.", NYSE),
    ("FOR", "Forestar Group Inc.", NYSE), ("SO", "The Southern Company", NYSE),
    ("ARE", "Alexandria Real Estate Equities, Inc.", NYSE), ("CAN", "Canaan Inc.", {}), ("KEY", "KeyCorp", NYSE),
    ("LOW", "Lowe's Companies, Inc.", NYSE), ("BIG", "Big Lots, Inc.", NYSE), ("OUT", "OUTFRONT Media Inc.", NYSE),
    ("WELL", "Welltower Inc.", NYSE), ("COST", "Costco Wholesale Corporation", {}), ("DAY", "Dayforce Inc.", NYSE),
    ("CAT", "Caterpillar, Inc.", NYSE), ("V", "Visa Inc.", NYSE), ("T", "AT&T Inc.", NYSE),
    ("F", "Ford Motor Company", NYSE), ("TGT", "Target Corporation", NYSE), ("GAP", "Gap, Inc. (The)", NYSE),
    ("AAPL", "Apple Inc.", {}), ("MSFT", "Microsoft Corporation", {}), ("NVDA", "NVIDIA Corporation", {}),
    ("AMZN", "Amazon.com, Inc.", {}), ("TSLA", "Tesla, Inc.", {}), ("META", "Meta Platforms, Inc.", {}),
    ("GOOGL", "Alphabet Inc.", {}), ("GOOG", "Alphabet Inc.", {}), ("XYZ", "Block, Inc.", NYSE),
    ("BRK-A", "Berkshire Hathaway Inc.", NYSE), ("BRK-B", "Berkshire Hathaway Inc. New", NYSE),
    ("FOXA", "Fox Corporation", {}), ("FOX", "Fox Corporation", {}), ("MCD", "McDonald's Corporation", NYSE),
    ("DAL", "Delta Air Lines, Inc.", NYSE), ("DOW", "Dow Inc.", NYSE), ("NDAQ", "Nasdaq, Inc.", {}),
    ("SPGI", "S&P Global Inc.", NYSE), ("KO", "Coca-Cola Company (The)", NYSE), ("COIN", "Coinbase Global, Inc.", {}),
    ("RTX", "RTX Corporation", NYSE), ("MRK", "Merck & Company, Inc.", NYSE),
    ("MRK.DE", "Merck KGaA", FRANKFURT), ("AZN", "AstraZeneca PLC", {}), ("AZN.L", "AstraZeneca PLC", LONDON),
    ("BP", "BP p.l.c.", NYSE), ("BP.L", "BP p.l.c.", LONDON), ("SHEL", "Shell PLC", NYSE),
    ("SHEL.L", "Shell plc", LONDON), ("HSBA.L", "HSBC Holdings plc", LONDON), ("HSBC", "HSBC Holdings, plc.", NYSE),
    ("ULVR.L", "Unilever PLC", LONDON), ("VOD", "Vodafone Group Plc", {}), ("SAP", "SAP SE", NYSE),
    ("SAP.DE", "SAP SE", FRANKFURT), ("^GSPC", "S&P 500", INDEX), ("^IXIC", "NASDAQ Composite", INDEX),
    ("^DJI", "Dow Jones Industrial Average", INDEX), ("^FTSE", "FTSE 100", INDEX), ("^VIX", "Volatility Index", INDEX),
    ("SPY", "State Street SPDR S&P 500 ETF Trust", FUND), ("QQQ", "Invesco QQQ Trust", FUND | {"exchange": "NasdaqGM"}),
    ("VOO", "Vanguard S&P 500 ETF", FUND), ("BTC", "Grayscale Bitcoin Mini Trust ETF", FUND),
    ("BTC-USD", "Bitcoin USD", COIN), ("ETH-USD", "Ethereum USD", COIN), ("SOL-USD", "Solana USD", COIN),
    ("EURUSD=X", "EUR/USD", {"exchange": "CCY", "kind": "currency"}),
    ("GC=F", "Gold Apr 26", {"exchange": "COMEX", "kind": "future"}),
]  # fmt: skip
FOLLOWED = ["AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "META", "GOOGL", "SPY", "^GSPC", "BTC-USD"]


def closes_of(place: int) -> list[float]:
    """A price path of its own for each listing: it wanders by up to 3 % a day, and never twice the same."""
    price, path = 40.0 + 7.25 * place, []
    for day in range(SESSIONS):
        price *= 1 + (((day * 37 + place * 53) % 61) - 30) / 1000
        path.append(round(price, 2))
    return path


def fill(ledger: Ledger, symbols: Sequence[str] = ()) -> None:
    """Puts the closes of `symbols` (of all if none) and the directory's names into `ledger`."""
    if not symbols:
        ledger.market.put_names(directory(), "directory")
    for place, (symbol, name, more) in enumerate(LISTED):
        if not symbols or symbol in symbols:
            put_market(ledger, symbol, closes_of(place), name, **more)


class Assistants:
    """One answerer over one store; `ask` takes no model unless one is given."""

    def __init__(self, ledger: Ledger, news: Sequence[Any] = ()) -> None:
        self.ledger = ledger
        self.model = ScriptedModel()
        market = ledger.market
        vocabulary = Vocabulary(market.names(), FOLLOWED, set(market.instruments()))
        self.answerer = Answerer(
            ledger,
            vocabulary,
            lambda *_: Found(list(news)),
            lambda: self.model,
            lambda: NOW,
            ZoneInfo("America/New_York"),
        )

    def ask(self, question: str, model: ScriptedModel | None = None, as_of: datetime | None = None) -> Answer:
        self.model = model or ScriptedModel()
        return self.answerer.ask(question, use_model=model is not None, as_of=as_of).answer
