"""Which symbols an article is about, and the directory behind it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.symbols import SymbolLinker, aliases, directory
from ingest.types import Article

NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
NAMES: dict[str, Sequence[str]] = {
    "3m": ["MMM"],
    "alphabet": ["GOOG", "GOOGL"],
    "apple inc.": ["AAPL"],
    "astrazeneca": ["AZN", "AZN.L"],
    "at&t": ["T"],
    "best buy": ["BBY"],
    "bp": ["BP", "BP.L"],
    "coca-cola": ["KO"],
    "first bancorp": ["FBNC", "FBP"],
    "general motors": ["GM"],
    "ing": ["ING", "INGA.AS"],
    "lowe's": ["LOW"],
    "nasdaq": ["^IXIC"],
    "nasdaq, inc.": ["NDAQ"],
    "procter & gamble": ["PG"],
    "s&p 500": ["^GSPC"],
    "target corporation": ["TGT"],
    "the dow": ["^DJI"],
    "toyota": ["7203.T"],
}
FOLLOWED = ["AAPL", "ALL", "COST", "SOFI", "F", "AZN.L", "BTC-USD", "EURUSD=X", "^GSPC", "INGA.AS"]


def link(title: str, text: str = "", symbols: tuple[str, ...] = (), followed: Sequence[str] = FOLLOWED) -> list[str]:
    article = Article("id", "feed", "url", title, text, "source", None, NOW, NOW, symbols)
    return list(SymbolLinker(NAMES, followed).link(article))


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Apple beats estimates", ["AAPL"]),
        ("APPLE SHARES FALL", ["AAPL"]),
        ("Apple's, Apple’s and Apple-backed", ["AAPL"]),
        ("apple pie, pineapple, Applebee", []),
        ("General Motors and AT&T", ["GM", "T"]),
        ("the attorney general motors on", []),
        ("Procter & Gamble, Procter and Gamble", ["PG"]),
        ("Coca-Cola's cans, Lowe’s stores", ["KO", "LOW"]),
        ("Toyota-style production", ["7203.T"]),
        ("S&P 500 falls as the Dow holds", ["^DJI", "^GSPC"]),
        ("An S&P rating", []),
        ("The Nasdaq falls", ["^IXIC"]),
        ("Nasdaq, Inc. pays", ["NDAQ"]),  # an instrument's full name; its short form means something else already
    ],
)
def test_company_names_count_where_they_stand_in_capitals(text: str, symbols: list[str]) -> None:
    assert link(text) == symbols


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Target shares jump", ["TGT"]),
        ("Target's earnings surprise", ["TGT"]),
        ("A stake in Target is sold", ["TGT"]),
        ("Target Corporation says", ["TGT"]),
        ("Analysts raise price target", []),
        ("Target practice resumes", []),
        ("Price Target raised on shares", []),
        ("BP's profit doubles", ["BP"]),
        ("BP shares, ING said", ["BP", "INGA.AS"]),
        ("BP moves its office", []),
        ("mph and bp moves, Ing. Rossi", []),
        ("Sales as Target practice resumes", []),
        ("The Best Buy of the year", []),
        ("Best Buy results", ["BBY"]),
        ("3M earnings", ["MMM"]),
    ],
)
def test_names_that_are_words_need_a_word_of_finance_beside_them(text: str, symbols: list[str]) -> None:
    assert link(text) == symbols


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("AAPL and SOFI rise", ["AAPL", "SOFI"]),
        ("AZN.L, EURUSD=X, BTC-USD and ^GSPC", ["AZN.L", "BTC-USD", "EURUSD=X", "^GSPC"]),
        ("MSFT rises", []),  # not followed
        ("Ford (F) and F-150", []),
        ("ALL IN: COST OF LIVING, SOFI", []),  # a headline in capitals
        ("Not ALL at any COST", []),
        ("IT IS ON, A GO, so NOW", []),
        ("XAAPL AAPLX https://x.example/AAPL @AAPL", []),
    ],
)
def test_bare_tickers_count_where_followed_and_no_word(text: str, symbols: list[str]) -> None:
    assert link(text) == symbols


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("the maker (KO) said", ["KO"]),
        ("two makers (KO, AAPL) [GM/PG]", ["AAPL", "GM", "KO", "PG"]),
        ("inflation (CPI), the chief (CEO), (AI), (ALL)", []),
        ("nobody knows (QQQQ)", []),
        ("an unknown one: (NYSE: QQQQ), $ZZZZ", ["QQQQ", "ZZZZ"]),
    ],
)
def test_tickers_in_brackets_must_be_known_and_those_with_a_sign_need_not(text: str, symbols: list[str]) -> None:
    assert link(text, followed=[]) == symbols


def test_what_the_feed_says_is_kept_and_title_and_text_are_both_read() -> None:
    assert link("General Motors", "AT&T", ("AMAT", "AAPL")) == ["AAPL", "AMAT", "GM", "T"]


@pytest.mark.parametrize(
    ("name", "followed", "symbols"),
    [
        ("AstraZeneca", ["AZN.L"], ["AZN.L"]),
        ("AstraZeneca", ["AZN", "AZN.L"], ["AZN", "AZN.L"]),
        ("AstraZeneca", [], ["AZN"]),  # the US listing
        ("Alphabet", ["GOOGL"], ["GOOGL"]),
        ("Alphabet", [], ["GOOG", "GOOGL"]),  # two classes of one company
        ("First Bancorp", [], []),  # two companies: nobody can say which
        ("First Bancorp", ["FBP"], ["FBP"]),
    ],
)
def test_a_name_of_several_symbols(name: str, followed: list[str], symbols: list[str]) -> None:
    assert link(name, followed=followed) == symbols


@given(st.text(alphabet=st.sampled_from("Ap ple'’-&$(:)NYSE.^=1\n")))
def test_linking_never_fails_and_finds_symbols_only(text: str) -> None:
    assert all(s and s == s.strip().upper() for s in link(text))


@pytest.mark.parametrize(
    "text", ["$AAPL (NYSE: " * 20_000, "Apple " * 40_000, "NYSE: IBM " * 20_000, "A-" * 100_000, "A" + "'s" * 100_000]
)
def test_long_texts_cost_no_more_than_their_length(text: str) -> None:
    link("", text)  # minutes where the cost grew with the square


# The directory --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Apple Inc.", ["apple inc.", "apple"]),
        ("The Coca-Cola Company", ["coca-cola company", "coca-cola"]),
        ("Koninklijke Ahold Delhaize N.V.", ["koninklijke ahold delhaize n.v.", "koninklijke ahold delhaize"]),
        ("JPMorgan Chase & Co.", ["jpmorgan chase & co.", "jpmorgan chase"]),
        ("Sony Group Corporation", ["sony group corporation", "sony group", "sony"]),
        ("Wiley (publisher)", ["wiley"]),
        ("Telefónica", ["telefónica"]),
        ("Group", ["group"]),
        ("", []),
    ],
)
def test_aliases(name: str, forms: list[str]) -> None:
    assert aliases(name) == forms


@pytest.fixture(scope="module")
def book() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, symbol in directory():
        found.setdefault(name, []).append(symbol)
    return found


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("apple", ["AAPL"]),
        ("alphabet", ["GOOGL", "GOOG"]),
        ("astrazeneca", ["AZN", "AZN.L"]),
        ("berkshire hathaway", ["BRK-B"]),
        ("coca-cola", ["KO"]),
        ("google", ["GOOGL", "GOOG"]),
        ("hsbc", ["HSBC", "HSBA.L"]),
        ("nasdaq", ["^IXIC"]),
        ("nasdaq, inc.", ["NDAQ"]),
        ("s&p 500", ["^GSPC"]),
        ("sap", ["SAP", "SAP.DE"]),
        ("shell", ["SHEL", "SHEL.L"]),
        ("siemens", ["SIE.DE"]),
        ("toyota", ["7203.T"]),
        ("walt disney", ["DIS"]),
    ],
)
def test_the_directory_gives_the_main_us_listing_then_home(
    book: dict[str, list[str]], name: str, symbols: list[str]
) -> None:
    assert book[name] == symbols


def test_the_directory_is_large_and_clean(book: dict[str, list[str]]) -> None:
    symbols = {s for found in book.values() for s in found}
    assert len(book) > 2000
    assert len(symbols) > 1500
    assert all(name == name.casefold().strip() and name for name in book)
    assert not [s for s in symbols if s.endswith(".F")]  # Frankfurt quotes everything
    assert sum(len(found) > 2 for found in book.values()) == 0
