"""How symbols are written."""

import pytest

from ingest.spelling import cashtags, exchange_forms, lexicon, yahoo_form


@pytest.mark.parametrize(
    ("ticker", "suffix", "symbol"),
    [
        ("AAPL", "", "AAPL"),
        (" brk.b ", "", "BRK-B"),
        ("BRK/B", "", "BRK-B"),
        ("AZN.L", "", "AZN.L"),  # Yahoo's own form, no share class
        ("^GSPC", "", "^GSPC"),
        ("EURUSD=X", "", "EURUSD=X"),
        ("700", ".HK", "0700.HK"),
        ("9988", ".HK", "9988.HK"),
        ("BT.A", ".L", "BT-A.L"),
        ("7203", ".T", "7203.T"),
        ("SHOP", ".T", None),  # Tokyo's tickers are numbers: that TSE was Toronto
        ("", "", None),
        ("not a ticker", "", None),
        ("'; drop table", "", None),
    ],
)
def test_yahoo_form(ticker: str, suffix: str, symbol: str | None) -> None:
    assert yahoo_form(ticker, suffix) == symbol


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Apple (NASDAQ: AAPL) rose", {"AAPL"}),
        ("(NYSE:BRK.B)", {"BRK-B"}),
        ("AstraZeneca (LSE: AZN) and (LON:AZN)", {"AZN.L"}),
        ("(Nasdaq: GOOGL, GOOG; TSX: SHOP)", {"GOOGL", "GOOG", "SHOP.TO"}),
        ("(HKEX: 700) (TYO: 7203) (ASX: BHP) (XETRA: SAP)", {"0700.HK", "7203.T", "BHP.AX", "SAP.DE"}),
        ("NYSE American: XYZW", {"XYZW"}),
        ("Allstate (NYSE: ALL)", {"ALL"}),
        ("(NASDAQ: AAPL, CEO Tim Cook)", {"AAPL"}),
        ("NYSE: ALL quiet", set()),
        ("Nasdaq: AI boom goes on", set()),
        ("Nasdaq: Stocks fall", set()),
        ("NASDAQ falls", set()),
    ],
)
def test_exchange_forms(text: str, symbols: set[str]) -> None:
    assert exchange_forms(text) == symbols


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("$AAPL, $TSLA's and $BRK.B.", {"AAPL", "TSLA", "BRK-B"}),
        ("($SPX ) ($DOWI) $NDX", {"^GSPC", "^DJI", "^NDX"}),
        ("$BTC and $ETH", {"BTC-USD", "ETH-USD"}),
        ("$ALL-time high", {"ALL"}),  # who writes the sign means the ticker
        ("$5, US$B, ($M), $USD 5, $20B, $K", set()),
        ("$TOOLONG $aapl $$AAPL x$AAPL", set()),
    ],
)
def test_cashtags(text: str, symbols: set[str]) -> None:
    assert cashtags(text) == symbols


def test_the_lexicon_is_in_the_forms_its_readers_compare_with() -> None:
    words = lexicon()
    assert all(w == w.lower() for w in (*words.spoken, *words.finance, *words.ordinary))
    assert all(t == t.upper() for t in (*words.no_tickers, *words.units, *words.cashtags))
    assert all(yahoo_form(s) == s for symbols in words.spoken.values() for s in symbols)
    assert not words.no_tickers & set(words.cashtags)
