"""What people call indices, pairs, coins and commodities, and some companies. Data only."""

MARKETS: dict[str, str] = {
    "s&p 500": "^GSPC", "s&p500": "^GSPC", "s&p": "^GSPC", "sp500": "^GSPC", "spx": "^GSPC", "sp 500": "^GSPC",
    "standard and poor's 500": "^GSPC",
    "dow": "^DJI", "the dow": "^DJI", "dow jones": "^DJI", "dow jones industrial average": "^DJI", "djia": "^DJI",
    "nasdaq": "^IXIC", "nasdaq composite": "^IXIC", "nasdaq 100": "^NDX", "ndx": "^NDX",
    "russell 2000": "^RUT", "russell": "^RUT", "vix": "^VIX", "volatility index": "^VIX",
    "ftse 100": "^FTSE", "ftse": "^FTSE", "footsie": "^FTSE", "dax": "^GDAXI", "cac 40": "^FCHI", "cac": "^FCHI",
    "euro stoxx 50": "^STOXX50E", "stoxx 50": "^STOXX50E", "stoxx 600": "^STOXX", "ibex 35": "^IBEX", "ibex": "^IBEX",
    "nikkei": "^N225", "nikkei 225": "^N225", "hang seng": "^HSI", "shanghai composite": "000001.SS",
    "kospi": "^KS11", "sensex": "^BSESN", "nifty 50": "^NSEI", "nifty": "^NSEI", "asx 200": "^AXJO", "tsx": "^GSPTSE",
    "10 year treasury yield": "^TNX", "10 year treasury": "^TNX", "10 year yield": "^TNX", "ten year yield": "^TNX",
    "dollar index": "DX-Y.NYB", "dxy": "DX-Y.NYB",
    "bitcoin": "BTC-USD", "btc": "BTC-USD", "ethereum": "ETH-USD", "ether": "ETH-USD", "eth": "ETH-USD",
    "solana": "SOL-USD", "dogecoin": "DOGE-USD", "xrp": "XRP-USD",
    "gold": "GC=F", "silver": "SI=F", "copper": "HG=F", "platinum": "PL=F", "oil": "CL=F", "crude oil": "CL=F",
    "crude": "CL=F", "wti": "CL=F", "brent": "BZ=F", "brent crude": "BZ=F", "natural gas": "NG=F",
}  # fmt: skip

# Words for the whole market: the index that stands for it, if it is known.
WHOLE_MARKET = (
    "the market", "the stock market", "stock market", "markets", "the markets", "wall street", "us stocks",
    "the broad market", "the broader market", "the wider market", "the whole market", "the overall market",
)  # fmt: skip
WHOLE_MARKET_SYMBOL = "^GSPC"

# Share classes that one name stands for, the usual one first, and short names that no directory has.
NICKNAMES: dict[str, tuple[str, ...]] = {
    "google": ("GOOGL", "GOOG"), "alphabet": ("GOOGL", "GOOG"), "berkshire": ("BRK-B", "BRK-A"),
    "berkshire hathaway": ("BRK-B", "BRK-A"), "fox": ("FOXA", "FOX"), "news corp": ("NWSA", "NWS"),
    "under armour": ("UAA", "UA"), "pepsi": ("PEP",), "jp morgan": ("JPM",), "lilly": ("LLY",),
    "advanced micro devices": ("AMD",), "brk": ("BRK-B", "BRK-A"), "brkb": ("BRK-B",), "brk b": ("BRK-B",),
    "brka": ("BRK-A",), "brk a": ("BRK-A",),
    # What they were called before.
    "fb": ("META",), "sq": ("XYZ",), "square": ("XYZ",), "raytheon": ("RTX",), "raytheon technologies": ("RTX",),
}  # fmt: skip

# Which of a company's shares is which: "Alphabet's class C shares".
SHARE_CLASSES = {
    "GOOGL": "A", "GOOG": "C", "BRK-A": "A", "BRK-B": "B", "FOXA": "A", "FOX": "B", "NWSA": "A", "NWS": "B", "UAA": "A",
    "UA": "C",
}  # fmt: skip
# Where a listing is, as people say it, and the suffix that Yahoo gives it.
PLACES = {
    "london": ".L", "frankfurt": ".DE", "xetra": ".DE", "paris": ".PA", "amsterdam": ".AS", "milan": ".MI",
    "tokyo": ".T", "hong kong": ".HK", "toronto": ".TO", "sydney": ".AX", "zurich": ".SW", "new york": "",
}  # fmt: skip

# Phrases in which a name is no name.
NO_NAMES = (
    "meta analysis", "meta analyses",
    "target price", "price target", "gold standard", "oil company", "oil companies", "oil and gas", "shell company",
    "shell companies", "best buy rating", "dow theory", "the market cap", "the market maker", "the market value",
    "the market price", "stock market crash",
)  # fmt: skip

CURRENCIES = frozenset(
    "USD EUR GBP JPY CHF AUD CAD NZD CNY CNH HKD SGD SEK NOK DKK PLN CZK HUF TRY ZAR MXN BRL INR KRW THB ILS".split()
)
COINS = frozenset("BTC ETH SOL DOGE XRP ADA LTC DOT AVAX LINK BCH".split())
CURRENCY_WORDS = {
    "euro": "EUR", "dollar": "USD", "pound": "GBP", "sterling": "GBP", "yen": "JPY", "franc": "CHF", "yuan": "CNY",
}  # fmt: skip

# Exchanges as people write them before a colon, and the suffix that Yahoo gives their symbols.
EXCHANGES: dict[str, str] = {
    "NASDAQ": "", "NASDAQGS": "", "NYSE": "", "NYSEARCA": "", "NYSE ARCA": "", "NYSE AMERICAN": "", "AMEX": "",
    "BATS": "", "CBOE": "", "OTC": "", "OTCMKTS": "", "LSE": ".L", "LON": ".L", "XETRA": ".DE", "ETR": ".DE",
    "FRA": ".F", "EPA": ".PA", "AMS": ".AS", "EBR": ".BR", "BIT": ".MI", "BME": ".MC", "SWX": ".SW", "VTX": ".SW",
    "STO": ".ST", "HEL": ".HE", "CPH": ".CO", "OSL": ".OL", "TSX": ".TO", "TSE": ".TO", "TSXV": ".V", "TYO": ".T",
    "HKG": ".HK", "HKEX": ".HK", "SHA": ".SS", "SHE": ".SZ", "NSE": ".NS", "BSE": ".BO", "KRX": ".KS", "ASX": ".AX",
}  # fmt: skip
SUFFIXES = frozenset(s[1:] for s in EXCHANGES.values() if s) | frozenset(
    "DU BE HM MU SG VI LS IR WA PR AT IS TA SA MX BA NZ SI KL JK BK TW TWO KQ CN NE XC SN".split()
)
