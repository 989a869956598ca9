"""Which feeds are polled."""

import pytest

from ingest.readers.clean import canonical
from ingest.spelling import yahoo_form
from ingest.starter import FollowedFeed, Starter, StarterFeed, feeds_to_poll, starter

START = Starter(
    feeds=(
        StarterFeed("https://a.example/all", "All"),
        StarterFeed("https://www.asks.example/press", "Press", needs_contact=True),
        StarterFeed("https://b.example/?s={symbol}", "B: {symbol}"),
        StarterFeed("https://c.example/?q={symbol}+news", "C: {symbol}", listed_only=True),
    ),
    symbols=("AAPL",),
)


def test_while_the_user_has_added_none_the_starter_feeds_are_followed_with_each_symbol() -> None:
    feeds = feeds_to_poll({}, START, ["AAPL", "^GSPC", "VOLV-B.ST", "EURUSD=X", "BTC-USD"], "me@example.com")
    assert feeds == (
        FollowedFeed("https://a.example/all", "All"),
        FollowedFeed("https://www.asks.example/press", "Press"),
        FollowedFeed("https://b.example/?s=AAPL", "B: AAPL"),
        FollowedFeed("https://b.example/?s=%5EGSPC", "B: ^GSPC"),
        FollowedFeed("https://b.example/?s=VOLV-B.ST", "B: VOLV-B.ST"),
        FollowedFeed("https://b.example/?s=EURUSD%3DX", "B: EURUSD=X"),
        FollowedFeed("https://b.example/?s=BTC-USD", "B: BTC-USD"),
        FollowedFeed("https://c.example/?q=AAPL+news", "C: AAPL"),
        FollowedFeed("https://c.example/?q=VOLV-B.ST+news", "C: VOLV-B.ST"),
    )


def test_feeds_of_the_users_own_replace_them() -> None:
    assert feeds_to_poll({"https://mine.example/": None}, START, ["AAPL"], None) == (
        FollowedFeed("https://mine.example/", ""),
    )


@pytest.mark.parametrize(
    ("added", "off"),
    [
        ({}, ["https://www.asks.example/press"]),
        ({"https://asks.example/other": "Other", "https://mine.example/": None}, ["https://asks.example/other"]),
    ],
)
def test_without_a_contact_feeds_that_want_one_are_off_and_say_why(
    added: dict[str, str | None], off: list[str]
) -> None:
    feeds = feeds_to_poll(added, START, ["AAPL"], None)
    assert [f.url for f in feeds if f.off] == off
    assert all("user_agent_contact" in f.off for f in feeds if f.off)
    assert not [f for f in feeds_to_poll(added, START, ["AAPL"], "me@example.com") if f.off]


def test_an_address_is_followed_once() -> None:
    twice = Starter((START.feeds[0], START.feeds[0]), ())
    assert len(feeds_to_poll({}, twice, [], None)) == 1


def test_the_starter_list_holds_feeds_and_symbols_in_their_stored_form() -> None:
    start = starter()
    assert 10 <= len(start.feeds) <= 14
    assert 8 <= len(start.symbols) <= 12
    assert all(yahoo_form(s) == s for s in start.symbols)
    assert all(f.title and f.url.startswith("https://") and canonical(f.url) for f in start.feeds)
    assert {f.needs_contact for f in start.feeds if "sec.gov" in f.url} == {True}
    plan = feeds_to_poll({}, start, start.symbols, None)
    assert len({f.url for f in plan}) == len(plan)
    assert not [f for f in plan if "{" in f.url + f.title]
