"""Which words of a question stand for which symbols."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.understand import Vocabulary
from assistant.understand.symbols import find_symbols
from tests.test_understand import FOLLOWED, KNOWN, NAMES, VOCABULARY


def taken(text: str, vocabulary: Vocabulary = VOCABULARY) -> list[str]:
    return [s for f in find_symbols(text, vocabulary, ()) for s in f.taken]


SYMBOLS = [
    # spelled out
    ("$AAPL up", ["AAPL"]),
    ("$aapl", ["AAPL"]),
    ("Apple (NASDAQ: AAPL)", ["AAPL", "AAPL"]),
    ("LSE: AZN", ["AZN.L"]),
    ("AZN.L", ["AZN.L"]),
    ("brk.b or BRK-B or BRK/B", ["BRK-B", "BRK-B", "BRK-B"]),
    ("$BRK.B (NYSE: BRK.B)", ["BRK-B", "BRK-B"]),
    ("^GSPC", ["^GSPC"]),
    ("EURUSD=X, eurusd, EUR/USD, eur-usd", ["EURUSD=X"] * 4),
    ("JPY=X", ["JPY=X"]),
    ("BTC-USD, $BTC, btc/usd", ["BTC-USD"] * 3),
    ("euro/dollar and the pound against the dollar", ["EURUSD=X", "GBPUSD=X"]),
    # tickers
    ("NVDA, nvda, Nvda", ["NVDA"] * 3),
    ("AAPL/MSFT", ["AAPL", "MSFT"]),
    ("V and T and F", ["V", "T", "F"]),
    ("v and t and f", []),
    ("CAT rose", ["CAT"]),
    ("the cat rose", []),
    ("WHY DID THE CAT FALL", []),
    ("HOW DID SPY DO THIS WEEK", ["SPY"]),
    ("how did spy do", ["SPY"]),
    ("the spy did it", []),
    ("ALL of IT is ON", []),
    ("$ALL and $ON", ["ALL", "ON"]),
    ("SPY", ["SPY"]),
    # names
    ("Apple's price", ["AAPL"]),
    ("apple", ["AAPL"]),
    ("AMAZON", ["AMZN"]),
    ("amazon.com", ["AMZN"]),
    ("Coca-Cola, coca cola", ["KO", "KO"]),
    ("McDonald's, mcdonalds", ["MCD", "MCD"]),
    ("AT&T", ["T"]),
    ("johnson and johnson", ["JNJ"]),
    ("Home Depot", ["HD"]),
    ("general motors", ["GM"]),
    ("General results", []),
    ("S&P Global and the S&P 500", ["SPGI", "^GSPC"]),
    ("berkshire", ["BRK-B"]),
    # names that are words
    ("visa stock", ["V"]),
    ("do I need a visa?", []),
    ("Why did Target fall?", ["TGT"]),
    ("how did target do", ["TGT"]),
    ("a target price", []),
    ("is AAPL the best buy?", ["AAPL"]),
    ("price of gold", ["GC=F"]),
    ("the gold standard", []),
    ("the oil price", ["CL=F"]),
    # markets
    ("the Dow, the Nasdaq composite and the VIX", ["^DJI", "^IXIC", "^VIX"]),
    ("FTSE 100, DAX, Nikkei", ["^FTSE", "^GDAXI", "^N225"]),
    ("how did the market do", ["^GSPC"]),
    ("the market cap of AAPL", ["AAPL"]),
    # no symbols
    ("the CEO of the FED on AI and the US CPI", []),
    ("U.S. P/E ratios, e.g. COVID-19", []),
    ("it's $50 or $5m", []),
]


@pytest.mark.parametrize(("text", "symbols"), SYMBOLS, ids=str)
def test_words_and_the_symbols_they_stand_for(text: str, symbols: list[str]) -> None:
    assert taken(text) == symbols
    assert not [f.text for f in find_symbols(text, VOCABULARY, ()) if not f.candidates]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("price of ZZZQ", ["ZZZQ"]),
        ("$zzzq and ^QQZ", ["ZZZQ", "^QQZ"]),
        ("(NYSE: ZZZQ)", ["ZZZQ"]),
        ("ZZZQ.L and ZZZ.B", ["ZZZQ.L", "ZZZ.B"]),
        ("XYZABC=X", ["XYZABC=X"]),
        ("an ABCP programme", []),
        ("THE PRICE OF THAT THING", []),
        ("in MAR, JUN or SEPT", []),
        ("zzzq", []),
    ],
)
def test_what_only_looks_like_a_symbol_is_unknown(text: str, unknown: list[str]) -> None:
    assert [f.text for f in find_symbols(text, VOCABULARY, ()) if not f.candidates] == unknown


def test_words_of_a_time_expression_are_no_names() -> None:
    text = "MAR in MAR"
    assert taken(text) == []  # the abbreviation of a month needs a cashtag
    assert [f.text for f in find_symbols("$MAR in MAR", VOCABULARY, [(8, 11)])] == ["$MAR"]


@pytest.mark.parametrize(
    ("followed", "known", "first", "certain"),
    [
        (["GOOGL"], [], "GOOGL", True),
        (["GOOG"], ["GOOG", "GOOGL"], "GOOG", True),  # one is followed: no doubt
        (["GOOG", "GOOGL"], [], "GOOGL", False),
        ([], ["GOOG"], "GOOG", False),
        ([], ["GOOG", "GOOGL"], "GOOGL", False),
        ([], [], "GOOGL", False),
    ],
)
def test_of_two_share_classes_only_a_single_followed_one_is_taken_without_asking(
    followed: list[str], known: list[str], first: str, certain: bool
) -> None:
    (found,) = find_symbols("alphabet", Vocabulary({}, followed, known), ())
    assert (found.candidates[0], found.taken, found.certain) == (first, (first,), certain)


def test_the_us_listing_is_the_first_guess() -> None:
    names = {"hsbc": ("HSBA.L", "HSBC")}
    (found,) = find_symbols("hsbc", Vocabulary(names, (), ()), ())
    assert found.candidates == ("HSBC", "HSBA.L")


def test_a_symbol_spelled_out_settles_a_name_beside_it() -> None:
    found = find_symbols("AstraZeneca (LSE: AZN)", VOCABULARY, ())
    assert [(f.taken, f.certain) for f in found] == [(("AZN.L",), True), (("AZN.L",), True)]


def test_the_watchlist_is_a_name_for_all_that_is_followed() -> None:
    assert taken("my watchlist") == list(FOLLOWED)
    assert taken("my watchlist", Vocabulary({}, (), ())) == []


def test_short_forms_are_kept_for_companies_that_are_followed_or_known() -> None:
    names = {"palantir technologies": ("PLTR",), "kestrel robotics (sample)": ("KSTL",), "american water": ("AWK",)}
    near = Vocabulary(names, ["PLTR", "KSTL", "AWK"], ())
    assert taken("palantir, Kestrel and American", near) == ["PLTR", "KSTL"]
    assert taken("palantir and Kestrel", Vocabulary(names, (), ())) == []


@settings(deadline=None)
@given(st.sampled_from(sorted(set(KNOWN) - {"ALL", "ON", "MAR"})), st.sampled_from(["{}", "price of {} today", "{}'s"]))
def test_a_known_symbol_in_capitals_is_found_wherever_it_stands(symbol: str, sentence: str) -> None:
    assert taken(sentence.format(symbol)) == [symbol]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_raises_and_places_do_not_overlap(text: str) -> None:
    found = find_symbols(text, VOCABULARY, ())
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= f.start < f.end <= len(text) for f in found)


def test_names_are_found_by_their_longest_form() -> None:
    names = NAMES | {"apple hospitality reit": ("APLE",)}
    vocabulary = Vocabulary(names, FOLLOWED, KNOWN)
    assert taken("Apple Hospitality and Apple", vocabulary) == ["APLE", "AAPL"]
